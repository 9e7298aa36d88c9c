//! Read models in a file beside the log's, so that writing them never holds the lock that an append needs.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use assent_event_log::{Database, Sqlite, gathering, sqlite_pool};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions as _};

use super::{Views, ViewsError};

const READERS_MAX: u32 = 4;

const TABLES: &str = include_str!("../../migrations/sqlite/0001_views.sql");

/// Where the read models of a log's file lie.
pub(crate) fn views_file(log_file: &Path) -> PathBuf {
    PathBuf::from(format!("{}.views", log_file.display()))
}

/// Opens the read models in this file, and makes them where there are none.
pub(crate) async fn open(path: &Path) -> Result<Views, ViewsError> {
    match connect_to(path).await {
        Ok(views) => Ok(views),
        // Read models can be thrown away: a file that can't be used is made anew.
        Err(_) => {
            remove(path)?;
            connect_to(path).await
        }
    }
}

/// Opens them to read only, beside the server that maintains them.
pub(super) async fn open_read_only(path: &Path) -> Result<Views, ViewsError> {
    if !path.exists() {
        return Err(ViewsError::Missing);
    }
    let options = options(path)?.create_if_missing(false).read_only(true);
    let open = |source| ViewsError::Open { path: path.to_owned(), source };
    let readers = sqlite_pool(options, 1).await.map_err(open)?;
    Ok(Views::of(Database::Sqlite(Sqlite::beside(path, readers.clone(), readers)), 0))
}

pub(crate) async fn connect_to(path: &Path) -> Result<Views, ViewsError> {
    let open = |source| ViewsError::Open { path: path.to_owned(), source };
    let options = options(path)?;
    let writer = sqlite_pool(gathering(options.clone()), 1).await.map_err(open)?;
    sqlx::migrate!("migrations/sqlite").run(&writer).await.map_err(ViewsError::Migrate)?;
    let readers = sqlite_pool(options.read_only(true), READERS_MAX).await.map_err(open)?;
    Ok(Views::of(Database::Sqlite(Sqlite::beside(path, readers, writer)), 0))
}

/// Writes everything into the one file, so that it can be moved.
pub(crate) async fn checkpoint(views: &Views) -> Result<(), ViewsError> {
    if let Database::Sqlite(sqlite) = &views.database {
        let statement = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&sqlite.writer).await;
        statement.map_err(|source| ViewsError::Write { what: "the read models' file", source })?;
    }
    Ok(())
}

/// Takes the indexes away, for as long as rows come in that lie all over them.
pub(super) async fn drop_indexes(writer: &SqlitePool) -> Result<(), ViewsError> {
    for (name, _) in indexes() {
        let statement = AssertSqlSafe(format!("DROP INDEX IF EXISTS {name}"));
        sqlx::query(statement).execute(writer).await.map_err(index_failed)?;
    }
    Ok(())
}

/// Makes the indexes again. What is to be sorted lies in files beside the read models meanwhile, where there is room for it: in
/// memory it would take as much as the index of a large ledger.
pub(super) async fn make_indexes(Sqlite { file, writer, .. }: &Sqlite) -> Result<(), ViewsError> {
    let folder = file.parent().filter(|it| *it != Path::new("")).unwrap_or(Path::new("."));
    let folder = folder.display().to_string().replace('\'', "''");
    let mut writer = writer.acquire().await.map_err(index_failed)?;
    let before = [format!("PRAGMA temp_store_directory = '{folder}'"), "PRAGMA temp_store = FILE".to_owned()];
    let after = ["PRAGMA temp_store = MEMORY", "PRAGMA temp_store_directory = ''"].map(str::to_owned);
    for statement in before.into_iter().chain(indexes().map(|it| it.1.to_owned())).chain(after) {
        sqlx::query(AssertSqlSafe(statement)).execute(&mut *writer).await.map_err(index_failed)?;
    }
    Ok(())
}

/// Each index of the tables with the statement that makes it.
fn indexes() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLES.lines().filter_map(|line| {
        let name = line.strip_prefix("CREATE INDEX ")?.split(' ').next()?;
        Some((name, line))
    })
}

const fn index_failed(source: sqlx::Error) -> ViewsError {
    ViewsError::Write { what: "the read models' indexes", source }
}

/// Removes read models that can't be used; the log is another file.
pub(crate) fn remove(path: &Path) -> Result<(), ViewsError> {
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

fn options(path: &Path) -> Result<SqliteConnectOptions, ViewsError> {
    let options = SqliteConnectOptions::from_str("sqlite:")
        .map_err(|source| ViewsError::Open { path: path.to_owned(), source })?;
    // NORMAL: a power failure can lose the last rows, never tear them, and the log makes them anew.
    Ok(options
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(Duration::from_secs(5))
        .disable_statement_logging())
}
