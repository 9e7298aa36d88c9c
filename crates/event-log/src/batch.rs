//! What is handed to an append, and what comes back.

use std::fmt;

use assent_evidence::{Hash, leaf_hash};
use bytes::Bytes;

use crate::error::ReadError;
use crate::ids::LedgerTag;
use crate::stamp::Links;

/// What a request id hashes to. The log does not know how.
pub type RequestKey = [u8; 32];

/// Everything that one commit stores, all of it or nothing.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The size of the log that this was decided on: another size by now is a conflict.
    pub start: u64,
    /// `recorded_at` of every entry, microseconds since 1970: not before the last commit's.
    pub at: i64,
    /// The ledger's tag, for the ids.
    pub tag: LedgerTag,
    /// The entries, in order: the first gets position `start + 1`.
    pub drafts: Vec<Draft>,
    /// Requests carried out, each with the position of its outcome.
    pub requests: Vec<(RequestKey, u64)>,
    /// Rows for the vault.
    pub vault: Vec<KeyRow>,
    /// Rows of the vault that are deleted in the same commit; one that is not there is left out. None of them is a row
    /// of this batch.
    pub erase: Vec<[u8; 16]>,
    /// Documents; one that is already stored is left as it is.
    pub documents: Vec<Document>,
}

/// An entry before it is stamped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The encoded message without its stamp.
    pub body: Bytes,
    /// The revision of the stream after this entry; 0 where the stream has none.
    pub revision: u64,
    /// The previous positions of the chains that this entry belongs to.
    pub links: Links,
}

/// A row of the vault: the key of a sealed box, and what else must vanish with it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct KeyRow {
    /// The key id that the sealed box names.
    pub id: [u8; 16],
    /// The master key that wraps the key.
    pub master_key_id: Option<[u8; 8]>,
    /// The wrapped key.
    pub wrapped_key: Option<Vec<u8>>,
    /// Keyed fingerprint of the e-mail address.
    pub email_index: Option<Vec<u8>>,
    /// Keyed fingerprint of the contact.
    pub contact_fingerprint: Option<Vec<u8>>,
    /// Keyed fingerprint of the request.
    pub request_fingerprint: Option<Vec<u8>>,
}

/// The id of the vault row of a request whose outcome has no sealed box (for ever: the key's first 16 bytes).
pub fn row_of_request(key: &RequestKey) -> [u8; 16] {
    *key.first_chunk().expect("a key is longer than an id")
}

/// A document that entries refer to by its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Plain SHA-256 of the content; an append checks it.
    pub sha256: Hash,
    /// For example `application/yaml`.
    pub media_type: String,
    /// The bytes.
    pub content: Bytes,
}

/// An entry as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEntry {
    /// 1, 2, 3 and so on.
    pub position: u64,
    /// Body and stamp, exactly as hashed.
    pub entry: Bytes,
    /// SHA-256(0x00 || entry).
    pub leaf_hash: Hash,
}

impl StoredEntry {
    /// Checks that the entry still is what was hashed.
    pub fn check(&self) -> Result<(), ReadError> {
        let matches = leaf_hash(&self.entry) == self.leaf_hash;
        if matches { Ok(()) } else { Err(ReadError::Corrupt { position: self.position }) }
    }
}

/// How far the log has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The number of entries, which is also the last position.
    pub size: u64,
    /// The RFC 6962 root of all entries.
    pub root: Hash,
    /// The instant of the last commit, microseconds since 1970; 0 when the log is empty.
    pub recorded_at: i64,
}

/// What an append has stored, durably.
#[derive(Clone, Debug)]
pub struct Appended {
    /// The entries with their positions.
    pub entries: Vec<StoredEntry>,
    /// The head just after this append.
    pub head: Head,
}

/// Shows which columns are filled, never what is in them.
impl fmt::Debug for KeyRow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, master_key_id, wrapped_key, email_index, contact_fingerprint, request_fingerprint } =
            self;
        formatter
            .debug_struct("KeyRow")
            .field("id", id)
            .field("master_key_id", master_key_id)
            .field("has_wrapped_key", &wrapped_key.is_some())
            .field("has_email_index", &email_index.is_some())
            .field("has_contact_fingerprint", &contact_fingerprint.is_some())
            .field("has_request_fingerprint", &request_fingerprint.is_some())
            .finish()
    }
}
