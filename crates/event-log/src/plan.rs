//! Everything about an append that needs no database: checked, stamped and hashed.

use assent_evidence::{Hash, Tile, TileBuilder, leaf_hash, sha256};

use crate::batch::{Batch, Document, Draft, Head, KeyRow, RequestKey, StoredEntry};
use crate::error::AppendError;
use crate::ids::POSITIONS_END;
use crate::stamp::{ENTRY_BYTES_MAX, Stamper};

/// The end of the year 9999, the last instant that a timestamp can name, in microseconds.
const INSTANT_MAX: i64 = 253_402_300_799_999_999;

/// What one transaction will write.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) start: u64,
    pub(crate) entries: Vec<StoredEntry>,
    pub(crate) requests: Vec<(RequestKey, u64)>,
    pub(crate) vault: Vec<KeyRow>,
    pub(crate) erase: Vec<[u8; 16]>,
    pub(crate) documents: Vec<Document>,
    pub(crate) tiles: Vec<Tile>,
    pub(crate) head: Head,
    /// The root of the log that this was decided on.
    pub(crate) decided_on: Hash,
    /// The tree once this is committed.
    pub(crate) tree: TileBuilder,
}

impl Plan {
    /// Checks a batch against the head, which is `tree`'s, and works out what it comes to.
    pub(crate) fn new(batch: Batch, tree: &TileBuilder, last: Head) -> Result<Self, AppendError> {
        let Batch { start, at, tag, drafts, requests, vault, erase, documents } = batch;
        if start != last.size {
            return Err(AppendError::Conflict { start });
        }
        if at < last.recorded_at || at > INSTANT_MAX {
            return Err(AppendError::Instant { at, last: last.recorded_at });
        }
        let entries = stamp(&drafts, start, Stamper { recorded_at: at, tag })?;
        check_requests(&requests, start + entries.len() as u64)?;
        check_documents(&documents)?;
        let mut tree = tree.clone();
        let mut tiles = Vec::new();
        for entry in &entries {
            tree.push(entry.leaf_hash, &mut tiles);
        }
        let head = Head { size: tree.size(), root: tree.root(), recorded_at: at };
        let decided_on = last.root;
        Ok(Self { start, entries, requests, vault, erase, documents, tiles, head, decided_on, tree })
    }
}

fn stamp(drafts: &[Draft], start: u64, stamper: Stamper) -> Result<Vec<StoredEntry>, AppendError> {
    if drafts.is_empty() {
        return Err(AppendError::Empty);
    }
    if start + drafts.len() as u64 >= POSITIONS_END {
        return Err(AppendError::Full);
    }
    let stamped = (start + 1..).zip(drafts).enumerate().map(|(index, (position, draft))| {
        let Draft { body, revision, links } = draft;
        if let Some(link) = links.positions().find(|link| *link >= position) {
            return Err(AppendError::LinkAhead { index, position, link });
        }
        let entry = stamper.entry(body, position, *revision, *links);
        if entry.len() > ENTRY_BYTES_MAX {
            return Err(AppendError::EntryTooLarge { index, size: entry.len() });
        }
        Ok(StoredEntry { position, leaf_hash: leaf_hash(&entry), entry })
    });
    stamped.collect()
}

fn check_requests(requests: &[(RequestKey, u64)], size: u64) -> Result<(), AppendError> {
    let is_ahead = |(_, position): &(RequestKey, u64)| *position == 0 || *position > size;
    match requests.iter().position(is_ahead) {
        Some(index) => Err(AppendError::RequestAhead { index, position: requests[index].1 }),
        None => Ok(()),
    }
}

fn check_documents(documents: &[Document]) -> Result<(), AppendError> {
    match documents.iter().position(|document| sha256(&document.content) != document.sha256) {
        Some(index) => Err(AppendError::DocumentMismatch { index }),
        None => Ok(()),
    }
}
