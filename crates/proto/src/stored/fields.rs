//! Fields of stored events. They were valid when they were stored: one that is not means that this binary does not
//! understand the log, or that the log is damaged; reading stops there (house: an entry).

use assent_domain::event::EventRef;
use assent_domain::values::{Instant, InvalidId, Position, Sha256};
use prost_types::Timestamp;

use crate::event::Event;

/// A stored event that this binary can't read.
#[derive(Debug, thiserror::Error)]
pub enum StoredError {
    /// It has no payload that is known here: a newer binary wrote it.
    #[error("the event at position {position} is of a type that this binary does not know")]
    UnknownType {
        /// Where it stands.
        position: u64,
    },
    /// It says that what follows was written by a newer binary.
    #[error("the ledger's {what} is {number}, and this binary knows {known}: a newer one wrote it")]
    Newer {
        /// What is newer.
        what: &'static str,
        /// The ledger's.
        number: u32,
        /// This binary's.
        known: u32,
    },
    /// A field is missing or has a value that is not known here.
    #[error("field `{field}` of a stored event has a value that this binary does not know")]
    Field {
        /// The field.
        field: &'static str,
    },
    /// A document that the event names is not there, or is not what it was.
    #[error("the document that a stored event names could not be read: {0}")]
    Document(String),
    /// It is no protobuf message.
    #[error("a stored event could not be decoded")]
    Decode(#[from] prost::DecodeError),
}

pub(super) fn bad(field: &'static str) -> StoredError {
    StoredError::Field { field }
}

pub(super) fn id<T>(
    text: &str,
    field: &'static str,
    parse: impl Fn(&str) -> Result<T, InvalidId>,
) -> Result<T, StoredError> {
    parse(text).map_err(|_| bad(field))
}

pub(super) fn optional<T, U>(
    value: Option<&T>,
    read: impl Fn(&T) -> Result<U, StoredError>,
) -> Result<Option<U>, StoredError> {
    value.map(read).transpose()
}

pub(super) fn present<'a, T>(value: &'a Option<T>, field: &'static str) -> Result<&'a T, StoredError> {
    value.as_ref().ok_or_else(|| bad(field))
}

pub(super) fn hash(bytes: &[u8], field: &'static str) -> Result<Sha256, StoredError> {
    bytes.try_into().map_err(|_| bad(field))
}

/// The event that a stored UUID names: position and time are read from the id itself.
pub(super) fn event_ref(text: &str, field: &'static str) -> Result<EventRef, StoredError> {
    let uuid = uuid::Uuid::try_parse(text).map_err(|_| bad(field))?.as_u128();
    let millis = i64::try_from(uuid >> 80).map_err(|_| bad(field))?;
    let recorded_at = Instant::from_micros(millis * 1_000).map_err(|_| bad(field))?;
    Ok(EventRef { position: Position((uuid & 0xff_ffff_ffff) as u64), recorded_at })
}

/// The instant of a stored timestamp.
pub fn instant_of(at: &Timestamp) -> Result<Instant, StoredError> {
    Instant::from_seconds(at.seconds, at.nanos).map_err(|_| bad("timestamp"))
}

/// When an event was recorded. Every stored event says it: one that does not is damaged.
pub fn recorded_at_of(event: &Event) -> Result<Instant, StoredError> {
    instant_of(event.recorded_at.as_ref().ok_or(bad("recorded_at"))?)
}

/// The timestamp of an instant.
pub fn timestamp_of(at: Instant) -> Timestamp {
    let (seconds, nanos) = at.seconds_nanos();
    Timestamp { seconds, nanos }
}
