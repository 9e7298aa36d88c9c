//! The index image: a local file with the index as it lies in memory, from which a start begins nearly as fast as it is
//! read, and then follows the log.
//!
//! It is never a source of truth: an image is written only of facts that were folded from the log's first event or were
//! compared with such, it is used only where the log has the very event that it ends with, and whatever is wrong with it, it
//! is as if it was not there. It can be deleted at any time.

mod body;
mod file;
mod frames;
mod header;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use assent_domain::Facts;
use assent_domain::values::Position;
use assent_event_log::{EventLog, ReadError};
use assent_index::Index;
use parking_lot::Mutex;
use tokio::task::{JoinError, spawn_blocking};
use tracing::{debug, info, warn};

use self::header::{EDITIONS, Header};
use crate::SharedIndex;
use crate::decode::{DecodeError, LeafHash};
use crate::prefix::Prefix;
use crate::views::catalogue;

/// How many events may be in an image that the read models do not have: their rows are written at once.
const AHEAD_MAX: u64 = 50_000;
/// About how many customers are written in the time in which one event is folded.
const RECORDS_PER_EVENT: u64 = 8;

/// An image's file. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Image {
    path: PathBuf,
    /// Held while it is written: a second one would write into the same new file.
    writing: Arc<Mutex<()>>,
}

/// Facts that were folded from the log's first event, all of them.
#[derive(Debug)]
pub struct Proven(pub(crate) Prefix);

impl Proven {
    /// They themselves.
    pub const fn index(&self) -> &Index {
        &self.0.index
    }
}

/// Why an image is not used.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error("it is of another version of this program")]
    OtherEdition,
    #[error("it is of another ledger")]
    OtherLedger,
    #[error("the log does not have the event that it ends with, at position {0}")]
    OtherLog(u64),
    #[error("the read models are far behind it")]
    ReadModelsBehind,
    #[error("{0}")]
    Broken(#[from] io::Error),
    #[error("{0}")]
    Log(#[from] ReadError),
    #[error("{0}")]
    Decode(#[from] DecodeError),
    #[error("reading it broke off")]
    BrokeOff(#[from] JoinError),
}

impl Image {
    /// The image in this file, or to be.
    pub fn at(path: PathBuf) -> Self {
        Self { path, writing: Arc::default() }
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the image of these facts. One that can't be written is a warning and nothing more.
    pub async fn write(&self, log: &EventLog, Proven(prefix): Proven) -> Option<Position> {
        self.write_prefix(log, prefix).await.1
    }

    /// The same, and gives them back; they are lost only where this process is ending.
    pub(crate) async fn write_prefix(
        &self,
        log: &EventLog,
        prefix: Prefix,
    ) -> (Option<Prefix>, Option<Position>) {
        let Some(ledger) = first_leaf_hash(log).await else { return (Some(prefix), None) };
        let image = self.clone();
        let written = spawn_blocking(move || {
            let Prefix { index, leaf_hash, catalogue_events } = &prefix;
            let at = image.write_now(ledger, index, *leaf_hash, catalogue_events);
            (prefix, at)
        });
        written.await.map_or((None, None), |(prefix, at)| (Some(prefix), at))
    }

    /// Writes the image of all that was applied. Nothing more is applied until it is written: for a server that ends.
    pub async fn write_shared(&self, log: &EventLog, index: &SharedIndex) -> Option<Position> {
        let ledger = first_leaf_hash(log).await?;
        let (image, index) = (self.clone(), index.clone());
        let written = spawn_blocking(move || {
            index.with_pending(|index, pending| {
                // Nobody has kept what is needed beside the index.
                let pending = pending?;
                image.write_now(ledger, index, pending.leaf_hash, &pending.catalogue_events)
            })
        });
        written.await.ok().flatten()
    }

    /// Reads the image into an index of its own, folds what came after it, and writes it anew. Memory holds two indexes
    /// meanwhile; the one that answers is not touched.
    pub async fn refresh(&self, log: &EventLog) -> Option<Position> {
        let ledger = first_leaf_hash(log).await?;
        let prefix = self.load(log, &ledger, Position::END).await?;
        match prefix.folded_to(log, Position(log.head().size)).await {
            Ok(prefix) => self.write_prefix(log, prefix).await.1,
            Err(error) => {
                warn!(%error, "could not bring the index image up to date");
                None
            }
        }
    }

    /// Whether what came after an image takes longer to fold than a new image takes to write.
    pub fn is_due(index: &Index, at: Option<Position>) -> bool {
        let behind = index.ledger().applied.0.saturating_sub(at.unwrap_or_default().0);
        let records = index.customer_count().max(index.relationship_count()) as u64;
        behind > 0 && behind.saturating_mul(RECORDS_PER_EVENT) >= records
    }

    /// Removes it: what it was written from was not what the log says.
    pub fn remove(&self) {
        let _writing = self.writing.lock();
        if let Err(error) = file::remove(&self.path) {
            warn!(path = %self.path.display(), %error, "could not remove the index image: remove it before the next start");
        }
    }

    /// The facts of the image, where it is of a prefix of this log; the read models are at `written`.
    pub(crate) async fn load(&self, log: &EventLog, ledger: &LeafHash, written: Position) -> Option<Prefix> {
        match self.try_load(log, ledger, written).await {
            Ok(prefix) => Some(prefix),
            Err(Unusable::Broken(error)) if error.kind() == io::ErrorKind::NotFound => {
                debug!(path = %self.path.display(), "there is no index image");
                None
            }
            Err(why) => {
                info!(path = %self.path.display(), %why, "does not use the index image");
                None
            }
        }
    }

    async fn try_load(
        &self,
        log: &EventLog,
        ledger: &LeafHash,
        written: Position,
    ) -> Result<Prefix, Unusable> {
        let path = self.path.clone();
        let (file, header) = spawn_blocking(move || file::open(&path)).await??;
        check(&header, ledger, written)?;
        let position = Position(header.position);
        let last = if position.0 <= log.head().size { log.entry(position.0).await? } else { None };
        if last.is_none_or(|it| it.leaf_hash != header.leaf_hash) {
            return Err(Unusable::OtherLog(position.0));
        }
        let leaf_hash = header.leaf_hash;
        let (mut index, state) = spawn_blocking(move || file::read(file, &header)).await??;
        catalogue(log, &state.catalogue_events, &mut index).await?;
        state.restore_into(&mut index, position).ok_or_else(body::malformed)?;
        Ok(Prefix { index, leaf_hash, catalogue_events: state.catalogue_events })
    }

    fn write_now(
        &self,
        ledger: LeafHash,
        index: &Index,
        leaf_hash: LeafHash,
        catalogue_events: &[u64],
    ) -> Option<Position> {
        let _writing = self.writing.lock();
        let position = index.ledger().applied;
        let header = Header { editions: EDITIONS, ledger, position: position.0, leaf_hash, bytes: 0 };
        match file::write(&self.path, header, index, catalogue_events) {
            Ok(()) => {
                debug!(path = %self.path.display(), position = position.0, "wrote the index image");
                Some(position)
            }
            Err(error) => {
                warn!(path = %self.path.display(), %error, "could not write the index image: the next start takes longer");
                None
            }
        }
    }
}

/// Whether this build can read the image, it is of this ledger, and the read models are near it.
fn check(header: &Header, ledger: &LeafHash, written: Position) -> Result<(), Unusable> {
    match header {
        it if it.editions != EDITIONS => Err(Unusable::OtherEdition),
        it if it.ledger != *ledger => Err(Unusable::OtherLedger),
        it if it.position.saturating_sub(written.0) > AHEAD_MAX => Err(Unusable::ReadModelsBehind),
        _ => Ok(()),
    }
}

/// Whose log it is; none where it can't be read now: then no image is written.
async fn first_leaf_hash(log: &EventLog) -> Option<LeafHash> {
    match log.entry(1).await {
        Ok(first) => first.map(|it| it.leaf_hash),
        Err(error) => {
            warn!(%error, "could not write the index image");
            None
        }
    }
}

#[cfg(test)]
mod tests;
