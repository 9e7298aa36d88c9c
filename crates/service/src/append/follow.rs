//! Following the log: what other processes appended is applied, in the task that also appends.

use std::time::Duration;

use assent_domain::Facts;
use assent_event_log::{ReadError, StoredEntry};
use assent_projections::{DecodeError, decode, reload};
use tracing::{error, info, warn};

use super::AppendTask;
use super::task::{Ledger, missing};
use crate::error::Error;
use crate::tombstones::sweep;

/// How many entries are applied at once.
const APPLY_ENTRIES: usize = 1_024;
/// How long to wait before the log is read anew again, where that failed.
const RELOAD_AGAIN: Duration = Duration::from_secs(1);

impl AppendTask {
    /// Applies what other processes appended, up to the log's end.
    ///
    /// A log that no longer holds what was applied (it was restored, or a primary came back without what it had shown)
    /// is read anew, and until that is done nothing is answered.
    pub(super) async fn follow(&self) -> Result<(), Error> {
        loop {
            match self.ledger.log.follow().await {
                Ok(entries) => {
                    let is_end = entries.is_empty();
                    self.apply(entries).await?;
                    if is_end {
                        return Ok(());
                    }
                }
                Err(error @ ReadError::Diverged { .. }) => {
                    error!(%error, "reads the log anew, and answers nothing until then");
                    self.reload().await;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Applies everything up to the head; `followed` is what was just read of it. More is read where an earlier step
    /// could not be applied, or where this process learnt late that an append of its own is stored.
    async fn apply(&self, followed: Vec<StoredEntry>) -> Result<(), Error> {
        let mut followed = Some(followed);
        loop {
            let head = self.ledger.log.head().size;
            let next = self.ledger.index.read().ledger().applied.0 + 1;
            if next > head {
                return Ok(());
            }
            let fits = |it: &Vec<StoredEntry>| it.first().is_some_and(|it| it.position == next);
            let entries = match followed.take().filter(fits) {
                Some(entries) => entries,
                None => self.ledger.log.read(next, head, APPLY_ENTRIES).await?,
            };
            let last = entries.last().ok_or_else(|| missing(next))?;
            match decode(&self.ledger.log, &entries).await {
                Ok(events) => self.apply_events(events, last.leaf_hash),
                Err(error @ DecodeError::Read(_)) => return Err(error.into()),
                Err(error) => {
                    // Nothing is ever skipped: this binary is too old for the log, or the log is corrupt.
                    error!(%error, "stops at an event that it does not understand");
                    self.ledger.trust.lose();
                    return Err(error.into());
                }
            }
        }
    }

    async fn reload(&self) {
        self.ledger.trust.suspend();
        loop {
            match self.try_reload().await {
                Ok(size) => {
                    info!(size, "read the log anew");
                    self.ledger.trust.resume();
                    return;
                }
                Err(error) => warn!(%error, "could not read the log anew, tries again"),
            }
            tokio::time::sleep(RELOAD_AGAIN).await;
        }
    }

    async fn try_reload(&self) -> Result<u64, Error> {
        let head = self.ledger.log.reload().await?;
        let before = self.ledger.index.read().ledger().tag;
        let reloaded = reload(&self.ledger.log, &self.ledger.views, &self.ledger.index).await;
        reloaded.map_err(Error::unreachable)?;
        // Whatever took the log back may have brought erased rows back.
        let Ledger { log, vault, views, tombstones, .. } = &self.ledger;
        sweep(log, vault, views, tombstones).await?;
        if self.ledger.index.read().ledger().tag != before {
            // Ids and fingerprints of this process are those of the ledger that it was started on.
            error!("another ledger is in the database: restart this server");
            self.ledger.trust.lose();
        }
        Ok(head.size)
    }
}
