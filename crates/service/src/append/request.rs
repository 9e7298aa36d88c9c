//! Request ids: carried out once, answered as often as they are sent.
//!
//! The key of a request is plain (scope and id are no personal data); what it asked for is compared by a keyed hash
//! that lies in the vault and vanishes with what it was made from.

use assent_domain::values::PartnerId;
use assent_event_log::{RequestKey, row_of_request};
use assent_proto::convert::RequestId;
use assent_proto::convert::intent::Intent;
use assent_proto::event::Event;
use assent_proto::stored::boxes;
use assent_vault::Vault;
use aws_lc_rs::digest::{SHA256, digest};

use super::alike::is_alike;
use crate::error::Error;

/// The label of request fingerprints.
const REQUEST_LABEL: &str = "request";

/// The key of a command's request id; none where it has no id. Scoped by the partner that the request names, or by
/// the ledger (for ever: SHA-256 of the scope, a zero byte, and the id's 16 bytes).
pub(super) fn request_key(intent: &Intent) -> Option<RequestKey> {
    let id = intent.request_id.as_ref()?;
    let scope = intent.scope().map(PartnerId::text).unwrap_or_default();
    Some(key_of(&scope, id))
}

/// The keys under which the request of a stored event may be found, by the event's request id: it was scoped by one of
/// the partners that the event names, or by the ledger. None where that is no request id.
pub fn request_keys(event: &assent_domain::Event, request_id: &str) -> Vec<RequestKey> {
    let Ok(id) = RequestId::parse(request_id) else { return Vec::new() };
    let partners = event.partner().into_iter().chain(event.reseller()).map(ToString::to_string);
    partners.chain([String::new()]).map(|scope| key_of(&scope, &id)).collect()
}

fn key_of(scope: &str, id: &RequestId) -> RequestKey {
    let text = [scope.as_bytes(), &[0], &id.0].concat();
    let mut key = [0; 32];
    key.copy_from_slice(digest(&SHA256, &text).as_ref());
    key
}

/// The keyed hash of what a command asks for.
pub(super) fn fingerprint(vault: &Vault, intent: &Intent) -> [u8; 32] {
    vault.fingerprint(REQUEST_LABEL, &[&intent.canonical()])
}

/// The id of the vault row that holds a request's fingerprint: its event's first box has the row; an event without
/// one has a row under the request key.
pub(super) fn row_id(key: &RequestKey, event: &Event) -> [u8; 16] {
    let first = boxes(event).into_iter().next();
    first.and_then(|it| it.key_id.as_ref().try_into().ok()).unwrap_or_else(|| row_of_request(key))
}

/// Compares a command with what its request id was used for. After an erasure there is no hash to compare with: then the id
/// decides (rule C14), where the command is about what its event was about.
pub(super) async fn is_same(
    vault: &Vault,
    key: &RequestKey,
    event: &Event,
    intent: &Intent,
) -> Result<bool, Error> {
    let id = row_id(key, event);
    let rows = vault.rows(&[id]).await?;
    let stored = rows.get(&id).and_then(|it| it.request_fingerprint.as_deref());
    let given = fingerprint(vault, intent);
    Ok(match stored {
        Some(stored) => aws_lc_rs::constant_time::verify_slices_are_equal(stored, &given).is_ok(),
        None => is_alike(intent, event)?,
    })
}
