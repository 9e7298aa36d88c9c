//! Read models in a file beside the log's, so that writing them never holds the lock that an append needs.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use assent_event_log::{Database, Sqlite, gathering, sqlite_pool};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions as _, SqliteConnection};

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

/// Makes the indexes that are not there. What is to be sorted lies in files beside the read models meanwhile, where there is room for
/// it: in memory it would take as much as the index of a large ledger.
pub(super) async fn make_indexes(Sqlite { file, writer, .. }: &Sqlite) -> Result<(), ViewsError> {
    let mut writer = writer.acquire().await.map_err(index_failed)?;
    sort_beside(file, &mut writer).await.map_err(index_failed)?;
    let mut made = Ok(());
    for (name, definition) in indexes() {
        let statement = format!("CREATE INDEX IF NOT EXISTS {name} {definition}");
        made = made.and(sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *writer).await.map(drop));
    }
    sqlx::raw_sql("PRAGMA temp_store = MEMORY").execute(&mut *writer).await.map_err(index_failed)?;
    made.map_err(index_failed)
}

/// What this connection has to sort, and what any connection of this process sorts in files, lies beside the read models from now on: the
/// system's folder for such files may be memory, or not be there.
async fn sort_beside(file: &Path, connection: &mut SqliteConnection) -> sqlx::Result<()> {
    let folder = file.parent().filter(|it| *it != Path::new("")).unwrap_or(Path::new("."));
    let folder = folder.display().to_string().replace('\'', "''");
    let statement = format!("PRAGMA temp_store_directory = '{folder}'; PRAGMA temp_store = FILE");
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection).await.map(drop)
}

/// Each index of the tables, with what it is of.
fn indexes() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLES.lines().filter_map(|line| line.strip_prefix("CREATE INDEX ")?.split_once(' '))
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
