//! The stored message of an event, before the log stamps it.

mod acceptance;
mod directory;
mod orders;
mod privacy;

use assent_domain::Event;
use assent_domain::catalog::{Availability, VersionTemplate};
use assent_domain::command::AcceptanceClaim;
use assent_domain::event::{EventRef, VersionPublished};
use assent_domain::values::{CustomerId, PartnerId, PolicyId, Scenario};
use bytes::Bytes;

use super::{StoredEnum, timestamp_of};
use crate::event::event::Payload;
use crate::event::{self, Actor, DocumentRef, SealedBox, TemplateList};
use acceptance::{Accepted, details, recorded};
use directory::directory;
use orders::decided;
use privacy::{data_erased, inquiry_exported, inquiry_opened, looked_up};

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
pub fn body(
    stream: String,
    event: &Event,
    own: &Particulars,
    id: &dyn Fn(EventRef) -> String,
) -> event::Event {
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
        Event::LedgerFormatted { format, tag, environment } => {
            Payload::LedgerFormatted(event::LedgerFormatted {
                format: *format,
                tag: *tag,
                environment: environment.number(),
            })
        }
        Event::RulesActivated { edition } => {
            Payload::RulesActivated(event::RulesActivated { edition: *edition })
        }
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
        Event::AcceptanceRecorded { partner, customer, acceptance } => {
            recorded(partner, customer, acceptance, own, id)
        }
        Event::AcceptanceVoided { partner, customer, agreement, acceptance } => {
            let (partner_id, customer_id) = pair(partner, customer);
            let acceptance_id = id(*acceptance);
            Payload::AcceptanceVoided(event::AcceptanceVoided {
                partner_id,
                customer_id,
                acceptance_id,
                reason: reason(),
                agreement_id: agreement.to_string(),
            })
        }
        Event::WithdrawalVoided { partner, customer, agreement, withdrawal } => {
            let (partner_id, customer_id) = pair(partner, customer);
            let withdrawal_event_id = id(*withdrawal);
            Payload::WithdrawalVoided(event::WithdrawalVoided {
                partner_id,
                customer_id,
                withdrawal_event_id,
                reason: reason(),
                agreement_id: agreement.to_string(),
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
        Event::CancellationRecorded { partner, customer, agreement, obligation, cancelled_at } => {
            let (partner_id, customer_id) = pair(partner, customer);
            Payload::CancellationRecorded(event::CancellationRecorded {
                partner_id,
                customer_id,
                obligation_id: id(*obligation),
                cancelled_at: Some(timestamp_of(*cancelled_at)),
                note: reason(),
                agreement_id: agreement.to_string(),
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
        Event::EvidenceRejected { provider, customer, reseller, agreement, evidence } => {
            let (partner_id, customer_id) = pair(provider, customer);
            let evidence_id = id(*evidence);
            Payload::EvidenceRejected(event::EvidenceRejected {
                partner_id,
                customer_id,
                evidence_id,
                reason: reason(),
                agreement_id: agreement.to_string(),
                reseller_id: reseller.to_string(),
            })
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
        Event::PolicyPublished { version, document, .. } => {
            Payload::PolicyPublished(event::PolicyPublished {
                policy_id: document.id.to_string(),
                policy_version: *version,
                document: own.document.clone(),
                reason: reason(),
            })
        }
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
        Event::PersonalDataErased { customer, contact, key_ids } => {
            Payload::PersonalDataErased(data_erased(customer, contact.as_ref(), key_ids, own, id))
        }
        Event::PersonLookedUp { records } => Payload::PersonLookedUp(looked_up(records, own, id)),
        Event::InquiryOpened { scope, with_contacts } => {
            Payload::InquiryOpened(inquiry_opened(scope, *with_contacts, own))
        }
        Event::InquiryExported { inquiry, export } => {
            Payload::InquiryExported(inquiry_exported(*inquiry, export, id))
        }
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
