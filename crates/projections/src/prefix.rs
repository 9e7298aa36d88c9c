//! The facts of a prefix of the log, with what of its events is needed beside them.

use assent_domain::values::Position;
use assent_domain::{Facts as _, evolve};
use assent_event_log::{EventLog, ReadError, StoredEntry};
use assent_index::Index;

use crate::background::{in_background, in_foreground};
use crate::decode::{DecodeError, Decoded, LeafHash, decode_each};
use crate::maintain::is_catalogue;
use crate::start::missing;

/// How many events are read and folded at once: whoever reads them gives way to nobody.
const EVENTS_AT_ONCE: usize = 256;

/// The facts of a prefix of the log.
#[derive(Debug, Default)]
pub(crate) struct Prefix {
    pub(crate) index: Index,
    /// The last event's.
    pub(crate) leaf_hash: LeafHash,
    /// The positions of catalogue and policies, which are folded again wherever the index comes back without its events.
    pub(crate) catalogue_events: Vec<u64>,
}

impl Prefix {
    /// Where it ends.
    pub(crate) fn position(&self) -> Position {
        self.index.ledger().applied
    }

    /// Folds those events that it does not have yet; `leaf_hash` is the last one's.
    pub(crate) fn apply(&mut self, events: &[Decoded], leaf_hash: LeafHash) {
        events.iter().for_each(|it| self.apply_one(it, leaf_hash));
    }

    fn apply_one(&mut self, Decoded { recorded, .. }: &Decoded, leaf_hash: LeafHash) {
        if recorded.position <= self.position() {
            return;
        }
        evolve(&mut self.index, recorded);
        self.leaf_hash = leaf_hash;
        if is_catalogue(&recorded.event) {
            self.catalogue_events.push(recorded.position.0);
        }
    }

    /// Folds the log up to a position, beside a server that runs.
    pub(crate) async fn folded_to(mut self, log: &EventLog, to: Position) -> Result<Self, DecodeError> {
        let log = log.clone();
        in_background(async move { self.fold_to(&log, to).await.map(|()| self) })
            .await
            .map_err(|error| ReadError::ended("fold the log", error))?
    }

    async fn fold_to(&mut self, log: &EventLog, to: Position) -> Result<(), DecodeError> {
        while self.position() < to {
            let (reading, from) = (log.clone(), self.position().0 + 1);
            let entries =
                in_foreground(async move { reading.read(from, to.0, EVENTS_AT_ONCE).await }).await?;
            let last = entries.last().ok_or(missing(to.0))?.leaf_hash;
            entries.iter().try_for_each(StoredEntry::check)?;
            decode_each(log, &entries, |it| self.apply_one(&it, last)).await?;
        }
        Ok(())
    }
}
