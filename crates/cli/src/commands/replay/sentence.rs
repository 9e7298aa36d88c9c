//! What happened, in a few words, without anything personal.

use assent_proto::event::event::Payload;
use assent_proto::event::{AcceptanceDetails, CustomerProfile, OrderDecided, PartnerProfile};
use assent_proto::v1::{
    Cloud, Decision, Method, OrderOutcome, PartnerStatus, Program, ReasonCode, Scenario, TransactionKind,
};

use crate::instant::shown;
use crate::names::short;

/// The payload's field name, by which the API selects events.
pub(super) const fn type_name(payload: &Payload) -> &'static str {
    match payload {
        Payload::LedgerFormatted(_) => "ledger_formatted",
        Payload::RulesActivated(_) => "rules_activated",
        Payload::PartnerRegistered(_) => "partner_registered",
        Payload::PartnerChanged(_) => "partner_changed",
        Payload::PartnerStatusSet(_) => "partner_status_set",
        Payload::CustomerRegistered(_) => "customer_registered",
        Payload::CustomerChanged(_) => "customer_changed",
        Payload::CustomerPurchased(_) => "customer_purchased",
        Payload::RelationshipEstablished(_) => "relationship_established",
        Payload::RelationshipEnded(_) => "relationship_ended",
        Payload::ResellerLinked(_) => "reseller_linked",
        Payload::ResellerUnlinked(_) => "reseller_unlinked",
        Payload::AcceptanceConfirmed(_) => "acceptance_confirmed",
        Payload::AcceptanceAttested(_) => "acceptance_attested",
        Payload::DirectAcceptanceRecorded(_) => "direct_acceptance_recorded",
        Payload::AcceptanceCorrected(_) => "acceptance_corrected",
        Payload::EvidenceConfirmed(_) => "evidence_confirmed",
        Payload::AcceptanceVoided(_) => "acceptance_voided",
        Payload::WithdrawalVoided(_) => "withdrawal_voided",
        Payload::AcceptanceWithdrawn(_) => "acceptance_withdrawn",
        Payload::CancellationRecorded(_) => "cancellation_recorded",
        Payload::EvidenceSubmitted(_) => "evidence_submitted",
        Payload::EvidenceRejected(_) => "evidence_rejected",
        Payload::AgreementVersionPublished(_) => "agreement_version_published",
        Payload::AgreementRetired(_) => "agreement_retired",
        Payload::PolicyPublished(_) => "policy_published",
        Payload::OrderDecided(_) => "order_decided",
        Payload::OrderOutcomeRecorded(_) => "order_outcome_recorded",
    }
}

/// What happened. Parties that the stream names are left out.
pub(super) fn sentence(payload: &Payload) -> String {
    match payload {
        Payload::LedgerFormatted(it) => format!("a new ledger, format {}", it.format),
        Payload::RulesActivated(it) => format!("edition {} of the rules governs", it.edition),
        Payload::PartnerRegistered(it) => format!("registered as {}", partner(it.profile.as_ref())),
        Payload::PartnerChanged(it) => format!("changed to {}", partner(it.profile.as_ref())),
        Payload::PartnerStatusSet(it) => format!("is {} now", short::<PartnerStatus>(it.status)),
        Payload::CustomerRegistered(it) => format!("registered in {}", customer(it.profile.as_ref())),
        Payload::CustomerChanged(it) => format!("changed to {}", customer(it.profile.as_ref())),
        Payload::CustomerPurchased(it) => {
            format!("bought through {} at {}", it.partner_id, shown(it.occurred_at.as_ref()))
        }
        Payload::RelationshipEstablished(_) => "the relationship is in force".to_owned(),
        Payload::RelationshipEnded(_) => "the relationship ended".to_owned(),
        Payload::ResellerLinked(_) => "the reseller sells through the provider".to_owned(),
        Payload::ResellerUnlinked(_) => "the reseller no longer sells through the provider".to_owned(),
        Payload::AgreementVersionPublished(it) => {
            format!("version {}, in force from {}", it.version, shown(it.in_force_from.as_ref()))
        }
        Payload::AgreementRetired(it) => format!("retired from {} on", shown(it.retired_at.as_ref())),
        Payload::PolicyPublished(it) => format!("version {} governs", it.policy_version),
        Payload::OrderDecided(it) => decided(it),
        Payload::OrderOutcomeRecorded(it) => {
            format!("order {} {}", it.order_ref, short::<OrderOutcome>(it.outcome))
        }
        acceptance => of_acceptance(acceptance),
    }
}

fn of_acceptance(payload: &Payload) -> String {
    match payload {
        Payload::AcceptanceConfirmed(it) => format!("confirmed {}", accepted(it.acceptance.as_ref())),
        Payload::AcceptanceAttested(it) => {
            format!("attested {}, {}", accepted(it.acceptance.as_ref()), short::<Scenario>(it.scenario))
        }
        Payload::DirectAcceptanceRecorded(it) => {
            format!("accepted directly {}", accepted(it.acceptance.as_ref()))
        }
        Payload::AcceptanceCorrected(it) => {
            let method = short::<Method>(it.method);
            format!("{method} {} in the place of {}", accepted(it.acceptance.as_ref()), it.corrects)
        }
        Payload::EvidenceConfirmed(it) => {
            format!("confirmed {} from evidence {}", accepted(it.acceptance.as_ref()), it.evidence_id)
        }
        Payload::EvidenceSubmitted(it) => {
            format!("{} submitted evidence of {}", it.reseller_id, accepted(it.claim.as_ref()))
        }
        Payload::EvidenceRejected(it) => format!("rejected evidence {}", it.evidence_id),
        Payload::AcceptanceVoided(it) => format!("acceptance {} never counted", it.acceptance_id),
        Payload::WithdrawalVoided(it) => format!("withdrawal {} never was", it.withdrawal_event_id),
        Payload::AcceptanceWithdrawn(it) => {
            format!("no longer accepts {} from {} on", it.agreement_id, shown(it.withdrawn_at.as_ref()))
        }
        Payload::CancellationRecorded(it) => {
            format!("cancelled at {} for obligation {}", shown(it.cancelled_at.as_ref()), it.obligation_id)
        }
        // The rest is said above.
        _ => String::new(),
    }
}

fn accepted(details: Option<&AcceptanceDetails>) -> String {
    let Some(it) = details else { return "an acceptance".to_owned() };
    let when = it.accepted_on.clone().unwrap_or_else(|| shown(it.accepted_at.as_ref()));
    format!("{} version {} of {when}", it.agreement_id, it.version)
}

fn partner(profile: Option<&PartnerProfile>) -> String {
    profile.map_or_else(String::new, |it| format!("{} in {}", short::<Program>(it.program), it.country))
}

fn customer(profile: Option<&CustomerProfile>) -> String {
    profile.map_or_else(String::new, |it| format!("{}, cloud {}", it.country, short::<Cloud>(it.cloud)))
}

fn decided(it: &OrderDecided) -> String {
    let transaction = it.order.as_ref().map_or(0, |order| order.transaction);
    let reasons = it.reasons.iter().map(|reason| short::<ReasonCode>(reason.code)).collect::<Vec<_>>();
    let decision = short::<Decision>(it.decision);
    format!("{} {decision}: {}", short::<TransactionKind>(transaction), reasons.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use assent_proto::event::Event;
    use prost::Message as _;
    use prost_reflect::{DescriptorPool, DynamicMessage, Value};

    #[test]
    fn type_names_are_the_payloads_field_names_and_every_type_has_a_sentence() {
        let pool = DescriptorPool::decode(assent_proto::DESCRIPTORS).unwrap();
        let descriptor = pool.get_message_by_name("assent.event.v1.Event").unwrap();
        let payload = descriptor.oneofs().find(|it| it.name() == "payload").unwrap();
        for field in payload.fields() {
            let mut message = DynamicMessage::new(descriptor.clone());
            message.set_field(&field, Value::default_value_for_field(&field));
            let event = Event::decode(message.encode_to_vec().as_slice()).unwrap();
            let payload = event.payload.unwrap();
            assert_eq!(type_name(&payload), field.name());
            assert!(!sentence(&payload).is_empty(), "{}", field.name());
        }
    }
}
