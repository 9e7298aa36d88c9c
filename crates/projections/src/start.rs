//! Starting: an image of the index or the rows of the read models, and the events after it; or the whole log where there
//! is neither.

use assent_domain::Facts;
use assent_domain::policy::RULES_EDITION;
use assent_domain::values::Position;
use assent_event_log::{EventLog, ReadError};

use crate::decode::{DecodeError, Decoded, LeafHash, decode};
use crate::folding::Folding;
use crate::prefix::Prefix;
use crate::shared::{PENDING_EVENTS_MAX, Pending};
use crate::views::{Lease, Rows};
use crate::{EDITION, Image, Maintainer, SharedIndex, Views, ViewsError};

/// How many events are read and written at once while catching up.
const CATCH_UP_EVENTS: usize = 4_096;

/// What a start makes.
#[derive(Debug)]
pub struct Started {
    /// The index at the log's head.
    pub index: SharedIndex,
    /// Keeps the read models at the index's position; to be run as a task.
    pub maintainer: Maintainer,
    /// What it began with.
    pub began: Began,
    /// The position of the snapshot that was read, image or rows; START where the whole log was folded.
    pub snapshot: Position,
    /// The position of the image, where there is one now: that was read, or that was written.
    pub image: Option<Position>,
}

/// What a start began with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Began {
    /// The log's first event: every fact was folded from it.
    Log,
    /// The rows of the read models.
    ReadModels,
    /// The index image.
    Image,
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
    /// The process is ending.
    #[error("the process is ending")]
    Ending,
}

/// Reads the snapshot, folds the events after it, and writes their rows where this process maintains the read models.
pub async fn start(
    log: &EventLog,
    views: Views,
    progress: impl FnMut(u64, u64),
) -> Result<Started, StartError> {
    start_with(log, views, None, progress).await
}

/// The same, from an image where there is one that goes with the log and the read models. Where everything was folded, an
/// image of it is written.
pub async fn start_with(
    log: &EventLog,
    views: Views,
    image: Option<&Image>,
    mut progress: impl FnMut(u64, u64),
) -> Result<Started, StartError> {
    let mut lease = views.try_lease().await?;
    let folded = match fold(log, &views, image, lease.as_mut(), &mut progress).await {
        // A rebuild has put others in the place of those that were being written.
        Err(StartError::Views(ViewsError::Fenced { .. })) if matches!(lease, Some(Lease::Postgres(_))) => {
            views.position().await?;
            fold(log, &views, image, lease.as_mut(), progress).await?
        }
        folded => folded?,
    };
    let Folded { mut prefix, began, snapshot, written, unwritten } = folded;
    let image = match (image, began) {
        (Some(image), Began::Log) => {
            let (back, at) = image.write_prefix(log, prefix).await;
            prefix = back.ok_or(StartError::Ending)?;
            at
        }
        (_, Began::Image) => Some(snapshot),
        (_, Began::Log | Began::ReadModels) => None,
    };
    let (index, pending) = shared(prefix, unwritten);
    let index = SharedIndex::new(index, pending);
    let maintainer = Maintainer::new(log.clone(), index.clone(), views, lease, written);
    Ok(Started { index, maintainer, began, snapshot, image })
}

/// Begins anew at the log's end, for a process that has read what the log no longer holds: the index is replaced.
pub async fn reload(log: &EventLog, views: &Views, index: &SharedIndex) -> Result<(), StartError> {
    let Folded { prefix, unwritten, .. } = fold(log, views, None, None, |_, _| {}).await?;
    let (anew, pending) = shared(prefix, unwritten);
    index.replace(anew, pending);
    Ok(())
}

/// The facts of the log's head.
struct Folded {
    prefix: Prefix,
    began: Began,
    /// Where that was.
    snapshot: Position,
    /// Where the read models are.
    written: Position,
    /// The events that they may not have.
    unwritten: Vec<Decoded>,
}

fn shared(prefix: Prefix, events: Vec<Decoded>) -> (assent_index::Index, Pending) {
    let Prefix { index, leaf_hash, catalogue_events } = prefix;
    (index, Pending { leaf_hash, events, catalogue_events })
}

async fn fold(
    log: &EventLog,
    views: &Views,
    image: Option<&Image>,
    mut lease: Option<&mut Lease>,
    mut progress: impl FnMut(u64, u64),
) -> Result<Folded, StartError> {
    let first = log.entry(1).await?.ok_or(StartError::Empty)?;
    // Whatever the snapshot says: a format that is not known here ends the start.
    decode(log, std::slice::from_ref(&first)).await?;
    let head = log.head().size;
    let (mut prefix, began, mut written) = begin(log, views, image, &first.leaf_hash).await?;
    let snapshot = prefix.position();
    match (began, lease.as_deref_mut()) {
        (Began::Log, Some(lease @ Lease::Sqlite)) => {
            prefix = Folding::anew(log, views, lease, head, &mut progress).await?.into_prefix();
            written = prefix.position();
        }
        // Whoever takes the lease over goes on where this process ended.
        (Began::Log, Some(lease)) => views.clear(EDITION, lease, &first.leaf_hash).await?,
        (Began::ReadModels | Began::Image, Some(_)) => views.make_indexes().await?,
        (_, None) => {}
    }
    // An image can be ahead of the rows, whose events are read again, or behind them.
    let mut read = prefix.position().min(written);
    let mut unwritten = Vec::new();
    loop {
        progress(read.0, head);
        if read.0 >= head {
            break;
        }
        let (events, leaf_hash) = next_events(log, read, head).await?;
        read = events.last().map_or(read, |it| it.recorded.position);
        prefix.apply(&events, leaf_hash);
        unwritten.extend(events.into_iter().filter(|it| it.recorded.position > written));
        match lease.as_deref_mut() {
            // They are written from the index, so that they are of exactly its position.
            Some(_) if read < prefix.position() || unwritten.is_empty() => {}
            Some(lease) => {
                let rows = Rows::of(&prefix.index, &unwritten, &prefix.catalogue_events, prefix.leaf_hash);
                views.write(lease, written, &rows).await?;
                written = prefix.position();
                unwritten.clear();
            }
            None => {
                // Another process writes these rows; what it has not written yet is kept, should it end before.
                written = views.position().await?;
                unwritten.retain(|it| it.recorded.position > written);
                // Very many are read from the log by whoever needs them.
                if unwritten.len() > PENDING_EVENTS_MAX {
                    unwritten.clear();
                }
            }
        }
    }
    Ok(Folded { prefix, began, snapshot, written, unwritten })
}

/// What a start begins with, and where the read models are.
async fn begin(
    log: &EventLog,
    views: &Views,
    image: Option<&Image>,
    ledger: &LeafHash,
) -> Result<(Prefix, Began, Position), StartError> {
    // Read models that are to be made anew need every event: then an image saves nothing.
    if let Some(image) = image
        && let Some(written) = views.standing(log, ledger).await?
        && let Some(prefix) = image.load(log, ledger, written).await
    {
        return Ok((prefix, Began::Image, written));
    }
    let loaded = views.load(log, ledger).await?;
    // An edition of the rules that is not known here: folding the log stops at the event that activated it.
    let loaded = loaded.filter(|it| it.index.ledger().rules_edition <= RULES_EDITION);
    Ok(match loaded {
        Some(prefix) => {
            let written = prefix.position();
            (prefix, Began::ReadModels, written)
        }
        None => (Prefix::default(), Began::Log, Position::START),
    })
}

/// The next events, with the leaf hash of the last one.
pub(crate) async fn next_events(
    log: &EventLog,
    from: Position,
    to: u64,
) -> Result<(Vec<Decoded>, LeafHash), StartError> {
    let entries = log.read(from.0 + 1, to, CATCH_UP_EVENTS).await?;
    let last = entries.last().ok_or(missing(to))?;
    Ok((decode(log, &entries).await?, last.leaf_hash))
}

/// A hole in the log is never taken for its end.
pub(crate) const fn missing(size: u64) -> ReadError {
    ReadError::Inconsistent { size, finding: "an entry before its end is missing" }
}
