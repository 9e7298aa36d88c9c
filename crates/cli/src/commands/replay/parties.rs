//! Whom an event is about.

use assent_proto::event::AcceptanceDetails;
use assent_proto::event::event::Payload;

/// The partners of an event (of a link there are two), and its customer.
pub(super) type Parties<'a> = ([Option<&'a str>; 2], Option<&'a str>);

/// Whom an event is about.
pub(super) fn parties(payload: &Payload) -> Parties<'_> {
    match payload {
        Payload::LedgerFormatted(_)
        | Payload::RulesActivated(_)
        | Payload::AgreementVersionPublished(_)
        | Payload::AgreementRetired(_)
        | Payload::PolicyPublished(_) => ([None, None], None),
        Payload::PartnerRegistered(it) => partner(&it.partner_id),
        Payload::PartnerChanged(it) => partner(&it.partner_id),
        Payload::PartnerStatusSet(it) => partner(&it.partner_id),
        Payload::CustomerRegistered(it) => customer(&it.customer_id),
        Payload::CustomerChanged(it) => customer(&it.customer_id),
        Payload::CustomerPurchased(it) => both(&it.partner_id, &it.customer_id),
        Payload::RelationshipEstablished(it) => both(&it.partner_id, &it.customer_id),
        Payload::RelationshipEnded(it) => both(&it.partner_id, &it.customer_id),
        Payload::ResellerLinked(it) => ([Some(&it.provider_id), Some(&it.reseller_id)], None),
        Payload::ResellerUnlinked(it) => ([Some(&it.provider_id), Some(&it.reseller_id)], None),
        Payload::AcceptanceConfirmed(it) => details(it.acceptance.as_ref(), None),
        Payload::AcceptanceAttested(it) => details(it.acceptance.as_ref(), None),
        Payload::DirectAcceptanceRecorded(it) => details(it.acceptance.as_ref(), None),
        Payload::AcceptanceCorrected(it) => details(it.acceptance.as_ref(), None),
        Payload::EvidenceConfirmed(it) => details(it.acceptance.as_ref(), Some(&it.reseller_id)),
        Payload::EvidenceSubmitted(it) => details(it.claim.as_ref(), Some(&it.reseller_id)),
        Payload::AcceptanceVoided(it) => both(&it.partner_id, &it.customer_id),
        Payload::WithdrawalVoided(it) => both(&it.partner_id, &it.customer_id),
        Payload::AcceptanceWithdrawn(it) => both(&it.partner_id, &it.customer_id),
        Payload::CancellationRecorded(it) => both(&it.partner_id, &it.customer_id),
        Payload::EvidenceRejected(it) => both(&it.partner_id, &it.customer_id),
        Payload::OrderDecided(it) => it.order.as_ref().map_or(([None, None], None), |order| {
            ([Some(&order.partner_id), order.reseller_id.as_deref()], Some(&order.customer_id))
        }),
        Payload::OrderOutcomeRecorded(it) => {
            ([Some(&it.partner_id), it.reseller_id.as_deref()], Some(&it.customer_id))
        }
        Payload::PersonalDataErased(it) => ([it.partner_id.as_deref(), None], Some(&it.customer_id)),
        Payload::InquiryOpened(it) => ([it.partner_id.as_deref(), None], it.customer_id.as_deref()),
        Payload::PersonLookedUp(_) | Payload::InquiryExported(_) => ([None, None], None),
    }
}

fn partner(partner: &str) -> Parties<'_> {
    ([Some(partner), None], None)
}

fn customer(customer: &str) -> Parties<'_> {
    ([None, None], Some(customer))
}

fn both<'a>(partner: &'a str, customer: &'a str) -> Parties<'a> {
    ([Some(partner), None], Some(customer))
}

fn details<'a>(details: Option<&'a AcceptanceDetails>, reseller: Option<&'a str>) -> Parties<'a> {
    let Some(it) = details else { return ([None, reseller], None) };
    ([Some(&it.partner_id), reseller], Some(&it.customer_id))
}
