//! The log's meaning, and the rows that were made of it, checked in one fold from the first event.

use std::collections::HashSet;

use assent_domain::Event;
use assent_domain::privacy::KeyId;
use assent_domain::values::Position;
use assent_event_log::{EventLog, RequestKey, StoredEntry};
use tokio::sync::mpsc;

use super::compare;
use super::fold::Fold;
use super::snapshot::{Part, reading};
use super::vault::Vault;
use super::{TABLES, Views, ViewsError};
use crate::start::StartError;

/// The first thing found that is not what the log says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unlike {
    /// The position in the log; 0 where it is a row of no position.
    pub position: u64,
    /// What is wrong.
    pub what: String,
}

/// A log whose events are what their prefixes say, with read models that are what the log says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alike {
    /// The number of events.
    pub events: u64,
    /// The position of the read models that were compared; none: there are none yet.
    pub read_models: Option<u64>,
    /// How many rows the vault has beside those that it should have: of events that a log which was taken back has lost.
    pub unknown_vault_rows: u64,
}

/// The keys under which an event's request may be stored; the text is its request id. How they are made is known where
/// requests are carried out.
pub type RequestKeys = fn(&Event, &str) -> Vec<RequestKey>;

/// Folds the log, and checks on the way that each event's stream, revision and links are those that its prefix gives,
/// and that each request that was carried out is stored under its key; at the read models' position, that each row is
/// what the fold says, and that none is missing; and that the vault has the row of all that was sealed and not erased, and
/// none of what was.
pub async fn audit(
    log: &EventLog,
    views: Option<&Views>,
    keys: RequestKeys,
    progress: impl FnMut(u64, u64),
) -> Result<Result<Alike, Unlike>, StartError> {
    run(log, views, keys, &HashSet::new(), None, progress).await
}

/// The same, of entries that somebody else reads and checks meanwhile, and passes on from the first one. He tells how far
/// it is.
pub(crate) async fn audit_walked(
    log: &EventLog,
    views: Option<&Views>,
    keys: RequestKeys,
    erased: &HashSet<KeyId>,
    walked: mpsc::Receiver<Vec<StoredEntry>>,
) -> Result<Result<Alike, Unlike>, StartError> {
    run(log, views, keys, erased, Some(walked), |_, _| {}).await
}

async fn run(
    log: &EventLog,
    views: Option<&Views>,
    keys: RequestKeys,
    erased: &HashSet<KeyId>,
    walked: Option<mpsc::Receiver<Vec<StoredEntry>>>,
    mut progress: impl FnMut(u64, u64),
) -> Result<Result<Alike, Unlike>, StartError> {
    let vault = Vault::begun(log).await?;
    // Servers may have appended since the log was opened.
    let head = if vault.size() > log.head().size { log.refresh().await?.size } else { log.head().size };
    let mut fold = Fold::begun(log, keys, vault, walked);
    let read_models = match views {
        Some(views) => match views.compare(log, &mut fold, &mut progress).await? {
            Ok(position) => position.map(|it| it.0),
            Err(unlike) => return Ok(Err(unlike)),
        },
        None => None,
    };
    while let Some(to) = fold.end(head).await {
        progress(fold.applied(), head.max(fold.applied()));
        if let Err(unlike) = fold.step(to).await? {
            return Ok(Err(unlike));
        }
    }
    progress(head, head);
    if let Some(unlike) = fold.stray_requests().await? {
        return Ok(Err(unlike));
    }
    let events = fold.applied();
    let compared = fold.vault(keys, erased).await?;
    Ok(compared.map(|unknown_vault_rows| Alike { events, read_models, unknown_vault_rows }))
}

impl Views {
    /// Folds up to the read models' position and compares every row, all of it in one state of the read models. None:
    /// there are no read models of this edition.
    async fn compare(
        &self,
        log: &EventLog,
        fold: &mut Fold<'_>,
        progress: &mut impl FnMut(u64, u64),
    ) -> Result<Result<Option<Position>, Unlike>, StartError> {
        self.look_for_rebuild().await?;
        let mut parts = reading(self);
        let own = match next(&mut parts).await? {
            Part::Own(own) => own,
            Part::Missing(table) => return Ok(Err(unlike(0, format!("the table `{table}` is missing")))),
            _ => return Ok(Ok(None)),
        };
        let position = own.as_ref().map_or(0, |it| it.1 as u64);
        // Servers may have appended and written rows since the log was opened.
        if position > log.head().size && position > log.refresh().await?.size {
            let what = "the read models are ahead of the log: they are another log's".to_owned();
            return Ok(Err(unlike(position, what)));
        }
        if let Some((ledger, ..)) = &own
            && let Some(first) = log.entry(1).await?
            && ledger[..] != first.leaf_hash
        {
            let what =
                "the row of `projections` names another log in `ledger`: the read models are not this one's";
            return Ok(Err(unlike(0, what.to_owned())));
        }
        // How many rows were compared.
        let mut compared = [0; TABLES.len()];
        let counts = loop {
            match next(&mut parts).await? {
                Part::Events { count, lines } => {
                    progress(fold.applied(), position);
                    let events = match fold.step(position).await? {
                        Ok(events) => events,
                        Err(unlike) => return Ok(Err(unlike)),
                    };
                    if let Some((position, table)) = compare::event_that_differs(&events, count, &lines) {
                        return Ok(Err(wrong_row(position, table)));
                    }
                    compared[TABLES.len() - 1] += count;
                    if fold.applied() == position
                        && let Some((.., leaf_hash, state)) = &own
                        && (leaf_hash[..] != fold.leaf_hash || *state != fold.state())
                    {
                        let what = "the row of `projections` is not what the log says".to_owned();
                        return Ok(Err(unlike(position, what)));
                    }
                }
                Part::Rows { table, count, lines } => {
                    if let Some(position) = compare::row_that_differs(&fold.index, table, count, &lines) {
                        return Ok(Err(wrong_row(position, table.name)));
                    }
                    compared[table.place] += count;
                }
                Part::End { rows } => break rows,
                Part::Own(_) | Part::Missing(_) | Part::OtherEdition => {}
            }
        };
        if let Some(what) =
            compare::count_that_differs(&fold.index, counts, compare::without_acceptances(compared))
        {
            return Ok(Err(unlike(0, what)));
        }
        Ok(Ok(Some(Position(position))))
    }
}

async fn next(parts: &mut mpsc::Receiver<sqlx::Result<Part>>) -> Result<Part, ViewsError> {
    let ended = || sqlx::Error::Io(std::io::Error::other("the task that reads them ended"));
    let part = parts.recv().await.unwrap_or_else(|| Err(ended()));
    part.map_err(|source| ViewsError::Read { what: "the read models", source })
}

fn wrong_row(position: u64, table: &str) -> Unlike {
    unlike(position, format!("a row of `{table}` is not what the log says"))
}

const fn unlike(position: u64, what: String) -> Unlike {
    Unlike { position, what }
}
