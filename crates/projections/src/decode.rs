//! Entries of the log, as the business reads them.

use assent_domain::Recorded;
use assent_domain::privacy::KeyId;
use assent_event_log::{EventLog, ReadError, StoredEntry};
use assent_proto::event::Event;
use assent_proto::stored::{StoredError, details_of, document_of, read, type_of};
use prost::Message;

use crate::background::in_foreground;

/// The leaf hash of an entry in the log's tree.
pub type LeafHash = [u8; 32];

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

/// An event as it is understood, and as it is stored.
#[derive(Debug)]
pub(crate) struct Understood {
    pub(crate) decoded: Decoded,
    pub(crate) stored: Event,
    pub(crate) leaf_hash: LeafHash,
}

/// Decodes entries, and fetches the documents that they name. Checks each against its leaf hash.
pub async fn decode(log: &EventLog, entries: &[StoredEntry]) -> Result<Vec<Decoded>, DecodeError> {
    entries.iter().try_for_each(StoredEntry::check)?;
    let mut decoded = Vec::with_capacity(entries.len());
    decode_each(log, entries, |it| decoded.push(it)).await?;
    Ok(decoded)
}

/// Decodes entries that were checked against their leaf hashes, and hands each on as soon as it is there: whoever folds it
/// has it in the processor's caches.
pub async fn decode_each(
    log: &EventLog,
    entries: &[StoredEntry],
    mut take: impl FnMut(Decoded),
) -> Result<(), DecodeError> {
    // One message is filled again and again: it is larger than what most entries say.
    let mut stored = Event::default();
    for entry in entries {
        let failed = |source| DecodeError::Stored { position: entry.position, source };
        stored.clear();
        stored.merge(entry.entry.clone()).map_err(|it| failed(it.into()))?;
        take(decoded(log, entry.position, &stored).await?);
    }
    Ok(())
}

/// Decodes entries that were checked against their leaf hashes, and fetches the documents that they name.
pub(crate) async fn understand(
    log: &EventLog,
    entries: &[StoredEntry],
) -> Result<Vec<Understood>, DecodeError> {
    let mut understood = Vec::with_capacity(entries.len());
    for StoredEntry { position, entry, leaf_hash } in entries {
        let failed = |source| DecodeError::Stored { position: *position, source };
        let stored = Event::decode(entry.clone()).map_err(|it| failed(it.into()))?;
        let decoded = decoded(log, *position, &stored).await?;
        understood.push(Understood { decoded, stored, leaf_hash: *leaf_hash });
    }
    Ok(understood)
}

/// The event, with the document that it names.
async fn decoded(log: &EventLog, position: u64, stored: &Event) -> Result<Decoded, DecodeError> {
    if stored.position != position {
        return Err(DecodeError::Misplaced { position, stamped: stored.position });
    }
    let document = match document_of(stored) {
        Some(sha256) => {
            let log = log.clone();
            let document = in_foreground(async move { log.document(&sha256).await });
            document.await?.map(|it| it.content)
        }
        None => None,
    };
    let recorded = read(stored, &document).map_err(|source| DecodeError::Stored { position, source })?;
    let kind = stored.payload.as_ref().map_or("", type_of);
    Ok(Decoded { recorded, kind, box_id: box_id(stored) })
}
