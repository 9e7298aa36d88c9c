//! Whom an event names: what its links are about.

use assent_proto::event::event::Payload;
use assent_proto::event::{AcceptanceDetails, Order};

/// The ids that an event names, each of which has a chain of links through the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parties<'a> {
    /// The partner that it is about.
    pub partner: Option<&'a str>,
    /// The customer that it is about.
    pub customer: Option<&'a str>,
    /// The reseller that it names beside the partner.
    pub reseller: Option<&'a str>,
    /// The agreement that it names.
    pub agreement: Option<&'a str>,
}

/// Whom the event names.
pub fn parties(payload: &Payload) -> Parties<'_> {
    match payload {
        Payload::LedgerFormatted(_)
        | Payload::RulesActivated(_)
        | Payload::PolicyPublished(_)
        | Payload::PersonLookedUp(_)
        | Payload::InquiryExported(_) => Parties::default(),
        Payload::PartnerRegistered(it) => Parties::default().of_partner(&it.partner_id),
        Payload::PartnerChanged(it) => Parties::default().of_partner(&it.partner_id),
        Payload::PartnerStatusSet(it) => Parties::default().of_partner(&it.partner_id),
        Payload::CustomerRegistered(it) => Parties::default().of_customer(&it.customer_id),
        Payload::CustomerChanged(it) => Parties::default().of_customer(&it.customer_id),
        Payload::CustomerPurchased(it) => pair(&it.partner_id, &it.customer_id),
        Payload::RelationshipEstablished(it) => pair(&it.partner_id, &it.customer_id),
        Payload::RelationshipEnded(it) => pair(&it.partner_id, &it.customer_id),
        Payload::ResellerLinked(it) => {
            Parties::default().of_partner(&it.provider_id).of_reseller(&it.reseller_id)
        }
        Payload::ResellerUnlinked(it) => {
            Parties::default().of_partner(&it.provider_id).of_reseller(&it.reseller_id)
        }
        Payload::AcceptanceConfirmed(it) => accepted(it.acceptance.as_ref()),
        Payload::AcceptanceAttested(it) => accepted(it.acceptance.as_ref()),
        Payload::DirectAcceptanceRecorded(it) => accepted(it.acceptance.as_ref()),
        Payload::AcceptanceCorrected(it) => accepted(it.acceptance.as_ref()),
        Payload::EvidenceConfirmed(it) => accepted(it.acceptance.as_ref()).of_reseller(&it.reseller_id),
        Payload::EvidenceSubmitted(it) => accepted(it.claim.as_ref()).of_reseller(&it.reseller_id),
        Payload::EvidenceRejected(it) => {
            pair(&it.partner_id, &it.customer_id).of_agreement(&it.agreement_id).of_reseller(&it.reseller_id)
        }
        Payload::AcceptanceVoided(it) => pair(&it.partner_id, &it.customer_id).of_agreement(&it.agreement_id),
        Payload::WithdrawalVoided(it) => pair(&it.partner_id, &it.customer_id).of_agreement(&it.agreement_id),
        Payload::AcceptanceWithdrawn(it) => {
            pair(&it.partner_id, &it.customer_id).of_agreement(&it.agreement_id)
        }
        Payload::CancellationRecorded(it) => {
            pair(&it.partner_id, &it.customer_id).of_agreement(&it.agreement_id)
        }
        Payload::AgreementVersionPublished(it) => Parties::default().of_agreement(&it.agreement_id),
        Payload::AgreementRetired(it) => Parties::default().of_agreement(&it.agreement_id),
        Payload::OrderDecided(it) => it.order.as_ref().map(ordered).unwrap_or_default(),
        Payload::OrderOutcomeRecorded(it) => {
            Parties { reseller: it.reseller_id.as_deref(), ..pair(&it.partner_id, &it.customer_id) }
        }
        Payload::PersonalDataErased(it) => {
            Parties { partner: it.partner_id.as_deref(), ..Parties::default().of_customer(&it.customer_id) }
        }
        Payload::InquiryOpened(it) => Parties {
            partner: it.partner_id.as_deref(),
            customer: it.customer_id.as_deref(),
            reseller: None,
            agreement: it.agreement_id.as_deref(),
        },
    }
}

fn pair<'a>(partner: &'a str, customer: &'a str) -> Parties<'a> {
    Parties::default().of_partner(partner).of_customer(customer)
}

fn accepted(details: Option<&AcceptanceDetails>) -> Parties<'_> {
    let Some(it) = details else { return Parties::default() };
    pair(&it.partner_id, &it.customer_id).of_agreement(&it.agreement_id)
}

fn ordered(order: &Order) -> Parties<'_> {
    Parties { reseller: order.reseller_id.as_deref(), ..pair(&order.partner_id, &order.customer_id) }
}

impl<'a> Parties<'a> {
    fn of_partner(self, id: &'a str) -> Self {
        Self { partner: Some(id), ..self }
    }

    fn of_customer(self, id: &'a str) -> Self {
        Self { customer: Some(id), ..self }
    }

    fn of_reseller(self, id: &'a str) -> Self {
        Self { reseller: Some(id), ..self }
    }

    fn of_agreement(self, id: &'a str) -> Self {
        Self { agreement: Some(id), ..self }
    }
}
