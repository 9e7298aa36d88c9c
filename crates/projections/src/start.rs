//! Starting: the snapshot and the events after it, or the whole log where there is no snapshot.

use assent_domain::policy::RULES_EDITION;
use assent_domain::values::Position;
use assent_domain::{Facts, evolve};
use assent_event_log::{EventLog, ReadError};
use assent_index::Index;

use crate::decode::{DecodeError, Decoded, LeafHash, decode};
use crate::maintain::is_catalogue;
use crate::shared::Pending;
use crate::views::{Lease, Rows};
use crate::{Maintainer, SharedIndex, Views, ViewsError};

/// How many events are read and written at once while catching up.
const CATCH_UP_EVENTS: usize = 4_096;

/// What a start makes.
#[derive(Debug)]
pub struct Started {
    /// The index at the log's head.
    pub index: SharedIndex,
    /// Keeps the read models at the index's position; to be run as a task.
    pub maintainer: Maintainer,
    /// The position of the snapshot that was read; START where the whole log was folded.
    pub snapshot: Position,
}

/// Why projections could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The log could not be read.
    #[error("could not read the log")]
    Log(#[from] ReadError),
    /// The log holds what this binary does not understand.
    #[error("could not fold the log")]
    Decode(#[from] DecodeError),
    /// The read models could not be read or written.
    #[error("could not bring the read models up to date")]
    Views(#[from] ViewsError),
    /// The log has no events yet, so that nobody can say whose read models these are.
    #[error("the log has no events yet")]
    Empty,
}

/// Reads the snapshot, folds the events after it, and writes their rows where this process maintains the read models.
pub async fn start(
    log: &EventLog,
    views: Views,
    progress: impl FnMut(u64, u64),
) -> Result<Started, StartError> {
    let mut lease = views.try_lease().await?;
    let folded = fold(log, &views, lease.as_mut(), progress).await?;
    let Folded { index, pending, written, snapshot } = folded;
    let index = SharedIndex::new(index, pending);
    let maintainer = Maintainer::new(log.clone(), index.clone(), views, lease, written);
    Ok(Started { index, maintainer, snapshot })
}

/// Begins anew at the log's end, for a process that has read what the log no longer holds: the index is replaced.
pub async fn reload(log: &EventLog, views: &Views, index: &SharedIndex) -> Result<(), StartError> {
    let Folded { index: anew, pending, .. } = fold(log, views, None, |_, _| {}).await?;
    index.replace(anew, pending);
    Ok(())
}

/// An index at the log's head.
struct Folded {
    index: Index,
    /// What the read models may not have.
    pending: Pending,
    /// Where the read models are.
    written: Position,
    snapshot: Position,
}

async fn fold(
    log: &EventLog,
    views: &Views,
    mut lease: Option<&mut Lease>,
    mut progress: impl FnMut(u64, u64),
) -> Result<Folded, StartError> {
    let first = log.entry(1).await?.ok_or(StartError::Empty)?;
    // Whatever the snapshot says: a format that is not known here ends the start.
    decode(log, std::slice::from_ref(&first)).await?;
    let head = log.head().size;
    let loaded = views.load(log, &first.leaf_hash).await?;
    // An edition of the rules that is not known here: folding the log stops at the event that activated it.
    let loaded = loaded.filter(|(it, _)| it.ledger().rules_edition <= RULES_EDITION);
    let (mut index, mut pending) = match (loaded, lease.as_deref_mut()) {
        (Some(loaded), _) => loaded,
        (None, Some(lease)) => {
            views.clear(lease, &first.leaf_hash).await?;
            Default::default()
        }
        (None, None) => Default::default(),
    };
    let snapshot = index.ledger().applied;
    let mut written = snapshot;
    loop {
        let from = index.ledger().applied;
        progress(from.0, head);
        if from.0 >= head {
            break;
        }
        let (events, leaf_hash) = next_events(log, from, head).await?;
        apply(&mut index, &mut pending.catalogue_events, &events);
        pending.leaf_hash = leaf_hash;
        match lease.as_deref_mut() {
            Some(lease) => {
                let rows = Rows::of(&index, &events, &pending.catalogue_events, leaf_hash);
                views.write(lease, from, &rows).await?;
                written = index.ledger().applied;
            }
            None => {
                // Another process writes these rows; what it has not written yet is kept, should it end before.
                written = views.position().await?;
                pending.events.extend(events);
                pending.events.retain(|it| it.recorded.position > written);
            }
        }
    }
    Ok(Folded { index, pending, written, snapshot })
}

/// New read models being made from the log's first event.
pub(crate) struct Folding {
    index: Index,
    catalogue_events: Vec<u64>,
}

impl Folding {
    /// Begins with empty tables.
    pub(crate) async fn anew(log: &EventLog, views: &Views, lease: &mut Lease) -> Result<Self, StartError> {
        let first = log.entry(1).await?.ok_or(StartError::Empty)?;
        views.clear(lease, &first.leaf_hash).await?;
        Ok(Self { index: Index::default(), catalogue_events: Vec::new() })
    }

    /// How far it has got.
    pub(crate) fn position(&self) -> Position {
        self.index.ledger().applied
    }

    /// Folds and writes up to a position of the log.
    pub(crate) async fn to(
        &mut self,
        log: &EventLog,
        views: &Views,
        lease: &mut Lease,
        to: u64,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<(), StartError> {
        loop {
            let from = self.position();
            progress(from.0, to);
            if from.0 >= to {
                return Ok(());
            }
            let (events, leaf_hash) = next_events(log, from, to).await?;
            apply(&mut self.index, &mut self.catalogue_events, &events);
            let rows = Rows::of(&self.index, &events, &self.catalogue_events, leaf_hash);
            views.write(lease, from, &rows).await?;
        }
    }
}

/// The next events, with the leaf hash of the last one.
async fn next_events(
    log: &EventLog,
    from: Position,
    to: u64,
) -> Result<(Vec<Decoded>, LeafHash), StartError> {
    let entries = log.read(from.0 + 1, to, CATCH_UP_EVENTS).await?;
    let last = entries.last().ok_or(missing(to))?;
    Ok((decode(log, &entries).await?, last.leaf_hash))
}

fn apply(index: &mut Index, catalogue_events: &mut Vec<u64>, events: &[Decoded]) {
    for Decoded { recorded, .. } in events {
        evolve(index, recorded);
        if is_catalogue(&recorded.event) {
            catalogue_events.push(recorded.position.0);
        }
    }
}

/// A hole in the log is never taken for its end.
pub(crate) const fn missing(size: u64) -> ReadError {
    ReadError::Inconsistent { size, finding: "an entry before its end is missing" }
}
