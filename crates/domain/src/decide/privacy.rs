//! Erasing personal data, and exporting for an inquiry (rule C14). Whom no event names is unknown; whom events only
//! mention, an order that was denied for example, can be asked and exported about.

use super::none_holds;
use crate::event::{Event, EventRef};
use crate::facts::Facts;
use crate::privacy::{ErasedContact, InquiryExport, InquiryScope, KEYS_PER_ERASURE_MAX, KeyId};
use crate::refusal::{Refusal, Refusals};
use crate::values::{AgreementId, CustomerId, PartnerId, Position};

/// One event names at most [`KEYS_PER_ERASURE_MAX`] rows: more of them take several. Where nothing is left to be
/// erased, nothing is stored.
pub(super) fn erase(
    facts: &(impl Facts + ?Sized),
    customer: &CustomerId,
    contact: Option<&ErasedContact>,
    key_ids: &[KeyId],
) -> Result<Vec<Event>, Refusals> {
    let mut refusals = Vec::new();
    refusals.extend(contact.and_then(|it| partner_unknown(facts, &it.partner)));
    refusals.extend(customer_unknown(facts, customer));
    refusals.extend(contact.and_then(|it| acceptance_unknown(facts, customer, it)));
    none_holds(refusals)?;

    let event = |key_ids: &[KeyId]| Event::PersonalDataErased {
        customer: customer.clone(),
        contact: contact.cloned(),
        key_ids: key_ids.to_vec(),
    };
    Ok(key_ids.chunks(KEYS_PER_ERASURE_MAX).map(event).collect())
}

/// A new inquiry is always an event, also where the same was asked before.
pub(super) fn open_inquiry(
    facts: &(impl Facts + ?Sized),
    scope: &InquiryScope,
    with_contacts: bool,
) -> Result<Vec<Event>, Refusals> {
    let refusal = match scope {
        InquiryScope::Everything => None,
        InquiryScope::Customer(customer) => customer_unknown(facts, customer),
        InquiryScope::Partner(partner) => partner_unknown(facts, partner),
        InquiryScope::Agreement(agreement) => agreement_unknown(facts, agreement),
        InquiryScope::Period { from, until } => {
            let empty = from.zip(*until).is_some_and(|(from, until)| from >= until);
            empty.then(|| invalid("until", "must be after `from`"))
        }
    };
    none_holds(refusal.into_iter().collect())?;
    Ok(vec![Event::InquiryOpened { scope: scope.clone(), with_contacts }])
}

/// An inquiry can be exported more than once, each time to another manifest.
pub(super) fn finish_inquiry(
    facts: &(impl Facts + ?Sized),
    inquiry: EventRef,
    export: &InquiryExport,
) -> Result<Vec<Event>, Refusals> {
    let applied = facts.ledger().applied;
    let stored = |it: Position| it != Position::START && it <= applied;
    let mut refusals = Vec::new();
    refusals.extend((!stored(inquiry.position)).then(|| invalid("inquiry_id", "names no event of the log")));
    let holds_it = stored(export.checkpoint_size) && export.checkpoint_size >= inquiry.position;
    refusals.extend(
        (!holds_it).then(|| invalid("checkpoint_size", "must be a size of the log that holds the inquiry")),
    );
    none_holds(refusals)?;
    Ok(vec![Event::InquiryExported { inquiry, export: *export }])
}

fn customer_unknown(facts: &(impl Facts + ?Sized), customer: &CustomerId) -> Option<Refusal> {
    let known = facts.customer(customer).is_some_and(|it| it.mentioned != Position::START);
    (!known).then(|| Refusal::CustomerUnknown { customer: customer.clone() })
}

fn partner_unknown(facts: &(impl Facts + ?Sized), partner: &PartnerId) -> Option<Refusal> {
    let known = facts.partner(partner).is_some_and(|it| it.mentioned != Position::START);
    (!known).then(|| Refusal::PartnerUnknown { partner: partner.clone() })
}

fn agreement_unknown(facts: &(impl Facts + ?Sized), agreement: &AgreementId) -> Option<Refusal> {
    let known = facts.catalogue().find(agreement).is_some();
    (!known).then(|| Refusal::AgreementUnknown { agreement: agreement.clone() })
}

fn acceptance_unknown(
    facts: &(impl Facts + ?Sized),
    customer: &CustomerId,
    contact: &ErasedContact,
) -> Option<Refusal> {
    let relationship = facts.relationship(&contact.partner, customer);
    let known = relationship.as_ref().and_then(|it| it.acceptance(contact.acceptance.position));
    known.is_none().then_some(Refusal::AcceptanceUnknown)
}

fn invalid(field: &'static str, description: &str) -> Refusal {
    Refusal::FieldInvalid { field, description: description.to_owned() }
}
