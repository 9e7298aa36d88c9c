//! The types of events: the payload's field names, as filters and listings use them.

use crate::event::event::Payload;

/// Every type, in the order of the field numbers.
pub const TYPES: &[&str] = &[
    "ledger_formatted",
    "rules_activated",
    "partner_registered",
    "partner_changed",
    "partner_status_set",
    "customer_registered",
    "customer_changed",
    "customer_purchased",
    "relationship_established",
    "relationship_ended",
    "reseller_linked",
    "reseller_unlinked",
    "acceptance_confirmed",
    "acceptance_attested",
    "direct_acceptance_recorded",
    "acceptance_corrected",
    "evidence_confirmed",
    "acceptance_voided",
    "withdrawal_voided",
    "acceptance_withdrawn",
    "cancellation_recorded",
    "evidence_submitted",
    "evidence_rejected",
    "agreement_version_published",
    "agreement_retired",
    "policy_published",
    "order_decided",
    "order_outcome_recorded",
];

/// The type of a payload.
pub const fn type_of(payload: &Payload) -> &'static str {
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
