//! An entry of the log, with what it says of itself.

use assent_domain::values::Instant;
use assent_evidence::{Hash, leaf_hash};
use assent_proto::event::event::Payload;
use assent_proto::event::{Event, Links};
use assent_proto::stored::instant_of;
use bytes::Bytes;
use prost::Message as _;

/// An entry, decoded.
pub(crate) struct Entry {
    pub(crate) bytes: Bytes,
    pub(crate) event: Event,
    pub(crate) recorded_at: Instant,
    pub(crate) leaf: Hash,
}

/// Why bytes are no entry that this program can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EntryError {
    #[error("the entry has more than 65,535 bytes")]
    Long,
    #[error("the entry is no event")]
    NoEvent,
    #[error(
        "the entry is of a type, or has a field or value, that this program does not know: a newer one wrote it"
    )]
    Newer,
    #[error("the entry says that it stands at position {0}")]
    Elsewhere(u64),
    #[error("the entry's stamp is not complete")]
    Stamp,
}

impl Entry {
    /// Reads an entry and its place.
    pub(crate) fn read(bytes: Bytes) -> Result<Self, EntryError> {
        if bytes.len() > usize::from(u16::MAX) {
            return Err(EntryError::Long);
        }
        let event = Event::decode(bytes.clone()).map_err(|_| EntryError::NoEvent)?;
        if event.payload.is_none() {
            return Err(EntryError::Newer);
        }
        let recorded_at = event.recorded_at.as_ref().and_then(|it| instant_of(it).ok());
        let recorded_at = recorded_at.filter(|_| event.position > 0).ok_or(EntryError::Stamp)?;
        Ok(Self { leaf: leaf_hash(&bytes), bytes, event, recorded_at })
    }

    /// Reads the entry that stands at this position.
    pub(crate) fn read_at(position: u64, bytes: Bytes) -> Result<Self, EntryError> {
        let entry = Self::read(bytes)?;
        let own = entry.position();
        if own == position { Ok(entry) } else { Err(EntryError::Elsewhere(own)) }
    }

    pub(crate) fn position(&self) -> u64 {
        self.event.position
    }

    /// From 0: the leaf's number in the tree.
    pub(crate) fn leaf_index(&self) -> u64 {
        self.event.position - 1
    }

    pub(crate) fn payload(&self) -> &Payload {
        self.event.payload.as_ref().expect("an entry without a payload is not read")
    }

    pub(crate) fn links(&self) -> Links {
        self.event.links.unwrap_or_default()
    }
}
