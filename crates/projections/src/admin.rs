//! What an operator asks of projections, without a server.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use assent_event_log::{EventLog, OpenError, ReadError};
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

use crate::views::{TABLES, remove, views_file};
use crate::{EDITION, NAME, StartError, Views, ViewsError, start};

/// Where a projection stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectionStatus {
    /// Its name.
    pub name: &'static str,
    /// Its edition.
    pub edition: i64,
    /// The last position applied.
    pub position: u64,
    /// The log's last position.
    pub head: u64,
    /// Each table with its number of rows.
    pub rows: Vec<(String, u64)>,
}

/// What rebuilding found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RebuildReport {
    /// Events folded.
    pub events: u64,
    /// Rows that were other than before; rows of a position that the old ones had not reached count too.
    pub differences: u64,
}

/// Why projections could not be looked at or rebuilt.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The log could not be opened.
    #[error("{0}")]
    Open(#[from] OpenError),
    /// The log could not be read.
    #[error("could not read the log")]
    Read(#[from] ReadError),
    /// The log could not be folded.
    #[error("could not rebuild the read models")]
    Start(#[from] StartError),
    /// The read models could not be read or written.
    #[error("{0}")]
    Views(#[from] ViewsError),
    /// The new read models could not take the old ones' place.
    #[error("could not put the rebuilt read models in place")]
    Swap(#[source] std::io::Error),
}

/// Where each projection stands; reads beside a running server.
pub async fn status(database_url: &str) -> Result<Vec<ProjectionStatus>, AdminError> {
    let log = EventLog::open_read_only(database_url).await?;
    let views = Views::open_read_only(database_url).await?;
    let position = views.position().await?.0;
    let rows = views.row_counts().await?;
    let head = log.refresh().await?.size;
    Ok(vec![ProjectionStatus { name: NAME, edition: EDITION, position, head, rows }])
}

/// Folds the whole log into new read models, compares them with the old ones, and puts them in their place. No
/// server may be running: it would maintain the old ones.
pub async fn rebuild(
    database_url: &str,
    progress: impl FnMut(u64, u64),
) -> Result<RebuildReport, AdminError> {
    let log = EventLog::open(database_url).await?;
    let old = views_file(database_url).ok_or(ViewsError::NoFile)?;
    let new = PathBuf::from(format!("{}.new", old.display()));
    remove(&new)?;
    let views = Views::connect_to(&new).await?;
    let started = start(&log, views, progress).await?;
    let views = started.maintainer.views().clone();
    let events = views.position().await?.0;
    views.checkpoint().await?;
    views.close().await;
    let differences = if old.exists() { differences(&new, &old).await? } else { 0 };
    remove(&old)?;
    std::fs::rename(&new, &old).map_err(AdminError::Swap)?;
    remove(&new)?;
    log.close().await;
    Ok(RebuildReport { events, differences })
}

/// How many rows are in one and not in the other.
async fn differences(new: &Path, old: &Path) -> Result<u64, ViewsError> {
    let failed = |source| ViewsError::Read { what: "old and new read models", source };
    let options = SqliteConnectOptions::from_str("sqlite:").map_err(failed)?.filename(new);
    let mut connection = options.connect().await.map_err(failed)?;
    sqlx::query("ATTACH DATABASE $1 AS before")
        .bind(old.display().to_string())
        .execute(&mut connection)
        .await
        .map_err(failed)?;
    let mut differences = 0;
    for table in TABLES {
        for (one, other) in [("main", "before"), ("before", "main")] {
            let statement = format!(
                "SELECT COUNT(*) FROM (SELECT * FROM {one}.{table} EXCEPT SELECT * FROM {other}.{table})"
            );
            let (count,): (i64,) = sqlx::query_as(sqlx::AssertSqlSafe(statement))
                .fetch_one(&mut connection)
                .await
                .map_err(failed)?;
            differences += count as u64;
        }
    }
    Ok(differences)
}
