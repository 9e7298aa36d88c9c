//! What an operator asks of projections, without a server.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use assent_event_log::{Database, EventLog, OpenError, Postgres, ReadError};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions};

use crate::folding::Folding;
use crate::views::postgres::{drop_old, grant};
use crate::views::sqlite::{checkpoint, connect_to, remove, views_file};
use crate::views::tables;
use crate::{EDITION, NAME, StartError, Views, ViewsError, start};

/// How often a rebuild waits for the maintainer of the old read models to be where the new ones are.
const LOOKS_MAX: u32 = 40;
const LOOK_AGAIN: std::time::Duration = std::time::Duration::from_millis(100);

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
    /// A server has the ledger's file open, and would go on writing the read models that were to be replaced.
    #[error(
        "`{}` is in use by a server: stop it, run this again, and start it. Nothing is lost meanwhile: the log makes the \
         read models, and a server whose read models are wrong can be stopped at any time", path.display()
    )]
    InUse {
        /// The ledger's file.
        path: PathBuf,
    },
    /// The log could not be opened.
    #[error("{0}")]
    Open(#[source] OpenError),
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

impl From<OpenError> for AdminError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Locked { path, lock: _ } => Self::InUse { path },
            error => Self::Open(error),
        }
    }
}

/// Where each projection stands; reads beside a running server.
pub async fn status(database_url: &str) -> Result<Vec<ProjectionStatus>, AdminError> {
    let log = EventLog::open_read_only(database_url).await?;
    let views = Views::open_read_only(&log).await?;
    let position = views.position().await?.0;
    let rows = views.row_counts().await?;
    let head = log.refresh().await?.size;
    Ok(vec![ProjectionStatus { name: NAME, edition: EDITION, position, head, rows }])
}

/// Makes the tables of the read models, where there are none: on PostgreSQL as their owner, who also takes away those of
/// editions before the one before this. A file's are made by the server, and those of an edition take the place of the
/// other one's.
pub async fn migrate(database_url: &str) -> Result<(), AdminError> {
    let log = EventLog::open(database_url).await?;
    if let Database::Postgres(postgres) = log.database() {
        Views::open(&log).await?;
        grant(postgres).await?;
        drop_old(postgres).await?;
    }
    log.close().await;
    Ok(())
}

/// Folds the whole log into new read models, compares them with the old ones, and puts them in their place.
///
/// On PostgreSQL servers go on meanwhile: the new ones are made beside those that are read, and nobody waits but, for
/// the moment of the change, the process that maintains them. On a file no server may be running.
pub async fn rebuild(
    database_url: &str,
    progress: impl FnMut(u64, u64),
) -> Result<RebuildReport, AdminError> {
    let log = EventLog::open(database_url).await?;
    let report = match log.database() {
        Database::Sqlite(sqlite) => rebuild_file(&log, &views_file(&sqlite.file), progress).await,
        Database::Postgres(postgres) => rebuild_beside(&log, postgres, progress).await,
    };
    log.close().await;
    report
}

async fn rebuild_file(
    log: &EventLog,
    old: &Path,
    progress: impl FnMut(u64, u64),
) -> Result<RebuildReport, AdminError> {
    let new = PathBuf::from(format!("{}.new", old.display()));
    remove(&new)?;
    let views = connect_to(&new).await?;
    let started = start(log, views, progress).await?;
    let views = started.maintainer.views().clone();
    let events = views.position().await?.0;
    checkpoint(&views).await?;
    views.close().await;
    let differences = if old.exists() { differences(&new, old).await? } else { 0 };
    remove(old)?;
    std::fs::rename(&new, old).map_err(AdminError::Swap)?;
    remove(&new)?;
    Ok(RebuildReport { events, differences })
}

async fn rebuild_beside(
    log: &EventLog,
    postgres: &Postgres,
    mut progress: impl FnMut(u64, u64),
) -> Result<RebuildReport, AdminError> {
    let old = Views::open(log).await?;
    let mut lease = old.own_lease().await?;
    old.position().await?;
    let Some(new) = old.next_generation().await? else { return Err(ViewsError::Missing.into()) };
    let head = log.refresh().await?.size;
    let mut folding = Folding::anew(log, &new, &mut lease, head, &mut progress).await?;
    let mut looks = 0;
    let held = loop {
        // As far as the log goes by itself, and then exactly as far as the old ones are, which wait for it.
        let head = log.refresh().await?.size;
        folding.to(log, &new, &mut lease, head, &mut progress).await?;
        let held = old.hold(postgres).await?;
        looks += 1;
        let Some(position) = held.position else { break held };
        if position >= folding.position() {
            folding.to(log, &new, &mut lease, position.0, &mut progress).await?;
            break held;
        }
        // Those of a ledger that no server maintains stay behind: then they are compared as they are.
        if looks > LOOKS_MAX {
            break held;
        }
        drop(held);
        tokio::time::sleep(LOOK_AGAIN).await;
    };
    let (position, had_rows) = (folding.position(), held.position.is_some());
    let failed = |source| ViewsError::Read { what: "old and new read models", source };
    let begin = log.database().begin_snapshot();
    let mut snapshot = postgres.pools().writer.begin_with(begin).await.map_err(failed)?;
    // The first statement of a snapshot is what takes it.
    sqlx::query("SELECT 1").execute(&mut *snapshot).await.map_err(failed)?;
    new.take_place(position, &old, held).await?;
    let differences = if had_rows { new.differences(&old, &mut snapshot).await? } else { 0 };
    Ok(RebuildReport { events: position.0, differences })
}

/// How many rows are in one file and not in the other.
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
    for table in tables::ALL {
        for [one, other] in [["main", "before"], ["before", "main"]] {
            let count = sqlx::query_scalar(AssertSqlSafe(table.count_of_others(one, other)));
            let count: i64 = count.fetch_one(&mut connection).await.map_err(failed)?;
            differences += count as u64;
        }
    }
    Ok(differences)
}
