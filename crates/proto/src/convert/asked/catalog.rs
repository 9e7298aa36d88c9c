//! Agreements and policies.

use std::sync::Arc;

use assent_domain::policy::PolicyDocument;
use assent_domain::values::{
    AgreementId, Channel, Country, Instant, Language, PartnerId, Position, ProductFamily, TransactionKind,
    VersionId,
};

use super::Page;
use crate::convert::enums::WireEnum;
use crate::convert::fields::Fields;
use crate::convert::violations::{Invalid, Violations};
use crate::v1;

/// Which text is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateWanted {
    /// Of this agreement.
    pub agreement: AgreementId,
    /// Of this version; none: the one in force.
    pub version: Option<VersionId>,
    /// For this country.
    pub country: Country,
    /// In this language; none: en-US.
    pub language: Option<Language>,
}

/// Which policy is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyWanted {
    /// The one that governs.
    Governing,
    /// The one of this version.
    Version(u32),
    /// The one that governed at this position.
    At(Position),
}

/// A candidate policy to simulate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simulation {
    /// The candidate.
    pub document: Arc<PolicyDocument>,
    /// As of which business instant; none: now.
    pub effective_at: Option<Instant>,
    /// Only customers of this partner.
    pub partner: Option<PartnerId>,
    /// For orders through this channel.
    pub channel: Channel,
    /// For orders of these kinds, each once; never empty.
    pub transactions: Vec<TransactionKind>,
    /// For orders of this product family.
    pub product_family: Option<ProductFamily>,
}

/// One agreement.
pub fn get_agreement(request: &v1::GetAgreementRequest) -> Result<AgreementId, Violations> {
    let v1::GetAgreementRequest { agreement_id } = request;
    let mut fields = Fields::default();
    let agreement = fields.required("agreement_id", agreement_id, AgreementId::parse);
    fields.finish(|| agreement)
}

/// Every agreement.
pub fn list_agreements(request: &v1::ListAgreementsRequest) -> Result<Page, Violations> {
    let v1::ListAgreementsRequest { page_size, page_token } = request;
    let mut fields = Fields::default();
    let page = fields.page(*page_size, page_token, &["agreements"]);
    fields.finish(|| page)
}

/// A text's whereabouts.
pub fn get_agreement_template(
    request: &v1::GetAgreementTemplateRequest,
) -> Result<TemplateWanted, Violations> {
    let v1::GetAgreementTemplateRequest { agreement_id, version, country, language } = request;
    let mut fields = Fields::default();
    let agreement = fields.required("agreement_id", agreement_id, AgreementId::parse);
    let version = fields.optional("version", version.as_deref(), VersionId::parse);
    let country = fields.required("country", country, Country::parse);
    let language = fields.optional("language", language.as_deref(), Language::parse);
    fields.finish(|| {
        Ok(TemplateWanted {
            agreement: agreement?,
            version: version?,
            country: country?,
            language: language?,
        })
    })
}

/// A policy as it was published.
pub fn get_policy(request: &v1::GetPolicyRequest) -> Result<PolicyWanted, Violations> {
    let v1::GetPolicyRequest { policy_version, known_at } = request;
    match (policy_version.filter(|it| *it > 0), Fields::position(*known_at)) {
        (None, None) => Ok(PolicyWanted::Governing),
        (Some(version), None) => Ok(PolicyWanted::Version(version)),
        (None, Some(position)) => Ok(PolicyWanted::At(position)),
        (Some(_), Some(_)) => {
            Err(Violations::one("known_at", "must not be given beside `policy_version`: give one of the two"))
        }
    }
}

/// A candidate policy. The document is read only once every field is well: bad fields come first.
pub fn simulate_policy(request: &v1::SimulatePolicyRequest) -> Result<Simulation, Invalid> {
    let v1::SimulatePolicyRequest {
        document,
        effective_at,
        partner_id,
        channel,
        transactions,
        product_family,
    } = request;
    let mut fields = Fields::default();
    let sized = fields.policy_document(document);
    let effective_at = fields.optional_instant("effective_at", effective_at.as_ref());
    let partner = fields.optional("partner_id", partner_id.as_deref(), PartnerId::parse);
    let channel = fields.channel(*channel);
    let kind = |number: &i32| {
        let known = v1::TransactionKind::try_from(*number).ok().and_then(WireEnum::domain);
        known.ok_or("must be one of the values of its enum")
    };
    let kinds_max = TransactionKind::ALL.len();
    let transactions = fields.values("transactions", transactions, kinds_max, kind);
    let product_family = fields.product_family(product_family.as_deref());
    let parsed = fields
        .finish(|| sized.and(Ok((effective_at?, partner?, channel?, transactions?, product_family?))))?;
    let (effective_at, partner, channel, mut transactions, product_family) = parsed;
    transactions.sort_unstable();
    transactions.dedup();
    if transactions.is_empty() {
        transactions = TransactionKind::ALL.to_vec();
    }
    let document = Arc::new(assent_policy_file::parse(document)?);
    Ok(Simulation { document, effective_at, partner, channel, transactions, product_family })
}
