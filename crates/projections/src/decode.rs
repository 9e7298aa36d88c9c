//! Entries of the log, as the business reads them.

use assent_domain::Recorded;
use assent_domain::privacy::KeyId;
use assent_event_log::{EventLog, ReadError, StoredEntry};
use assent_proto::event::{Event, Links};
use assent_proto::stored::{StoredError, details_of, document_of, read, type_of};
use prost::Message;

/// An event, with its type's name.
#[derive(Clone, Debug)]
pub struct Decoded {
    /// The event.
    pub recorded: Recorded,
    /// Its type: the payload's field name.
    pub kind: &'static str,
    /// The key id of its contact's box, where it has one.
    pub box_id: Option<KeyId>,
}

/// What the log stamped on an entry beside its place.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stamped {
    pub(crate) stream: String,
    pub(crate) revision: u64,
    pub(crate) links: Links,
}

/// The key id of the contact's box of an event, where it has one.
pub fn box_id(event: &Event) -> Option<KeyId> {
    details_of(event)?.contact.as_ref()?.key_id.as_ref().try_into().ok()
}

/// An entry that can't be read. Whoever folds the log stops there: nothing is ever skipped.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The log could not be read.
    #[error("could not read the log")]
    Read(#[from] ReadError),
    /// The entry is not one that this binary understands.
    #[error("could not understand the event at position {position}")]
    Stored {
        /// Where it stands.
        position: u64,
        /// Why not.
        #[source]
        source: StoredError,
    },
    /// The stamp in the entry is not of its row.
    #[error("the entry at position {position} says that it stands at position {stamped}")]
    Misplaced {
        /// Where it stands.
        position: u64,
        /// Where it says that it stands.
        stamped: u64,
    },
}

/// Decodes entries, and fetches the documents that they name. Checks each against its leaf hash.
pub async fn decode(log: &EventLog, entries: &[StoredEntry]) -> Result<Vec<Decoded>, DecodeError> {
    Ok(decode_stamped(log, entries).await?.into_iter().map(|(event, _)| event).collect())
}

/// The same, each with its stamp.
pub(crate) async fn decode_stamped(
    log: &EventLog,
    entries: &[StoredEntry],
) -> Result<Vec<(Decoded, Stamped)>, DecodeError> {
    let mut decoded = Vec::with_capacity(entries.len());
    for entry in entries {
        entry.check()?;
        let position = entry.position;
        let stored = |source| DecodeError::Stored { position, source };
        let event = Event::decode(entry.entry.clone()).map_err(|it| stored(it.into()))?;
        if event.position != position {
            return Err(DecodeError::Misplaced { position, stamped: event.position });
        }
        let document = match document_of(&event) {
            Some(sha256) => log.document(&sha256).await?.map(|it| it.content),
            None => None,
        };
        let recorded = read(&event, &document).map_err(stored)?;
        let kind = event.payload.as_ref().map_or("", type_of);
        let box_id = box_id(&event);
        let stamped = Stamped {
            stream: event.stream,
            revision: event.revision,
            links: event.links.unwrap_or_default(),
        };
        decoded.push((Decoded { recorded, kind, box_id }, stamped));
    }
    Ok(decoded)
}
