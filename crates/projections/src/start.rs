//! Starting: the snapshot and the events after it, or the whole log where there is no snapshot.

use assent_domain::policy::RULES_EDITION;
use assent_domain::values::Position;
use assent_domain::{Facts, evolve};
use assent_event_log::{EventLog, ReadError};

use crate::decode::{DecodeError, Decoded, decode};
use crate::index::Index;
use crate::maintain::is_catalogue;
use crate::views::Rows;
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

/// Reads the snapshot, folds the events after it, and writes their rows.
pub async fn start(
    log: &EventLog,
    views: Views,
    mut progress: impl FnMut(u64, u64),
) -> Result<Started, StartError> {
    let first = log.entry(1).await?.ok_or(StartError::Empty)?;
    // Whatever the snapshot says: a format that is not known here ends the start.
    decode(log, std::slice::from_ref(&first)).await?;
    let head = log.head().size;
    let loaded = load(log, &views, &first.leaf_hash, head).await?;
    let (mut index, mut catalogue_events) = match loaded {
        Some(loaded) => loaded,
        None => {
            views.clear(&first.leaf_hash).await?;
            (Index::default(), Vec::new())
        }
    };
    let snapshot = index_position(&index);
    loop {
        let from = index_position(&index);
        progress(from.0, head);
        if from.0 >= head {
            break;
        }
        let entries = log.read(from.0 + 1, head, CATCH_UP_EVENTS).await?;
        if entries.is_empty() {
            return Err(missing(head).into());
        }
        let events = decode(log, &entries).await?;
        for Decoded { recorded, .. } in &events {
            evolve(&mut index, recorded);
            if is_catalogue(&recorded.event) {
                catalogue_events.push(recorded.position.0);
            }
        }
        views.write(from, &Rows::of(&index, &events, &catalogue_events)).await?;
    }
    let position = index_position(&index);
    let index = SharedIndex::new(index);
    let maintainer = Maintainer::new(index.clone(), views, position, catalogue_events);
    Ok(Started { index, maintainer, snapshot })
}

fn index_position(index: &Index) -> Position {
    index.ledger().applied
}

async fn load(
    log: &EventLog,
    views: &Views,
    ledger: &[u8],
    head: u64,
) -> Result<Option<(Index, Vec<u64>)>, StartError> {
    let Some(snapshot) = views.snapshot(ledger).await? else { return Ok(None) };
    // Read models ahead of the log are of a log that was restored from a backup: they say what never was.
    if snapshot.position.0 > head {
        return Ok(None);
    }
    let mut catalogue = Vec::new();
    for position in &snapshot.catalogue_events {
        let entries = log.read(*position, *position, 1).await?;
        catalogue.extend(decode(log, &entries).await?.into_iter().map(|it| it.recorded));
    }
    let index = views.load(&snapshot, &catalogue).await?;
    // An edition of the rules that is not known here: folding the log stops at the event that activated it.
    let index = index.filter(|it| it.ledger().rules_edition <= RULES_EDITION);
    Ok(index.map(|it| (it, snapshot.catalogue_events)))
}

/// A hole in the log is never taken for its end.
pub(crate) const fn missing(size: u64) -> ReadError {
    ReadError::Inconsistent { size, finding: "an entry before its end is missing" }
}
