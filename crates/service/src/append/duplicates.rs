//! Whose contacts are the same (rule C8). Contacts are nowhere in the facts: the vault's fingerprints are compared.

use std::collections::{BTreeSet, HashMap};

use assent_domain::command::Command;
use assent_domain::values::{Contact, Position};
use assent_event_log::EventLog;
use assent_proto::event::Event;
use assent_proto::stored::{StoredError, details_of};
use assent_vault::Vault;
use prost::Message;

use crate::error::Error;
use crate::vault::contact_fingerprint;

/// What is known of an acceptance's contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// It has none: a direct acceptance.
    Absent,
    /// Its fingerprint.
    Fingerprint([u8; 32]),
    /// It was erased: the same contact counts as new (rule C14).
    Erased,
}

impl Known {
    /// The contact that a command claims.
    pub(super) fn claimed(vault: &Vault, command: &Command) -> Self {
        let of = |it: &Option<Contact>| it.as_ref().map(|it| contact_fingerprint(vault, it));
        match command {
            Command::RecordAcceptance { claim, .. } | Command::CorrectAcceptance { claim, .. } => {
                of(&claim.contact).map_or(Self::Absent, Self::Fingerprint)
            }
            _ => Self::Absent,
        }
    }

    pub(super) fn is_same_as(self, claimed: Self) -> bool {
        self == claimed && self != Self::Erased
    }
}

/// Reads the contacts of stored acceptances.
pub(super) async fn load(
    log: &EventLog,
    vault: &Vault,
    positions: &BTreeSet<Position>,
) -> Result<HashMap<Position, Known>, Error> {
    let mut known = HashMap::new();
    let mut keys = HashMap::new();
    let positions: Vec<u64> = positions.iter().map(|it| it.0).collect();
    for entry in log.entries(&positions).await? {
        let position = Position(entry.position);
        let event = Event::decode(entry.entry).map_err(StoredError::from)?;
        let contact = details_of(&event).and_then(|it| it.contact.as_ref());
        match contact.and_then(|it| <[u8; 16]>::try_from(it.key_id.as_ref()).ok()) {
            Some(key) => _ = keys.insert(key, position),
            None => _ = known.insert(position, Known::Absent),
        }
    }
    let ids: Vec<_> = keys.keys().copied().collect();
    let rows = vault.rows(&ids).await?;
    for (key, position) in keys {
        let fingerprint = rows.get(&key).and_then(|it| it.contact_fingerprint.as_deref());
        let fingerprint = fingerprint.and_then(|it| <[u8; 32]>::try_from(it).ok());
        known.insert(position, fingerprint.map_or(Known::Erased, Known::Fingerprint));
    }
    Ok(known)
}
