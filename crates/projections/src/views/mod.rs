//! The SQL read models: what lists page through, and the snapshot that a start reads instead of the whole log.

mod audit;
mod compare;
mod error;
mod fold;
mod lease;
mod lines;
mod lists;
mod load;
mod making;
pub(crate) mod postgres;
mod rebuild;
mod requests;
mod restore;
mod rows;
mod snapshot;
pub(crate) mod sqlite;
pub(crate) mod tables;
mod touched;
mod upsert;
mod vault;
mod write;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use assent_domain::values::Position;
use assent_event_log::{Database, EventLog, again_if_broken, on_database};
use sqlx::AssertSqlSafe;

pub(crate) use audit::audit_walked;
pub use audit::{Alike, RequestKeys, Unlike, audit};
pub use error::ViewsError;
pub(crate) use lease::Lease;
pub use lists::{EventQuery, ListQuery, Listed};
pub(crate) use load::catalogue;
pub(crate) use making::Making;
pub(crate) use rows::{CustomerRow, PartnerRow, RelationshipRow, Rows};
pub(crate) use touched::Touched;

/// The projection's name.
pub const NAME: &str = "current-status";
/// The edition of its rows. Rows of another edition are thrown away and made anew.
pub const EDITION: i64 = 4;

const POSITION: &str = "SELECT position FROM @projections WHERE name = $1 AND edition = $2";

/// The read models of a ledger. Clones share everything.
#[derive(Clone, Debug)]
pub struct Views {
    database: Database,
    /// Which rebuild of them is read; a file holds one only.
    generation: Arc<AtomicI64>,
}

impl Views {
    /// Opens the read models of this log, and makes them where there are none.
    pub async fn open(log: &EventLog) -> Result<Self, ViewsError> {
        match log.database() {
            Database::Sqlite(sqlite) => sqlite::open(&sqlite::views_file(&sqlite.file)).await,
            Database::Postgres(postgres) => {
                let generation = postgres::current_or_first(postgres).await?;
                Ok(Self::of(log.database().clone(), generation))
            }
        }
    }

    /// Opens them to read only, beside the server that maintains them.
    pub async fn open_read_only(log: &EventLog) -> Result<Self, ViewsError> {
        match log.database() {
            Database::Sqlite(sqlite) => sqlite::open_read_only(&sqlite::views_file(&sqlite.file)).await,
            Database::Postgres(postgres) => {
                let generation = postgres::current(postgres).await?.ok_or(ViewsError::Missing)?;
                Ok(Self::of(log.database().clone(), generation))
            }
        }
    }

    fn of(database: Database, generation: i64) -> Self {
        Self { database, generation: Arc::new(AtomicI64::new(generation)) }
    }

    /// The last position applied; START where nothing was. Where a rebuild has taken the place of these read models,
    /// they are read from now on.
    pub async fn position(&self) -> Result<Position, ViewsError> {
        self.look_for_rebuild().await?;
        let position: sqlx::Result<Option<i64>> = again_if_broken!(&self.database, readers => {
            sqlx::query_scalar(self.text(POSITION)).bind(NAME).bind(EDITION).fetch_optional(readers).await
        });
        let position =
            position.map_err(|source| ViewsError::Read { what: "the projection's position", source })?;
        Ok(Position(position.map_or(0, |it| it as u64)))
    }

    /// Reads from now on what has taken the place of these read models, where a rebuild has.
    async fn look_for_rebuild(&self) -> Result<(), ViewsError> {
        if let Database::Postgres(postgres) = &self.database
            && let Some(generation) = postgres::current(postgres).await?
        {
            self.generation.store(generation, Ordering::Relaxed);
        }
        Ok(())
    }

    /// How many rows each table has.
    pub async fn row_counts(&self) -> Result<Vec<(String, u64)>, ViewsError> {
        let mut counts = Vec::new();
        for table in TABLES {
            let statement = self.text(&format!("SELECT COUNT(*) FROM @{table}"));
            let count: sqlx::Result<i64> = on_database!(&self.database, readers => {
                sqlx::query_scalar(statement).fetch_one(readers).await
            });
            let count =
                count.map_err(|source| ViewsError::Read { what: "how many rows there are", source })?;
            counts.push((table.to_owned(), count as u64));
        }
        Ok(counts)
    }

    /// Makes the indexes of a file that are not there; on a server they always are.
    pub(crate) async fn make_indexes(&self) -> Result<(), ViewsError> {
        match &self.database {
            Database::Sqlite(sqlite) => sqlite::make_indexes(sqlite).await,
            Database::Postgres(_) => Ok(()),
        }
    }

    /// Closes every connection of a file; those to a server are the log's.
    pub async fn close(&self) {
        if let Database::Sqlite(sqlite) = &self.database {
            sqlite.readers.close().await;
            sqlite.writer.close().await;
        }
    }

    /// What stands before a table's name.
    fn prefix(&self) -> String {
        match &self.database {
            Database::Sqlite(_) => String::new(),
            Database::Postgres(_) => {
                format!("{}.", postgres::schema(self.generation.load(Ordering::Relaxed)))
            }
        }
    }

    /// A statement in which each table is written `@table`.
    fn text(&self, statement: &str) -> AssertSqlSafe<String> {
        AssertSqlSafe(statement.replace('@', &self.prefix()))
    }
}

/// Every table of rows.
pub(crate) const TABLES: [&str; 7] =
    ["partners", "customers", "relationships", "acceptances", "obligations", "evidence", "event_index"];
