//! Stored checkpoints as notes: read and parsed once, for all the proofs that lead to them.

use std::collections::HashMap;
use std::sync::Arc;

use assent_event_log::{EventLog, StoredCheckpoint};
use assent_evidence::SignedCheckpoint;
use parking_lot::Mutex;

use crate::error::Error;
use crate::replica::Trust;

/// How many are kept: proofs are mostly asked for at the newest ones.
const KEPT_MAX: usize = 64;

/// A stored checkpoint, and the note that it is.
pub(crate) struct OpenedCheckpoint {
    pub(crate) stored: StoredCheckpoint,
    pub(crate) signed: SignedCheckpoint,
}

/// Those that were asked for lately. Clones share them.
#[derive(Clone)]
pub(super) struct Checkpoints {
    log: EventLog,
    trust: Trust,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    /// How often the log had been read anew when these were read: what is stored of one log is not what another one has.
    reloads: u64,
    of_size: HashMap<u64, Arc<OpenedCheckpoint>>,
}

impl Checkpoints {
    pub(super) fn new(log: EventLog, trust: Trust) -> Self {
        Self { log, trust, kept: Arc::default() }
    }

    /// The checkpoint of exactly this size, where it is stored. It never changes.
    pub(super) async fn at(&self, size: u64) -> Result<Option<Arc<OpenedCheckpoint>>, Error> {
        let reloads = self.trust.reload_count();
        if let Some(kept) = self.kept(reloads, size) {
            return Ok(Some(kept));
        }
        let stored = self.log.checkpoint(size).await?;
        stored.map(|stored| self.open_since(stored, reloads)).transpose()
    }

    /// A checkpoint that was just read.
    pub(super) fn open(&self, stored: StoredCheckpoint) -> Result<Arc<OpenedCheckpoint>, Error> {
        let reloads = self.trust.reload_count();
        match self.kept(reloads, stored.size).filter(|it| it.stored == stored) {
            Some(kept) => Ok(kept),
            None => self.open_since(stored, reloads),
        }
    }

    fn kept(&self, reloads: u64, size: u64) -> Option<Arc<OpenedCheckpoint>> {
        let kept = self.kept.lock();
        kept.of_size.get(&size).filter(|_| kept.reloads == reloads).cloned()
    }

    fn open_since(&self, stored: StoredCheckpoint, reloads: u64) -> Result<Arc<OpenedCheckpoint>, Error> {
        let signed = SignedCheckpoint::parse(&stored.note).map_err(|it| Error::corrupt(None, it))?;
        let opened = Arc::new(OpenedCheckpoint { stored, signed });
        if self.trust.reload_count() == reloads {
            let mut kept = self.kept.lock();
            if kept.reloads != reloads || kept.of_size.len() >= KEPT_MAX {
                *kept = Kept { reloads, of_size: HashMap::new() };
            }
            kept.of_size.insert(opened.stored.size, opened.clone());
        }
        Ok(opened)
    }
}
