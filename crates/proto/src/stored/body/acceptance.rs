//! Acceptances and evidence.

use assent_domain::command::AcceptedAt;
use assent_domain::event::{AcceptanceRecorded, EventRef};
use assent_domain::values::{AgreementId, CustomerId, Instant, Method, PartnerId};
use bytes::Bytes;

use super::Particulars;
use crate::event::event::Payload;
use crate::event::{self, AcceptanceDetails, TemplateKey};
use crate::stored::{StoredEnum, timestamp_of};

pub(super) fn recorded(
    partner: &PartnerId,
    customer: &CustomerId,
    it: &AcceptanceRecorded,
    own: &Particulars,
    id: &dyn Fn(EventRef) -> String,
) -> Payload {
    let confirmed_at = (it.backfilled || it.corrects.is_some()).then_some(it.confirmed_at);
    let accepted = Accepted { at: it.accepted_at, confirmed_at, backfilled: it.backfilled };
    let details = AcceptanceDetails {
        version: Some(it.version.text()),
        version_inferred: it.version_inferred,
        document_sha256: it.document_sha256.map(|it| Bytes::copy_from_slice(&it)),
        ..details(partner, customer, &it.agreement, accepted, own)
    };
    let acceptance = Some(details);
    let scenario = own.scenario.map_or(0, StoredEnum::number);
    match (it.corrects, it.evidence, it.method) {
        (Some(corrects), evidence, method) => Payload::AcceptanceCorrected(event::AcceptanceCorrected {
            acceptance,
            corrects: id(corrects),
            method: method.number(),
            scenario: own.scenario.map(StoredEnum::number),
            evidence_id: evidence.map(id),
            reason: own.reason.clone(),
        }),
        (None, Some(evidence), _) => Payload::EvidenceConfirmed(event::EvidenceConfirmed {
            acceptance,
            evidence_id: id(evidence),
            reseller_id: it.reseller.as_ref().map(ToString::to_string).unwrap_or_default(),
        }),
        (None, None, Method::Confirmed) => {
            Payload::AcceptanceConfirmed(event::AcceptanceConfirmed { acceptance })
        }
        (None, None, Method::Attested) => {
            Payload::AcceptanceAttested(event::AcceptanceAttested { acceptance, scenario })
        }
        (None, None, Method::Direct) => {
            Payload::DirectAcceptanceRecorded(event::DirectAcceptanceRecorded { acceptance })
        }
    }
}

/// When an acceptance was made and confirmed.
pub(super) struct Accepted {
    pub(super) at: Instant,
    pub(super) confirmed_at: Option<Instant>,
    pub(super) backfilled: bool,
}

pub(super) fn details(
    partner: &PartnerId,
    customer: &CustomerId,
    agreement: &AgreementId,
    accepted: Accepted,
    own: &Particulars,
) -> AcceptanceDetails {
    let claim = own.claim.as_ref();
    let proof = claim.and_then(|it| it.proof.as_ref());
    let evidence = proof.map(|it| event::Evidence {
        uri: own.uri.clone(),
        sha256: it.sha256.map(|it| Bytes::copy_from_slice(&it)),
        media_type: it.media_type.clone(),
    });
    let date = claim.and_then(|it| match it.accepted_at {
        AcceptedAt::Date(date) => Some(date.to_string()),
        AcceptedAt::Instant(_) => None,
    });
    let template = claim
        .and_then(|it| it.template.as_ref())
        .map(|it| TemplateKey { country: it.country.to_string(), language: it.language.to_string() });
    AcceptanceDetails {
        partner_id: partner.text(),
        customer_id: customer.text(),
        agreement_id: agreement.text(),
        template,
        contact: own.contact.clone(),
        evidence,
        accepted_at: Some(timestamp_of(accepted.at)),
        accepted_on: date,
        confirmed_at: accepted.confirmed_at.map(timestamp_of),
        channel: claim.map_or(0, |it| it.channel.number()),
        backfilled: accepted.backfilled,
        ..Default::default()
    }
}
