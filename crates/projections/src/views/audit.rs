//! The log's meaning, and the rows that were made of it, checked in one fold from the first event.

use assent_domain::stream::stamp_of;
use assent_domain::values::Position;
use assent_domain::{Facts, evolve};
use assent_event_log::{EventLog, on_database};
use tokio::task::JoinHandle;

use super::compare;
use super::{EDITION, NAME, TABLES, Views, ViewsError};
use crate::decode::{DecodeError, Decoded, Stamped, decode_stamped};
use crate::index::Index;
use crate::start::{StartError, missing};

const EVENTS_AT_ONCE: usize = 1_024;
const ROWS_AT_ONCE: i64 = 4_096;

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

/// Folds the log, and checks on the way that each event's stream, revision and links are those that its prefix gives;
/// at the read models' position, that each row is what the fold says, and that none is missing.
pub async fn audit(
    log: &EventLog,
    views: Option<&Views>,
    mut progress: impl FnMut(u64, u64),
) -> Result<Result<Alike, Unlike>, StartError> {
    let head = log.head().size;
    let mut index = Index::default();
    let read_models = match views {
        Some(views) => match views.compare(log, &mut index, head, &mut progress).await? {
            Ok(position) => Some(position.0),
            Err(unlike) => return Ok(Err(unlike)),
        },
        None => None,
    };
    let mut pages = Pages::begin(log, index.ledger().applied.0, head);
    while index.ledger().applied.0 < head {
        progress(index.ledger().applied.0, head);
        if let Err(unlike) = step(&mut pages, &mut index).await? {
            return Ok(Err(unlike));
        }
    }
    progress(head, head);
    Ok(Ok(Alike { events: head, read_models }))
}

/// Events page by page, the next page being read and decoded while one is folded.
struct Pages {
    log: EventLog,
    /// Behind which position the page after the next begins, if the next is whole.
    after: u64,
    to: u64,
    next: JoinHandle<Result<Page, DecodeError>>,
}

type Page = Vec<(Decoded, Stamped)>;

impl Pages {
    fn begin(log: &EventLog, after: u64, to: u64) -> Self {
        let next = tokio::spawn(page(log.clone(), after, to));
        Self { log: log.clone(), after: after + EVENTS_AT_ONCE as u64, to, next }
    }

    async fn next(&mut self) -> Result<Page, StartError> {
        let following = tokio::spawn(page(self.log.clone(), self.after, self.to));
        self.after += EVENTS_AT_ONCE as u64;
        let page = std::mem::replace(&mut self.next, following).await;
        // It is never cancelled: where it ended early, it panicked, and so does whoever waits for it.
        Ok(page.unwrap_or_else(|ended| std::panic::resume_unwind(ended.into_panic()))?)
    }
}

async fn page(log: EventLog, after: u64, to: u64) -> Result<Page, DecodeError> {
    if after >= to {
        return Ok(Vec::new());
    }
    decode_stamped(&log, &log.read(after + 1, to, EVENTS_AT_ONCE).await?).await
}

/// Folds the next events and checks their stamps.
async fn step(pages: &mut Pages, index: &mut Index) -> Result<Result<Vec<Decoded>, Unlike>, StartError> {
    let page = pages.next().await?;
    let next = index.ledger().applied.0 + 1;
    if page.first().is_none_or(|(event, _)| event.recorded.position.0 != next) {
        return Err(missing(next).into());
    }
    let mut events = Vec::with_capacity(page.len());
    for (event, stamped) in page {
        if let Some(what) = stamp_difference(index, &event, &stamped) {
            let position = event.recorded.position.0;
            return Ok(Err(Unlike {
                position,
                what: format!("the event's {what} not what the events before it give"),
            }));
        }
        evolve(index, &event.recorded);
        events.push(event);
    }
    Ok(Ok(events))
}

fn stamp_difference(index: &Index, event: &Decoded, stored: &Stamped) -> Option<&'static str> {
    let expected = stamp_of(index, &event.recorded.event);
    let place = |it: Option<Position>| it.map(|it| it.0);
    let links = stored.links;
    let named = [links.stream, links.customer, links.partner, links.agreement, links.reseller];
    let given = &expected.links;
    let given = [given.stream, given.customer, given.partner, given.agreement, given.reseller].map(place);
    match () {
        () if stored.stream != expected.stream => Some("stream is"),
        () if stored.revision != expected.revision => Some("revision is"),
        () if named != given => Some("links are"),
        () => None,
    }
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
    /// Folds up to the read models' position and compares every row, all of it in one state of the read models.
    async fn compare(
        &self,
        log: &EventLog,
        index: &mut Index,
        head: u64,
        progress: &mut impl FnMut(u64, u64),
    ) -> Result<Result<Position, Unlike>, StartError> {
        self.position().await?;
        on_database!(&self.database, writer => {
            let mut snapshot = writer.begin_with(self.database.begin_snapshot()).await.map_err(failed)?;
            let position: Option<i64> = sqlx::query_scalar(self.text(super::POSITION))
                .bind(NAME)
                .bind(EDITION)
                .fetch_optional(&mut *snapshot)
                .await
                .map_err(failed)?;
            let position = position.map_or(0, |it| it as u64);
            if position > head {
                let what = "the read models are ahead of the log: they are another log's".to_owned();
                return Ok(Err(Unlike { position, what }));
            }
            let mut pages = Pages::begin(log, index.ledger().applied.0, position);
            while index.ledger().applied.0 < position {
                progress(index.ledger().applied.0, head);
                let from = index.ledger().applied.0 as i64;
                let events = match step(&mut pages, index).await? {
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
            let index = &*index;
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
            Ok(Ok(Position(position)))
        })
    }
}

fn failed(source: sqlx::Error) -> ViewsError {
    ViewsError::Read { what: "the read models", source }
}
