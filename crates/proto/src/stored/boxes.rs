//! The sealed boxes of a stored event.

use assent_domain::privacy::KeyId;

use crate::event::event::Payload;
use crate::event::{AcceptanceDetails, Event, SealedBox};

/// An event's boxes: contact, evidence URI, reason, employee, those that it has, in this order (for ever: the vault
/// row of the first one holds the request's fingerprint).
pub fn boxes(event: &Event) -> Vec<&SealedBox> {
    let details = details_of(event);
    let contact = details.and_then(|it| it.contact.as_ref());
    let uri = details.and_then(|it| it.evidence.as_ref()).and_then(|it| it.uri.as_ref());
    let employee = event.actor.as_ref().and_then(|it| it.employee.as_ref());
    [contact, uri, reason_of(event), employee].into_iter().flatten().collect()
}

/// The vault rows that an event erased.
pub fn erased_by(event: &Event) -> impl Iterator<Item = KeyId> {
    let ids = match &event.payload {
        Some(Payload::PersonalDataErased(it)) => &it.key_ids[..],
        _ => &[],
    };
    ids.iter().filter_map(|it| it.as_ref().try_into().ok())
}

/// What an acceptance or evidence holds.
pub fn details_of(event: &Event) -> Option<&AcceptanceDetails> {
    match event.payload.as_ref()? {
        Payload::AcceptanceConfirmed(it) => it.acceptance.as_ref(),
        Payload::AcceptanceAttested(it) => it.acceptance.as_ref(),
        Payload::DirectAcceptanceRecorded(it) => it.acceptance.as_ref(),
        Payload::AcceptanceCorrected(it) => it.acceptance.as_ref(),
        Payload::EvidenceConfirmed(it) => it.acceptance.as_ref(),
        Payload::EvidenceSubmitted(it) => it.claim.as_ref(),
        _ => None,
    }
}

fn reason_of(event: &Event) -> Option<&SealedBox> {
    match event.payload.as_ref()? {
        Payload::AcceptanceCorrected(it) => it.reason.as_ref(),
        Payload::AcceptanceVoided(it) => it.reason.as_ref(),
        Payload::WithdrawalVoided(it) => it.reason.as_ref(),
        Payload::AcceptanceWithdrawn(it) => it.reason.as_ref(),
        Payload::CancellationRecorded(it) => it.note.as_ref(),
        Payload::EvidenceRejected(it) => it.reason.as_ref(),
        Payload::PolicyPublished(it) => it.reason.as_ref(),
        Payload::PersonalDataErased(it) => it.reason.as_ref(),
        Payload::PersonLookedUp(it) => it.purpose.as_ref(),
        Payload::InquiryOpened(it) => it.purpose.as_ref(),
        _ => None,
    }
}
