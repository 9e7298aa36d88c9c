//! One state of the read models, read from end to end by a task of its own, as fast as it is compared.

use assent_event_log::{Database, on_database};
use tokio::sync::mpsc;

use super::lines::{After, PAGED, Table, events};
use super::{EDITION, NAME, TABLES, Views};

/// How many rows make a page; of `event_index`, how many positions.
pub(super) const ROWS_AT_ONCE: u64 = super::fold::EVENTS_AT_ONCE;
/// How many pages wait to be compared.
const PAGES_WAITING: usize = 4;

const EDITIONS: &str = "SELECT edition FROM @projections WHERE name = $1";
const OWN: &str =
    "SELECT ledger, position, leaf_hash, state FROM @projections WHERE name = $1 AND edition = $2";

/// The row of `projections`: leaf hash of the first event of the log that these are of, position, leaf hash of the event
/// there, what concerns the ledger as a whole.
pub(super) type Own = (Vec<u8>, i64, Vec<u8>, Vec<u8>);

/// What is read, in this order: the own row, the pages of `event_index` up to its position, those of the other tables, and
/// how many rows each table has: pages begin behind a place, and rows can lie before it that nothing ever wrote there.
pub(super) enum Part {
    /// This table is not there. Nothing follows.
    Missing(&'static str),
    /// There are none of this edition. Nothing follows.
    OtherEdition,
    Own(Option<Own>),
    Events {
        count: usize,
        lines: String,
    },
    Rows {
        table: Table,
        count: usize,
        lines: String,
    },
    End {
        /// In the order of [`TABLES`].
        rows: [usize; TABLES.len()],
    },
}

/// Begins to read.
pub(super) fn reading(views: &Views) -> mpsc::Receiver<sqlx::Result<Part>> {
    let (parts, taken) = mpsc::channel(PAGES_WAITING);
    let views = views.clone();
    tokio::spawn(async move {
        if let Err(error) = read(&views, &parts).await
            && !parts.is_closed()
        {
            let _ = parts.send(Err(error)).await;
        }
    });
    taken
}

/// A page of a table, behind a place in it.
macro_rules! page {
    ($views:expr, $snapshot:expr, $table:expr, $after:expr) => {{
        let query = sqlx::query_as::<_, (i64, Option<String>)>($views.text(&$table.page(&$views.database)));
        let query = match $after {
            After::Position(position) => query.bind(position),
            After::Text(key) => query.bind(key),
            After::Texts(first, second) => query.bind(first).bind(second),
        };
        let (count, lines) = query.bind(ROWS_AT_ONCE as i64).fetch_one(&mut *$snapshot).await?;
        (count as usize, lines.unwrap_or_default())
    }};
}

/// Reads everything, or until nobody takes it any more.
async fn read(views: &Views, parts: &mpsc::Sender<sqlx::Result<Part>>) -> sqlx::Result<()> {
    let take = async |part| parts.send(Ok(part)).await.map_err(|_| sqlx::Error::WorkerCrashed);
    on_database!(&views.database, writer => {
        let mut snapshot = writer.begin_with(views.database.begin_snapshot()).await?;
        for table in ["projections"].into_iter().chain(TABLES) {
            let name = format!("{}{table}", views.prefix());
            let exists = sqlx::query_scalar(views.text(exists(&views.database))).bind(name);
            if !exists.fetch_one(&mut *snapshot).await? {
                return take(Part::Missing(table)).await;
            }
            if table == "projections" {
                let editions = sqlx::query_scalar(views.text(EDITIONS)).bind(NAME);
                let editions: Vec<i64> = editions.fetch_all(&mut *snapshot).await?;
                // Those of another edition alone are none, and have other columns: the next start makes this one's.
                if !editions.is_empty() && !editions.contains(&EDITION) {
                    return take(Part::OtherEdition).await;
                }
            }
        }
        let own = sqlx::query_as(views.text(OWN)).bind(NAME).bind(EDITION);
        let own: Option<Own> = own.fetch_optional(&mut *snapshot).await?;
        let position = own.as_ref().map_or(0, |it| it.1 as u64);
        take(Part::Own(own)).await?;
        let statement = events(&views.database);
        for from in (0..position).step_by(ROWS_AT_ONCE as usize) {
            let to = position.min(from + ROWS_AT_ONCE);
            let query = sqlx::query_as(views.text(&statement)).bind(from as i64).bind(to as i64);
            let (count, lines): (i64, Option<String>) = query.fetch_one(&mut *snapshot).await?;
            take(Part::Events { count: count as usize, lines: lines.unwrap_or_default() }).await?;
        }
        for table in PAGED {
            let mut next = Some(table.first());
            while let Some(after) = next {
                let (count, lines) = page!(views, snapshot, table, after);
                next = table.behind(&lines).filter(|_| count as u64 == ROWS_AT_ONCE);
                take(Part::Rows { table, count, lines }).await?;
            }
        }
        let mut rows = [0; TABLES.len()];
        for (rows, table) in rows.iter_mut().zip(TABLES) {
            let count = sqlx::query_scalar(views.text(&format!("SELECT COUNT(*) FROM @{table}")));
            let count: i64 = count.fetch_one(&mut *snapshot).await?;
            *rows = count as usize;
        }
        take(Part::End { rows }).await?;
        snapshot.commit().await
    })
}

/// Whether a table is there.
const fn exists(database: &Database) -> &'static str {
    match database {
        Database::Sqlite(_) => "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = $1)",
        Database::Postgres(_) => "SELECT to_regclass($1) IS NOT NULL",
    }
}
