//! What an event did, in a sentence without personal data.

use crate::event::event::Payload;
use crate::event::{AcceptanceDetails, Decision, Event, InquiryOpened, OrderOutcome};

/// What an event did, in a sentence without personal data.
pub fn sentence(event: &Event) -> String {
    let Some(payload) = &event.payload else { return "something that this binary does not know".to_owned() };
    match payload {
        Payload::LedgerFormatted(it) => format!("the ledger was made, in format {}", it.format),
        Payload::RulesActivated(it) => format!("edition {} of the rules was activated", it.edition),
        Payload::PartnerRegistered(it) => format!("partner {} was registered", it.partner_id),
        Payload::PartnerChanged(it) => format!("partner {}'s registration was changed", it.partner_id),
        Payload::PartnerStatusSet(it) => {
            format!("partner {} was made {}", it.partner_id, status(it.status()))
        }
        Payload::CustomerRegistered(it) => format!("customer {} was registered", it.customer_id),
        Payload::CustomerChanged(it) => format!("customer {}'s registration was changed", it.customer_id),
        Payload::CustomerPurchased(it) => {
            format!("customer {} has purchases through partner {}", it.customer_id, it.partner_id)
        }
        Payload::RelationshipEstablished(it) => {
            format!(
                "a relationship of partner {} with customer {} was established",
                it.partner_id, it.customer_id
            )
        }
        Payload::RelationshipEnded(it) => {
            format!(
                "the relationship of partner {} with customer {} was ended",
                it.partner_id, it.customer_id
            )
        }
        Payload::ResellerLinked(it) => {
            format!("reseller {} was linked to provider {}", it.reseller_id, it.provider_id)
        }
        Payload::ResellerUnlinked(it) => {
            format!("reseller {} was unlinked from provider {}", it.reseller_id, it.provider_id)
        }
        Payload::AcceptanceConfirmed(it) => accepted("confirmed", it.acceptance.as_ref()),
        Payload::AcceptanceAttested(it) => accepted("attested", it.acceptance.as_ref()),
        Payload::DirectAcceptanceRecorded(it) => accepted("recorded as direct", it.acceptance.as_ref()),
        Payload::EvidenceConfirmed(it) => {
            accepted("confirmed from submitted evidence", it.acceptance.as_ref())
        }
        Payload::AcceptanceCorrected(it) => {
            format!("{}, in the place of {}", accepted("corrected", it.acceptance.as_ref()), it.corrects)
        }
        Payload::AcceptanceVoided(it) => format!("acceptance {} was voided", it.acceptance_id),
        Payload::WithdrawalVoided(it) => format!("withdrawal {} was voided", it.withdrawal_event_id),
        Payload::AcceptanceWithdrawn(it) => {
            format!(
                "customer {} no longer accepts {} through partner {}",
                it.customer_id, it.agreement_id, it.partner_id
            )
        }
        Payload::CancellationRecorded(it) => {
            format!("obligation {} was fulfilled by cancelling", it.obligation_id)
        }
        Payload::EvidenceSubmitted(it) => format!("reseller {} submitted evidence", it.reseller_id),
        Payload::EvidenceRejected(it) => format!("evidence {} was rejected", it.evidence_id),
        Payload::AgreementVersionPublished(it) => {
            format!("version {} of {} was published", it.version, it.agreement_id)
        }
        Payload::AgreementRetired(it) => format!("{} was retired", it.agreement_id),
        Payload::PolicyPublished(it) => {
            format!("version {} of policy {} was published", it.policy_version, it.policy_id)
        }
        Payload::OrderDecided(it) => match it.decision() {
            Decision::Allowed => "an order was allowed".to_owned(),
            Decision::Denied => "an order was denied".to_owned(),
            Decision::Unspecified => "an order was decided".to_owned(),
        },
        Payload::OrderOutcomeRecorded(it) => match it.outcome() {
            OrderOutcome::Placed => "an order was placed".to_owned(),
            OrderOutcome::Failed => "an order failed".to_owned(),
            OrderOutcome::Cancelled => "an order was cancelled".to_owned(),
            OrderOutcome::Unspecified => "an order ended".to_owned(),
        },
        Payload::PersonalDataErased(it) => {
            let items = counted(it.key_ids.len() as u64, "item");
            match &it.acceptance_id {
                None => format!("personal data of customer {} was erased: {items}", it.customer_id),
                Some(acceptance) => format!("the contact of acceptance {acceptance} was erased: {items}"),
            }
        }
        Payload::PersonLookedUp(it) => {
            let records = counted(it.record_ids.len() as u64, "record");
            format!("a person was looked for by e-mail address, and {records} shown")
        }
        Payload::InquiryOpened(it) => {
            let contacts = if it.with_contacts { ", with contacts" } else { "" };
            format!("an export of {} was begun{contacts}", inquired(it))
        }
        Payload::InquiryExported(it) => {
            format!("the export of inquiry {} was finished: {}", it.inquiry_id, counted(it.events, "event"))
        }
    }
}

fn counted(number: u64, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

fn inquired(it: &InquiryOpened) -> String {
    let InquiryOpened { customer_id, partner_id, agreement_id, from, until, with_contacts: _, purpose: _ } =
        it;
    match (customer_id, partner_id, agreement_id) {
        (Some(customer), ..) => format!("everything about customer {customer}"),
        (_, Some(partner), _) => format!("everything about partner {partner}"),
        (.., Some(agreement)) => format!("everything about {agreement}"),
        (None, None, None) if from.is_none() && until.is_none() => "the whole ledger".to_owned(),
        (None, None, None) => "a period".to_owned(),
    }
}

fn accepted(how: &str, details: Option<&AcceptanceDetails>) -> String {
    let Some(it) = details else { return format!("an acceptance was {how}") };
    format!("customer {}'s acceptance of {} {} was {how}", it.customer_id, it.agreement_id, it.version())
}

const fn status(status: crate::event::PartnerStatus) -> &'static str {
    match status {
        crate::event::PartnerStatus::Active => "active",
        crate::event::PartnerStatus::Inactive => "inactive",
        crate::event::PartnerStatus::Unspecified => "something else",
    }
}
