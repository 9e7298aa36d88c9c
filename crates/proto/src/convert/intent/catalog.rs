//! Agreements, their versions, and the policy.

use std::collections::HashSet;
use std::sync::Arc;

use assent_domain::catalog::{Availability, VersionTemplate};
use assent_domain::command::{Command, URI_BYTES_MAX};
use assent_domain::event::VersionPublished;
use assent_domain::values::{AgreementId, Identifier, Sha256, VersionId};
use assent_policy_file::DOCUMENT_BYTES_MAX;
use aws_lc_rs::digest;
use bytes::Bytes;

use super::{Intent, What};
use crate::convert::fields::{Fields, MISSING, Parsed};
use crate::convert::scalar::line;
use crate::convert::violations::{Invalid, Violations};
use crate::v1;

/// The most templates of a version.
pub const TEMPLATES_MAX: usize = 1_000;
/// The most times in which an agreement can be confirmed.
pub const AVAILABILITIES_MAX: usize = 100;

/// A version of an agreement.
pub fn publish_agreement_version(request: v1::PublishAgreementVersionRequest) -> Result<Intent, Violations> {
    let v1::PublishAgreementVersionRequest {
        agreement_id,
        version,
        in_force_from,
        templates,
        availability,
        successor,
        document_sha256,
        template_id,
        request_id,
        with_proof,
    } = request;
    let mut fields = Fields::default();
    let agreement = fields.required("agreement_id", &agreement_id, AgreementId::parse);
    let version = fields.required("version", &version, VersionId::parse);
    let in_force_from = fields.optional_instant("in_force_from", in_force_from.as_ref());
    let templates = fields.templates(&templates);
    let availability = fields.list("availability", &availability, AVAILABILITIES_MAX, Fields::availability);
    let successor = fields.optional("successor", successor.as_deref(), AgreementId::parse);
    let document_sha256 = fields.sha256("document_sha256", document_sha256.as_ref());
    let template_id = fields.optional("template_id", template_id.as_deref(), Identifier::parse);
    let envelope = fields.envelope(request_id.as_deref(), with_proof, None);
    fields.finish(|| {
        let published = VersionPublished {
            version: version?,
            in_force_from: in_force_from?,
            document_sha256: document_sha256?,
            templates: Arc::from(templates?),
            availability: availability?,
            successor: successor?,
            template_id: template_id?.map(|it| it.to_string()),
        };
        let command = Command::PublishAgreementVersion { agreement: agreement?, published };
        Ok(Intent::new("PublishAgreementVersion", envelope?, What::Command(command)))
    })
}

/// The end of an agreement's availability.
pub fn retire_agreement(request: v1::RetireAgreementRequest) -> Result<Intent, Violations> {
    let v1::RetireAgreementRequest {
        agreement_id,
        environment,
        channel,
        retired_at,
        successor,
        request_id,
        with_proof,
    } = request;
    let mut fields = Fields::default();
    let agreement = fields.required("agreement_id", &agreement_id, AgreementId::parse);
    let environment = fields.optional_enum::<v1::Environment>("environment", environment);
    let channel = fields.optional_enum::<v1::Channel>("channel", channel);
    let retired_at = fields.optional_instant("retired_at", retired_at.as_ref());
    let successor = fields.optional("successor", successor.as_deref(), AgreementId::parse);
    let envelope = fields.envelope(request_id.as_deref(), with_proof, None);
    fields.finish(|| {
        let command = Command::RetireAgreement {
            agreement: agreement?,
            environment: environment?,
            channel: channel?,
            retired_at: retired_at?,
            successor: successor?,
        };
        Ok(Intent::new("RetireAgreement", envelope?, What::Command(command)))
    })
}

/// Another version of the policy. The document is read only once every field is well: bad fields come first.
pub fn publish_policy(request: v1::PublishPolicyRequest) -> Result<Intent, Invalid> {
    let v1::PublishPolicyRequest {
        document,
        expected_version,
        reason,
        validate_only,
        request_id,
        with_proof,
    } = request;
    let mut fields = Fields::default();
    let sized = fields.policy_document(&document);
    let reason = match reason.is_empty() && validate_only {
        true => Ok(None),
        false => fields.text("reason", &reason).map(Some),
    };
    let envelope = fields.envelope(request_id.as_deref(), with_proof, None);
    let (reason, envelope) = fields.finish(|| sized.and(Ok((reason?, envelope?))))?;
    let command = Command::PublishPolicy {
        document: Arc::new(assent_policy_file::parse(&document)?),
        sha256: sha256_of(&document),
        expected_version,
    };
    let intent = Intent::new("PublishPolicy", envelope, What::Command(command));
    Ok(Intent { document: Some(document), reason, validate_only, ..intent })
}

/// The hash by which a document is stored.
fn sha256_of(document: &[u8]) -> Sha256 {
    let mut hash = Sha256::default();
    hash.copy_from_slice(digest::digest(&digest::SHA256, document).as_ref());
    hash
}

impl Fields {
    /// The required bytes of a policy document, of a size that is worth reading.
    pub(crate) fn policy_document(&mut self, document: &Bytes) -> Parsed<()> {
        if document.is_empty() {
            return self.bad("document", MISSING);
        }
        if document.len() > DOCUMENT_BYTES_MAX {
            return self.bad("document", format_args!("must be at most {DOCUMENT_BYTES_MAX} bytes"));
        }
        Ok(())
    }

    /// The templates of a version, each country and language once.
    fn templates(&mut self, templates: &[v1::Template]) -> Parsed<Vec<VersionTemplate>> {
        let mut seen = HashSet::new();
        self.list("templates", templates, TEMPLATES_MAX, |inner, entry| {
            let v1::Template { country, language, uri, sha256 } = entry;
            let template = inner.template_key(country, language);
            let uri = match uri.as_str() {
                "" => Ok(String::new()),
                uri => inner.check("uri", line(uri, URI_BYTES_MAX)).map(str::to_owned),
            };
            let sha256 = inner.sha256("sha256", sha256.as_ref());
            let template = template?;
            let key = (template.country, template.language.as_str().to_ascii_lowercase());
            if !seen.insert(key) {
                return inner.bad("language", "must not be that of another template of the same country");
            }
            Ok(VersionTemplate { template, uri: uri?, sha256: sha256? })
        })
    }

    /// A time in which an agreement can be confirmed.
    fn availability(&mut self, entry: &v1::Availability) -> Parsed<Availability> {
        let v1::Availability { environment, channel, from, until } = entry;
        let environment = self.required_enum::<v1::Environment>("environment", *environment);
        let channel = self.optional_enum::<v1::Channel>("channel", *channel);
        let from = self.required_instant("from", from.as_ref());
        let until = self.optional_instant("until", until.as_ref());
        let (from, until) = (from?, until?);
        if until.is_some_and(|until| until <= from) {
            return self.bad("until", "must be after `from`");
        }
        Ok(Availability { environment: environment?, channel: channel?, from, until })
    }
}
