//! Signed checkpoints, and proofs under them.

mod anchor;
mod answers;
mod gather;
mod kept;
mod lowest;
mod measured;
mod monitors;
mod opened;
mod pieces;
mod signer;
mod tree;

use std::sync::Arc;
use std::time::Duration;

use assent_domain::values::Position;
use assent_event_log::{EventLog, StoredCheckpoint};
use assent_evidence::{Checkpoint, Hash, TileId, TileNodes, VerifierKey};
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, timeout_at};

pub(crate) use anchor::{Anchor, AnchorError, Witness, file as anchor_file};
pub(crate) use answers::Form;
pub use measured::Proofs;
pub(crate) use monitors::serve as serve_monitors;
use opened::{Checkpoints, OpenedCheckpoint};
pub(crate) use signer::{Signer, Signing};
use tree::Tree;

use crate::error::{Error, Unknown};
use crate::replica::Trust;

/// How long a write, a proof or a checkpoint that is asked for waits to be signed (contract).
const CHECKPOINT_WAIT_MAX: Duration = Duration::from_secs(2);
/// How often a replica that signs nothing looks whether another one did.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The handle on checkpoints and proofs. Clones share everything.
#[derive(Clone)]
pub(crate) struct Evidence {
    log: EventLog,
    tree: Tree,
    checkpoints: Checkpoints,
    keys: Arc<[VerifierKey]>,
    signing: Option<Asking>,
}

/// What a process that signs is asked through.
#[derive(Clone)]
struct Asking {
    ask: Arc<Notify>,
    standing: watch::Receiver<Standing>,
}

/// How signing stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    /// The size of the newest checkpoint that this process signed.
    pub(crate) newest: u64,
    /// The newest checkpoint, also one that was stored before this process began; none: there was none.
    pub(crate) last: Option<LastSigned>,
    /// The log is not the one that was signed at this size: nothing is signed any more.
    pub(crate) forked: Option<u64>,
}

/// A checkpoint, and how old it was at a moment of this process. Its instant alone would not do: the wall clock is read
/// where it says what is recorded, and nowhere to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LastSigned {
    /// The size that it signs.
    pub(crate) size: u64,
    age: Duration,
    at: std::time::Instant,
}

impl LastSigned {
    /// One that is this old now.
    fn aged(size: u64, age: Duration) -> Self {
        Self { size, age, at: std::time::Instant::now() }
    }

    /// How long ago it was signed.
    pub(crate) fn age(&self) -> Duration {
        self.age + self.at.elapsed()
    }
}

impl Evidence {
    /// Without a key: shows what other replicas signed.
    pub(crate) fn unsigned(
        log: &EventLog,
        trust: &Trust,
        known: Vec<VerifierKey>,
        memory_bytes: usize,
    ) -> Self {
        let tree = Tree::new(log.clone(), trust.clone(), memory_bytes);
        let checkpoints = Checkpoints::new(log.clone(), trust.clone());
        Self { log: log.clone(), tree, checkpoints, keys: known.into(), signing: None }
    }

    /// With the task that signs, which is to be run; `known` are keys that signed before.
    pub(crate) fn signing(
        log: &EventLog,
        signing: Signing,
        known: Vec<VerifierKey>,
        memory_bytes: usize,
    ) -> (Self, Signer) {
        let ask = Arc::new(Notify::new());
        let (standing, watched) = watch::channel(Standing::default());
        let own = signing.keys.iter().map(|it| it.verifier().clone());
        let keys = own.chain(known).collect();
        let tree = Tree::new(log.clone(), signing.trust.clone(), memory_bytes);
        let checkpoints = Checkpoints::new(log.clone(), signing.trust.clone());
        let signer = Signer::new(log.clone(), tree.clone(), signing, ask.clone(), standing);
        let signing = Some(Asking { ask, standing: watched });
        (Self { log: log.clone(), tree, checkpoints, keys, signing }, signer)
    }

    /// Refuses what nobody could verify: a log that is not the one that was signed, one that can't be signed now, or a
    /// checkpoint by keys that this process does not know.
    pub(crate) async fn check_verifiable(&self) -> Result<(), Error> {
        let size = Position(self.log.head().size.max(1));
        let newest = self.at_least(size.0).await?.ok_or(Error::NotFound(Unknown::Signature(size)))?;
        let known = Checkpoint::open(&newest.note, &self.keys).is_ok();
        if known { Ok(()) } else { Err(Error::NotFound(Unknown::VerifierKey)) }
    }

    /// The public keys that are known to have signed: those of this process, and those that it was told.
    pub(crate) fn keys(&self) -> &[VerifierKey] {
        &self.keys
    }

    /// The siblings on the way from a leaf (from 0) to the root of the log at a size that it has reached.
    pub(crate) async fn proof(&self, index: u64, size: u64) -> Result<Vec<Hash>, Error> {
        Ok(self.tree.way(index, size).await?.siblings)
    }

    /// The same for several leaves, read together.
    pub(crate) async fn proofs(&self, indices: &[u64], size: u64) -> Result<Vec<Vec<Hash>>, Error> {
        self.tree.inclusions(indices, size).await
    }

    /// A tile as wide as it is named.
    pub(crate) async fn tile(&self, id: TileId) -> Result<Arc<TileNodes>, Error> {
        self.tree.tile(id).await
    }

    /// How signing stands; none where this process does not sign.
    pub(crate) fn standing(&self) -> Option<watch::Receiver<Standing>> {
        self.signing.as_ref().map(|it| it.standing.clone())
    }

    /// The newest checkpoint; a ledger's first one is waited for.
    async fn newest(&self) -> Result<StoredCheckpoint, Error> {
        self.at_least(1).await?.ok_or(Error::NotFound(Unknown::Checkpoint(None)))
    }

    /// The checkpoint of exactly this size.
    async fn at(&self, size: Position) -> Result<Arc<OpenedCheckpoint>, Error> {
        let stored = self.checkpoints.at(size.0).await?;
        stored.ok_or(Error::NotFound(Unknown::Checkpoint(Some(size))))
    }

    /// A checkpoint that signs at least this much: signed now where there is none. None where that takes too long.
    pub(crate) async fn at_least(&self, size: u64) -> Result<Option<StoredCheckpoint>, Error> {
        let end = Instant::now() + CHECKPOINT_WAIT_MAX;
        loop {
            self.refuse_fork()?;
            let newest = self.log.newest_checkpoint().await?.filter(|it| it.size >= size);
            if newest.is_some() || Instant::now() >= end {
                return Ok(newest);
            }
            let Some(Asking { ask, standing }) = &self.signing else {
                sleep(LOOK_EVERY).await;
                continue;
            };
            ask.notify_one();
            let mut standing = standing.clone();
            let signed = standing.wait_for(|it| it.newest >= size || it.forked.is_some());
            // Late or not: what there is is looked at once more.
            let is_signed = timeout_at(end, signed).await.is_ok();
            if is_signed && self.log.newest_checkpoint().await?.is_none_or(|it| it.size < size) {
                // What this process signed is there no more: the log was taken back.
                sleep(LOOK_EVERY).await;
            }
        }
    }

    fn refuse_fork(&self) -> Result<(), Error> {
        let forked = self.signing.as_ref().and_then(|it| it.standing.borrow().forked);
        forked.map_or(Ok(()), |signed| Err(Error::LogForked { signed: Position(signed) }))
    }
}
