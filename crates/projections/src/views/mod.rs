//! The SQL read models: what lists page through, and the snapshot that a start reads instead of the whole log.

mod error;
mod lists;
mod load;
mod rows;
mod write;

use std::path::PathBuf;
use std::str::FromStr;

use assent_domain::values::Position;
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

pub use error::ViewsError;
pub use lists::{EventQuery, ListQuery, Listed};
pub(crate) use rows::Rows;

/// The projection's name.
pub const NAME: &str = "current-status";
/// The edition of its rows. Rows of another edition are thrown away and made anew.
pub const EDITION: i64 = 1;

/// The read models of a ledger.
#[derive(Clone, Debug)]
pub struct Views {
    readers: SqlitePool,
    writer: SqlitePool,
}

/// Where the read models of a log lie: beside it.
pub(crate) fn views_file(database_url: &str) -> Option<PathBuf> {
    let rest = database_url.strip_prefix("sqlite:")?;
    let file = rest.strip_prefix("//").unwrap_or(rest);
    Some(PathBuf::from(format!("{file}.views")))
}

impl Views {
    /// Opens the read models beside this log, and makes them where there are none.
    pub async fn open(database_url: &str) -> Result<Self, ViewsError> {
        let path = views_file(database_url).ok_or(ViewsError::NoFile)?;
        match Self::connect_to(&path).await {
            Ok(views) => Ok(views),
            // Read models can be thrown away: a file that can't be used is made anew.
            Err(_) => {
                remove(&path)?;
                Self::connect_to(&path).await
            }
        }
    }

    /// Opens them to read only, beside the server that maintains them.
    pub async fn open_read_only(database_url: &str) -> Result<Self, ViewsError> {
        let path = views_file(database_url).ok_or(ViewsError::NoFile)?;
        let options = options(&path)?.create_if_missing(false).read_only(true);
        let open = |source| ViewsError::Open { path: path.clone(), source };
        let readers =
            SqlitePoolOptions::new().max_connections(1).connect_with(options).await.map_err(open)?;
        Ok(Self { writer: readers.clone(), readers })
    }

    /// Writes everything into the one file, so that it can be moved.
    pub(crate) async fn checkpoint(&self) -> Result<(), ViewsError> {
        let statement = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&self.writer).await;
        statement.map(|_| ()).map_err(|source| ViewsError::Write { what: "the read models' file", source })
    }

    /// Opens the read models in this file, and makes them where there are none.
    pub(crate) async fn connect_to(path: &std::path::Path) -> Result<Self, ViewsError> {
        let open = |source| ViewsError::Open { path: path.to_owned(), source };
        let options = options(path)?;
        let writer =
            SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await.map_err(open)?;
        sqlx::migrate!("migrations/sqlite").run(&writer).await.map_err(ViewsError::Migrate)?;
        let readers = SqlitePoolOptions::new().max_connections(4).connect_with(options.read_only(true));
        Ok(Self { readers: readers.await.map_err(open)?, writer })
    }

    /// The last position applied; START where nothing was.
    pub async fn position(&self) -> Result<Position, ViewsError> {
        let row: Option<(i64,)> =
            sqlx::query_as("SELECT position FROM projections WHERE name = $1 AND edition = $2")
                .bind(NAME)
                .bind(EDITION)
                .fetch_optional(&self.readers)
                .await
                .map_err(|source| ViewsError::Read { what: "the projection's position", source })?;
        Ok(Position(row.map_or(0, |(position,)| position as u64)))
    }

    /// How many rows each table has.
    pub async fn row_counts(&self) -> Result<Vec<(String, u64)>, ViewsError> {
        let mut counts = Vec::new();
        for table in TABLES {
            let statement = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
            let (count,): (i64,) = sqlx::query_as(statement)
                .fetch_one(&self.readers)
                .await
                .map_err(|source| ViewsError::Read { what: "how many rows there are", source })?;
            counts.push((table.to_owned(), count as u64));
        }
        Ok(counts)
    }

    /// Closes every connection.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// Every table of rows.
pub(crate) const TABLES: [&str; 7] =
    ["partners", "customers", "relationships", "acceptances", "obligations", "evidence", "event_index"];

/// Removes read models that can't be used; the log is another file.
pub(crate) fn remove(path: &std::path::Path) -> Result<(), ViewsError> {
    for suffix in ["", "-wal", "-shm"] {
        let file = PathBuf::from(format!("{}{suffix}", path.display()));
        match std::fs::remove_file(&file) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(source) => return Err(ViewsError::Remove { path: file, source }),
        }
    }
    Ok(())
}

fn options(path: &std::path::Path) -> Result<SqliteConnectOptions, ViewsError> {
    let options = SqliteConnectOptions::from_str("sqlite:")
        .map_err(|source| ViewsError::Open { path: path.to_owned(), source })?;
    // NORMAL: a power failure can lose the last rows, never tear them, and the log makes them anew.
    Ok(options
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(std::time::Duration::from_secs(5)))
}
