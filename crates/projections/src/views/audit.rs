//! The log's meaning, and the rows that were made of it, checked in one fold from the first event.

use assent_domain::Event;
use assent_domain::values::Position;
use assent_event_log::{Database, EventLog, RequestKey, on_database};

use super::compare;
use super::fold::Fold;
use super::{EDITION, NAME, TABLES, Views, ViewsError};
use crate::start::StartError;

const ROWS_AT_ONCE: i64 = 4_096;

const EDITIONS: &str = "SELECT edition FROM @projections WHERE name = $1";
const OWN: &str = "SELECT position, leaf_hash, state FROM @projections WHERE name = $1 AND edition = $2";

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
}

/// The keys under which an event's request may be stored; the text is its request id. How they are made is known where
/// requests are carried out.
pub type RequestKeys = fn(&Event, &str) -> Vec<RequestKey>;

/// Folds the log, and checks on the way that each event's stream, revision and links are those that its prefix gives,
/// and that each request that was carried out is stored under its key; at the read models' position, that each row is
/// what the fold says, and that none is missing.
pub async fn audit(
    log: &EventLog,
    views: Option<&Views>,
    keys: RequestKeys,
    mut progress: impl FnMut(u64, u64),
) -> Result<Result<Alike, Unlike>, StartError> {
    let head = log.head().size;
    let mut fold = Fold::begun(log, keys);
    let read_models = match views {
        Some(views) => match views.compare(&mut fold, head, &mut progress).await? {
            Ok(position) => position.map(|it| it.0),
            Err(unlike) => return Ok(Err(unlike)),
        },
        None => None,
    };
    while fold.applied() < head {
        progress(fold.applied(), head);
        if let Err(unlike) = fold.step(head).await? {
            return Ok(Err(unlike));
        }
    }
    progress(head, head);
    if let Some(unlike) = fold.stray_requests().await? {
        return Ok(Err(unlike));
    }
    Ok(Ok(Alike { events: head, read_models }))
}

/// Compares a table page by page: `$row` is what one row must satisfy, `$key` what the next page begins after.
macro_rules! table {
    ($views:expr, $snapshot:expr, $table:literal, $text:expr, $row:ident : $type:ty, $first:expr, $key:expr,
     $position:expr, $is_right:expr) => {{
        let (mut after, mut count) = ($first, 0_usize);
        loop {
            let mut query = sqlx::query_as::<_, $type>($views.text($text));
            for value in &after {
                query = query.bind(value.clone());
            }
            let page = query.bind(ROWS_AT_ONCE).fetch_all(&mut *$snapshot).await.map_err(failed)?;
            for $row in &page {
                if !$is_right {
                    let what = format!("a row of `{}` is not what the log says", $table);
                    return Ok(Err(Unlike { position: $position, what }));
                }
            }
            count += page.len();
            let Some($row) = page.last().filter(|_| page.len() as i64 == ROWS_AT_ONCE) else { break };
            after = $key;
        }
        count
    }};
}

impl Views {
    /// Whether a table is there.
    fn exists(&self) -> &'static str {
        match &self.database {
            Database::Sqlite(_) => "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = $1)",
            Database::Postgres(_) => "SELECT to_regclass($1) IS NOT NULL",
        }
    }

    /// Folds up to the read models' position and compares every row, all of it in one state of the read models. None:
    /// there are no read models of this edition.
    async fn compare(
        &self,
        fold: &mut Fold<'_>,
        head: u64,
        progress: &mut impl FnMut(u64, u64),
    ) -> Result<Result<Option<Position>, Unlike>, StartError> {
        self.look_for_rebuild().await?;
        on_database!(&self.database, writer => {
            let mut snapshot = writer.begin_with(self.database.begin_snapshot()).await.map_err(failed)?;
            for table in ["projections"].into_iter().chain(TABLES) {
                let there: bool = sqlx::query_scalar(self.text(self.exists()))
                    .bind(format!("{}{table}", self.prefix()))
                    .fetch_one(&mut *snapshot)
                    .await
                    .map_err(failed)?;
                if !there {
                    return Ok(Err(Unlike { position: 0, what: format!("the table `{table}` is missing") }));
                }
                if table == "projections" {
                    let editions: Vec<i64> = sqlx::query_scalar(self.text(EDITIONS))
                        .bind(NAME)
                        .fetch_all(&mut *snapshot)
                        .await
                        .map_err(failed)?;
                    // Those of another edition alone are none, and have other columns: the next start makes this one's.
                    if !editions.is_empty() && !editions.contains(&EDITION) {
                        return Ok(Ok(None));
                    }
                }
            }
            let own: Option<(i64, Vec<u8>, Vec<u8>)> = sqlx::query_as(self.text(OWN))
                .bind(NAME)
                .bind(EDITION)
                .fetch_optional(&mut *snapshot)
                .await
                .map_err(failed)?;
            let position = own.as_ref().map_or(0, |it| it.0 as u64);
            if position > head {
                let what = "the read models are ahead of the log: they are another log's".to_owned();
                return Ok(Err(Unlike { position, what }));
            }
            while fold.applied() < position {
                progress(fold.applied(), head);
                let from = fold.applied() as i64;
                let events = match fold.step(position).await? {
                    Ok(events) => events,
                    Err(unlike) => return Ok(Err(unlike)),
                };
                let rows: Vec<compare::Event> = sqlx::query_as(self.text(compare::EVENTS))
                    .bind(from)
                    .bind(events.len() as i64)
                    .fetch_all(&mut *snapshot)
                    .await
                    .map_err(failed)?;
                let wrong = events.iter().enumerate().find(|(place, event)| {
                    !rows.get(*place).is_some_and(|row| compare::event(event, row))
                });
                if let Some((_, event)) = wrong {
                    let what = "a row of `event_index` is not what the log says".to_owned();
                    return Ok(Err(Unlike { position: event.recorded.position.0, what }));
                }
            }
            if let Some((_, leaf_hash, state)) = own.filter(|_| position > 0)
                && (leaf_hash[..] != fold.leaf_hash || state != fold.state())
            {
                let what = "the row of `projections` is not what the log says".to_owned();
                return Ok(Err(Unlike { position, what }));
            }
            let index = &fold.index;
            let counts = [
                table!(self, snapshot, "partners", compare::PARTNERS, row: compare::Partner,
                    [String::new()], [row.0.clone()], 0, compare::partner(index, row)),
                table!(self, snapshot, "customers", compare::CUSTOMERS, row: compare::Customer,
                    [String::new()], [row.0.clone()], 0, compare::customer(index, row)),
                table!(self, snapshot, "relationships", compare::RELATIONSHIPS, row: compare::RelationshipColumns,
                    [String::new(), String::new()], [row.0.clone(), row.1.clone()], 0,
                    compare::relationship(index, row)),
                table!(self, snapshot, "acceptances", compare::ACCEPTANCES, row: compare::Acceptance,
                    [0_i64], [row.0], row.0 as u64, compare::acceptance(index, row)),
                table!(self, snapshot, "obligations", compare::OBLIGATIONS, row: compare::Obligation,
                    [0_i64], [row.0], row.0 as u64, compare::obligation(index, row)),
                table!(self, snapshot, "evidence", compare::EVIDENCE, row: compare::Evidence,
                    [0_i64], [row.0], row.0 as u64, compare::evidence(index, row)),
            ];
            let events: i64 = sqlx::query_scalar(self.text("SELECT COUNT(*) FROM @event_index"))
                .fetch_one(&mut *snapshot)
                .await
                .map_err(failed)?;
            let found = counts.into_iter().chain([events as usize]);
            for ((found, expected), table) in found.zip(compare::counts(index)).zip(TABLES) {
                if found != expected {
                    let what = format!("`{table}` has {found} rows, and the log makes {expected}");
                    return Ok(Err(Unlike { position: 0, what }));
                }
            }
            snapshot.commit().await.map_err(failed)?;
            Ok(Ok(Some(Position(position))))
        })
    }
}

fn failed(source: sqlx::Error) -> ViewsError {
    ViewsError::Read { what: "the read models", source }
}
