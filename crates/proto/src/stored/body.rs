//! The stored message of an event, before the log stamps it.

use assent_domain::Event;
use assent_domain::authorize::{Call, Decision, Order, Reason, Remediation};
use assent_domain::catalog::{Availability, VersionTemplate};
use assent_domain::command::AcceptanceClaim;
use assent_domain::directory::{CustomerFacts, PartnerFacts};
use assent_domain::event::{AcceptanceRecorded, EventRef, VersionPublished};
use assent_domain::values::{CustomerId, Instant, Method, PartnerId, PolicyId, Position, Scenario};
use bytes::Bytes;

use super::fields::{StoredError, bad};
use super::{StoredEnum, timestamp_of};
use crate::event::event::Payload;
use crate::event::{
    self, AcceptanceDetails, Actor, DocumentRef, SealedBox, TemplateKey, TemplateList,
};

/// What an event stores beside what decisions need of it.
#[derive(Clone, Debug, Default)]
pub struct Particulars {
    /// Who did it.
    pub actor: Actor,
    /// The request id that it was sent with.
    pub request_id: Option<String>,
    /// What an acceptance or evidence claims.
    pub claim: Option<AcceptanceClaim>,
    /// Why a partner attests.
    pub scenario: Option<Scenario>,
    /// The claim's contact.
    pub contact: Option<SealedBox>,
    /// Where the claim's proof is kept.
    pub uri: Option<SealedBox>,
    /// The reason or note.
    pub reason: Option<SealedBox>,
    /// Who submitted the evidence that is confirmed.
    pub reseller: Option<PartnerId>,
    /// The stored policy or list of templates.
    pub document: Option<DocumentRef>,
    /// The caller's own name of an order.
    pub order_ref: Option<String>,
    /// The recorded decision that an order rested on.
    pub decision_position: Option<u64>,
    /// The policy that a decision used, or that is published.
    pub policy: Option<(PolicyId, u32)>,
}

/// Makes the stored message of an event; `id` gives the text of an event's id.
pub fn body(stream: String, event: &Event, own: &Particulars, id: &dyn Fn(EventRef) -> String) -> event::Event {
    event::Event {
        stream,
        actor: Some(own.actor.clone()),
        request_id: own.request_id.clone(),
        payload: Some(payload(event, own, id)),
        ..Default::default()
    }
}

/// The stored list of a version's templates.
pub fn template_list(templates: &[VersionTemplate]) -> TemplateList {
    let of = |it: &VersionTemplate| event::Template {
        country: it.template.country.to_string(),
        language: it.template.language.to_string(),
        uri: Some(it.uri.clone()).filter(|it| !it.is_empty()),
        sha256: it.sha256.map(|it| Bytes::copy_from_slice(&it)),
    };
    TemplateList { templates: templates.iter().map(of).collect() }
}

fn payload(event: &Event, own: &Particulars, id: &dyn Fn(EventRef) -> String) -> Payload {
    let pair = |partner: &PartnerId, customer: &CustomerId| (partner.to_string(), customer.to_string());
    let reason = || own.reason.clone();
    match event {
        Event::LedgerFormatted { format, tag, environment } => Payload::LedgerFormatted(event::LedgerFormatted {
            format: *format,
            tag: *tag,
            environment: environment.number(),
        }),
        Event::RulesActivated { edition } => Payload::RulesActivated(event::RulesActivated { edition: *edition }),
        Event::PartnerRegistered { .. }
        | Event::PartnerChanged { .. }
        | Event::PartnerStatusSet { .. }
        | Event::CustomerRegistered { .. }
        | Event::CustomerChanged { .. }
        | Event::CustomerPurchased { .. }
        | Event::RelationshipEstablished { .. }
        | Event::RelationshipEnded { .. }
        | Event::ResellerLinked { .. }
        | Event::ResellerUnlinked { .. } => directory(event),
        Event::AcceptanceRecorded { partner, customer, acceptance } => recorded(partner, customer, acceptance, own, id),
        Event::AcceptanceVoided { partner, customer, acceptance } => {
            let (partner_id, customer_id) = pair(partner, customer);
            let acceptance_id = id(*acceptance);
            Payload::AcceptanceVoided(event::AcceptanceVoided { partner_id, customer_id, acceptance_id, reason: reason() })
        }
        Event::WithdrawalVoided { partner, customer, withdrawal } => {
            let (partner_id, customer_id) = pair(partner, customer);
            let withdrawal_event_id = id(*withdrawal);
            Payload::WithdrawalVoided(event::WithdrawalVoided {
                partner_id,
                customer_id,
                withdrawal_event_id,
                reason: reason(),
            })
        }
        Event::AcceptanceWithdrawn { partner, customer, agreement, withdrawn_at } => {
            let (partner_id, customer_id) = pair(partner, customer);
            Payload::AcceptanceWithdrawn(event::AcceptanceWithdrawn {
                partner_id,
                customer_id,
                agreement_id: agreement.to_string(),
                withdrawn_at: Some(timestamp_of(*withdrawn_at)),
                reason: reason(),
            })
        }
        Event::CancellationRecorded { partner, customer, obligation, cancelled_at } => {
            let (partner_id, customer_id) = pair(partner, customer);
            Payload::CancellationRecorded(event::CancellationRecorded {
                partner_id,
                customer_id,
                obligation_id: id(*obligation),
                cancelled_at: Some(timestamp_of(*cancelled_at)),
                note: reason(),
            })
        }
        Event::EvidenceSubmitted { provider, customer, evidence } => {
            let accepted = Accepted { at: evidence.accepted_at, confirmed_at: None, backfilled: false };
            let mut claim = details(provider, customer, &evidence.agreement, accepted, own);
            claim.version = own.claim.as_ref().and_then(|it| it.version.as_ref()).map(ToString::to_string);
            Payload::EvidenceSubmitted(event::EvidenceSubmitted {
                claim: Some(claim),
                reseller_id: evidence.reseller.to_string(),
            })
        }
        Event::EvidenceRejected { provider, customer, evidence } => {
            let (partner_id, customer_id) = pair(provider, customer);
            let evidence_id = id(*evidence);
            Payload::EvidenceRejected(event::EvidenceRejected { partner_id, customer_id, evidence_id, reason: reason() })
        }
        Event::AgreementVersionPublished { agreement, published } => {
            Payload::AgreementVersionPublished(version_published(agreement.to_string(), published, own))
        }
        Event::AgreementRetired { agreement, environment, channel, retired_at, successor } => {
            Payload::AgreementRetired(event::AgreementRetired {
                agreement_id: agreement.to_string(),
                environment: environment.map_or(0, StoredEnum::number),
                channel: channel.map_or(0, StoredEnum::number),
                retired_at: Some(timestamp_of(*retired_at)),
                successor: successor.as_ref().map(ToString::to_string),
            })
        }
        Event::PolicyPublished { version, document, .. } => Payload::PolicyPublished(event::PolicyPublished {
            policy_id: document.id.to_string(),
            policy_version: *version,
            document: own.document.clone(),
            reason: reason(),
        }),
        Event::OrderDecided { order, effective_at, prefix, decision } => {
            Payload::OrderDecided(decided(order, *effective_at, *prefix, decision, own, id))
        }
        Event::OrderOutcomeRecorded {
            partner,
            customer,
            reseller,
            transaction,
            product_family,
            outcome,
            occurred_at,
        } => {
            let (partner_id, customer_id) = pair(partner, customer);
            Payload::OrderOutcomeRecorded(event::OrderOutcomeRecorded {
                partner_id,
                customer_id,
                reseller_id: reseller.as_ref().map(ToString::to_string),
                order_ref: own.order_ref.clone().unwrap_or_default(),
                transaction: transaction.number(),
                product_family: product_family.as_ref().map(ToString::to_string),
                outcome: outcome.number(),
                occurred_at: Some(timestamp_of(*occurred_at)),
                decision_position: own.decision_position,
            })
        }
    }
}

fn directory(event: &Event) -> Payload {
    let of_partner = |it: &PartnerFacts| {
        Some(event::PartnerProfile {
            program: it.program.number(),
            country: it.country.to_string(),
            email_domains: it.email_domains.clone(),
        })
    };
    let of_customer = |it: &CustomerFacts| {
        Some(event::CustomerProfile {
            country: it.country.to_string(),
            cloud: it.cloud.number(),
            has_purchases: it.has_purchases,
        })
    };
    match event {
        Event::PartnerRegistered { partner, facts } => Payload::PartnerRegistered(event::PartnerRegistered {
            partner_id: partner.to_string(),
            profile: of_partner(facts),
        }),
        Event::PartnerChanged { partner, facts } => Payload::PartnerChanged(event::PartnerChanged {
            partner_id: partner.to_string(),
            profile: of_partner(facts),
        }),
        Event::PartnerStatusSet { partner, status } => Payload::PartnerStatusSet(event::PartnerStatusSet {
            partner_id: partner.to_string(),
            status: status.number(),
        }),
        Event::CustomerRegistered { customer, facts } => Payload::CustomerRegistered(event::CustomerRegistered {
            customer_id: customer.to_string(),
            profile: of_customer(facts),
        }),
        Event::CustomerChanged { customer, facts } => Payload::CustomerChanged(event::CustomerChanged {
            customer_id: customer.to_string(),
            profile: of_customer(facts),
        }),
        Event::CustomerPurchased { customer, partner, occurred_at } => {
            Payload::CustomerPurchased(event::CustomerPurchased {
                customer_id: customer.to_string(),
                partner_id: partner.to_string(),
                occurred_at: Some(timestamp_of(*occurred_at)),
            })
        }
        Event::RelationshipEstablished { partner, customer } => {
            Payload::RelationshipEstablished(event::RelationshipEstablished {
                partner_id: partner.to_string(),
                customer_id: customer.to_string(),
            })
        }
        Event::RelationshipEnded { partner, customer } => Payload::RelationshipEnded(event::RelationshipEnded {
            partner_id: partner.to_string(),
            customer_id: customer.to_string(),
        }),
        Event::ResellerLinked { provider, reseller } => Payload::ResellerLinked(event::ResellerLinked {
            provider_id: provider.to_string(),
            reseller_id: reseller.to_string(),
        }),
        Event::ResellerUnlinked { provider, reseller } => Payload::ResellerUnlinked(event::ResellerUnlinked {
            provider_id: provider.to_string(),
            reseller_id: reseller.to_string(),
        }),
        _ => unreachable!("`payload` hands over the directory's events only"),
    }
}

fn recorded(
    partner: &PartnerId,
    customer: &CustomerId,
    it: &AcceptanceRecorded,
    own: &Particulars,
    id: &dyn Fn(EventRef) -> String,
) -> Payload {
    let confirmed_at = (it.backfilled || it.corrects.is_some()).then_some(it.confirmed_at);
    let accepted = Accepted { at: it.accepted_at, confirmed_at, backfilled: it.backfilled };
    let details = AcceptanceDetails {
        version: Some(it.version.to_string()),
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
            reseller_id: own.reseller.as_ref().map(ToString::to_string).unwrap_or_default(),
        }),
        (None, None, Method::Confirmed) => Payload::AcceptanceConfirmed(event::AcceptanceConfirmed { acceptance }),
        (None, None, Method::Attested) => {
            Payload::AcceptanceAttested(event::AcceptanceAttested { acceptance, scenario })
        }
        (None, None, Method::Direct) => {
            Payload::DirectAcceptanceRecorded(event::DirectAcceptanceRecorded { acceptance })
        }
    }
}

/// When an acceptance was made and confirmed.
struct Accepted {
    at: Instant,
    confirmed_at: Option<Instant>,
    backfilled: bool,
}

fn details(
    partner: &PartnerId,
    customer: &CustomerId,
    agreement: &assent_domain::values::AgreementId,
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
        assent_domain::command::AcceptedAt::Date(date) => Some(date.to_string()),
        assent_domain::command::AcceptedAt::Instant(_) => None,
    });
    let template = claim.and_then(|it| it.template.as_ref()).map(|it| TemplateKey {
        country: it.country.to_string(),
        language: it.language.to_string(),
    });
    AcceptanceDetails {
        partner_id: partner.to_string(),
        customer_id: customer.to_string(),
        agreement_id: agreement.to_string(),
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

fn version_published(
    agreement_id: String,
    it: &VersionPublished,
    own: &Particulars,
) -> event::AgreementVersionPublished {
    let availability = |it: &Availability| event::Availability {
        environment: it.environment.number(),
        channel: it.channel.map_or(0, StoredEnum::number),
        from: Some(timestamp_of(it.from)),
        until: it.until.map(timestamp_of),
    };
    event::AgreementVersionPublished {
        agreement_id,
        version: it.version.to_string(),
        in_force_from: it.in_force_from.map(timestamp_of),
        document_sha256: it.document_sha256.map(|it| Bytes::copy_from_slice(&it)),
        templates: own.document.clone(),
        availability: it.availability.iter().map(availability).collect(),
        successor: it.successor.as_ref().map(ToString::to_string),
        template_id: it.template_id.clone(),
    }
}

fn decided(
    order: &Order,
    effective_at: Instant,
    prefix: Position,
    decision: &Decision,
    own: &Particulars,
    id: &dyn Fn(EventRef) -> String,
) -> event::OrderDecided {
    let (policy_id, policy_version) =
        own.policy.as_ref().map(|(id, version)| (id.to_string(), *version)).unwrap_or_default();
    event::OrderDecided {
        order: Some(event::Order {
            partner_id: order.partner.to_string(),
            customer_id: order.customer.to_string(),
            reseller_id: order.reseller.as_ref().map(ToString::to_string),
            transaction: order.transaction.number(),
            channel: order.channel.number(),
            product_family: order.product_family.as_ref().map(ToString::to_string),
            order_ref: own.order_ref.clone(),
        }),
        effective_at: Some(timestamp_of(effective_at)),
        decided_at_position: prefix.0,
        policy_id,
        policy_version,
        decision: decision.outcome.number(),
        reasons: decision.reasons.iter().map(|it| reason(it, id)).collect(),
        remediations: decision.remediations.iter().map(remediation).collect(),
        valid_until: decision.valid_until.map(timestamp_of),
    }
}

fn reason(it: &Reason, id: &dyn Fn(EventRef) -> String) -> event::Reason {
    let Reason { code, agreement, version, acceptance, partner } = it;
    event::Reason {
        code: code.number(),
        rule: code.rule().to_owned(),
        agreement_id: agreement.as_ref().map(ToString::to_string),
        version: version.as_ref().map(ToString::to_string),
        acceptance_id: acceptance.map(id),
        partner_id: partner.as_ref().map(ToString::to_string),
    }
}

fn remediation(it: &Remediation) -> event::Remediation {
    let Remediation { action, by, call, partner, customer, reseller, agreement, version, accepted_from } = it;
    event::Remediation {
        action: action.number(),
        by: by.number(),
        call: call.map(|it| name_of(it).to_owned()),
        partner_id: partner.as_ref().map(ToString::to_string),
        customer_id: customer.as_ref().map(ToString::to_string),
        reseller_id: reseller.as_ref().map(ToString::to_string),
        agreement_id: agreement.as_ref().map(ToString::to_string),
        version: version.as_ref().map(ToString::to_string),
        accepted_from: accepted_from.map(timestamp_of),
    }
}

const CALLS: [(Call, &str); 7] = [
    (Call::ConfirmAcceptance, "assent.v1.AcceptanceService/ConfirmAcceptance"),
    (Call::RecordCancellation, "assent.v1.AcceptanceService/RecordCancellation"),
    (Call::RegisterPartner, "assent.v1.DirectoryService/RegisterPartner"),
    (Call::SetPartnerStatus, "assent.v1.DirectoryService/SetPartnerStatus"),
    (Call::RegisterCustomer, "assent.v1.DirectoryService/RegisterCustomer"),
    (Call::EstablishRelationship, "assent.v1.DirectoryService/EstablishRelationship"),
    (Call::AuthorizeOrder, "assent.v1.AuthorizationService/AuthorizeOrder"),
];

/// The full name of the method that carries out a remediation.
pub(crate) fn name_of(call: Call) -> &'static str {
    CALLS.iter().find(|(it, _)| *it == call).map_or("", |(_, name)| name)
}

pub(super) fn call_of(name: Option<&str>) -> Result<Option<Call>, StoredError> {
    let Some(name) = name else { return Ok(None) };
    CALLS.iter().find(|(_, its)| *its == name).map(|(call, _)| Some(*call)).ok_or_else(|| bad("call"))
}
