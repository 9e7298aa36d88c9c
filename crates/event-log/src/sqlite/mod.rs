//! Opening a SQLite file, and leaving alone those that are not ours.
//!
//! The database file itself is opened by SQLite only: opening and closing it here would drop SQLite's own locks.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection};

use crate::database::{Database, Sqlite};
use crate::error::OpenError;
use crate::file_lock::FileLock;

mod room;
mod script;
mod write;

pub use room::{room_for, rows_given, take_rows};
pub(crate) use write::write;

/// `PRAGMA application_id` of a ledger: `ASNT`.
const APPLICATION_ID: i32 = 0x4153_4e54;
const READERS_MAX: u32 = 4;
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// In KiB, so negative.
const WRITER_CACHE: &str = "-32768";
const CHECKPOINT_PAGES: &str = "4096";
/// How many rows a reading connection's thread gets ahead of whoever takes them: with few, each row is a change of threads.
const READER_ROWS_AHEAD: usize = 1_024;
/// SQLite's result codes for a file with another header, and for a file or folder that cannot be written.
const SQLITE_NOTADB: i32 = 26;
const SQLITE_READONLY: i32 = 8;

const TABLES: &str = "SELECT COUNT(*) FROM sqlite_master";
const APPLICATION_ID_OF: &str = "PRAGMA application_id";

/// Opens a ledger to write, or makes it where there is no file or an empty one.
pub(crate) async fn open(path: &Path) -> Result<Database, OpenError> {
    let path = resolve(path)?;
    if exists(&path)? {
        identify(&path).await?;
        // SQLite opens such a file for reading instead, and says so only when something is to be written.
        if fs::metadata(&path).is_ok_and(|metadata| metadata.permissions().readonly()) {
            return Err(OpenError::ReadOnlyFile { path });
        }
    }
    let lock = FileLock::take(&path)?;
    let options = gathering(options(&path))
        .create_if_missing(true)
        .pragma("recursive_triggers", "ON")
        // What is deleted (keys of the vault) is overwritten, not only unlinked.
        .pragma("secure_delete", "ON");
    let mut connection = options.connect().await.map_err(|source| unreachable(&path, source))?;
    claim(&mut connection, &path).await?;
    connection.close().await.map_err(|source| unreachable(&path, source))?;
    let writer = pool(options, 1).await.map_err(|source| unreachable(&path, source))?;
    let readers = readers(&path).await?;
    Ok(Database::Sqlite(Sqlite { file: path, readers, writer, lock: Some(lock.into()) }))
}

/// Opens a ledger beside the process that writes it, or after it.
pub(crate) async fn open_read_only(path: &Path) -> Result<Database, OpenError> {
    let path = resolve(path)?;
    if !exists(&path)? {
        return Err(OpenError::Missing { path });
    }
    if identify(&path).await? == Content::Nothing {
        return Err(OpenError::NotMigrated { place: path.display().to_string() });
    }
    let readers = readers(&path).await?;
    Ok(Database::Sqlite(Sqlite { file: path, writer: readers.clone(), readers, lock: None }))
}

/// Opens a ledger to write what is not the log's, beside the process that writes the log: SQLite lets one of them write at
/// a time. Nothing can be appended through it.
pub(crate) async fn open_beside(path: &Path) -> Result<Database, OpenError> {
    let Database::Sqlite(reading) = open_read_only(path).await? else { unreachable!("it is a file") };
    let options = options(&reading.file).pragma("recursive_triggers", "ON").pragma("secure_delete", "ON");
    let writer = pool(options, 1).await.map_err(|source| unreachable(&reading.file, source))?;
    Ok(Database::Sqlite(Sqlite { writer, ..reading }))
}

/// The path without symbolic links: two names of one file must lead to one lock.
fn resolve(path: &Path) -> Result<PathBuf, OpenError> {
    if let Ok(path) = path.canonicalize() {
        return Ok(path);
    }
    let name = path.file_name().ok_or_else(|| OpenError::NotADatabase { path: path.to_owned() })?;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    };
    let folder = folder.canonicalize().map_err(|_| OpenError::FolderMissing { path: path.to_owned() })?;
    Ok(folder.join(name))
}

fn exists(path: &Path) -> Result<bool, OpenError> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => Ok(true),
        Ok(_) => Err(OpenError::NotADatabase { path: path.to_owned() }),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(unreachable(path, sqlx::Error::Io(error))),
    }
}

#[derive(PartialEq)]
enum Content {
    Nothing,
    Ledger,
}

/// Looks what a file is, through a connection that cannot write.
async fn identify(path: &Path) -> Result<Content, OpenError> {
    let failed = |source| unreachable(path, source);
    let mut connection = options(path).read_only(true).connect().await.map_err(failed)?;
    let content = content(&mut connection, path).await?;
    connection.close().await.map_err(failed)?;
    Ok(content)
}

async fn content(connection: &mut SqliteConnection, path: &Path) -> Result<Content, OpenError> {
    let failed = |source| unreachable(path, source);
    let tables: i64 = sqlx::query_scalar(TABLES).fetch_one(&mut *connection).await.map_err(failed)?;
    let application_id = sqlx::query_scalar(APPLICATION_ID_OF).fetch_one(connection).await.map_err(failed)?;
    match (application_id, tables) {
        (APPLICATION_ID, _) => Ok(Content::Ledger),
        (0, 0) => Ok(Content::Nothing),
        (application_id, _) => Err(OpenError::ForeignDatabase { path: path.to_owned(), application_id }),
    }
}

/// Marks an empty file as a ledger, before anything else is written to it.
async fn claim(connection: &mut SqliteConnection, path: &Path) -> Result<(), OpenError> {
    let failed = |source| unreachable(path, source);
    if content(connection, path).await? == Content::Nothing {
        let claim = sqlx::AssertSqlSafe(format!("PRAGMA application_id = {APPLICATION_ID}"));
        sqlx::raw_sql(claim).execute(&mut *connection).await.map_err(failed)?;
    }
    // Of all settings this one is stored in the file; the others belong to a connection.
    sqlx::raw_sql("PRAGMA journal_mode = WAL").execute(connection).await.map_err(failed)?;
    Ok(())
}

/// For a connection that writes to places all over its tables, as keys are that are hashes: it keeps their pages, and gathers
/// writes to the same page for 16 MiB of log before they go to the file. Measured to be worth a third of the appends a second.
///
/// And what it needs to undo a statement stays in memory: in a file it would be pages of the vault, which nobody overwrites.
pub fn gathering(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options
        .pragma("cache_size", WRITER_CACHE)
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
        .pragma("temp_store", "MEMORY")
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY_TIMEOUT)
        .synchronous(SqliteSynchronous::Full)
        // Nor slow ones: how long commits take is among the figures, and a text can have twenty kilobytes of placeholders.
        .disable_statement_logging()
}

async fn readers(path: &Path) -> Result<SqlitePool, OpenError> {
    let options = options(path).read_only(true).row_buffer_size(READER_ROWS_AHEAD);
    pool(options, READERS_MAX).await.map_err(|source| unreachable(path, source))
}

/// Connections to a file, also to one beside the log's.
pub async fn pool(options: SqliteConnectOptions, connections_max: u32) -> sqlx::Result<SqlitePool> {
    SqlitePoolOptions::new()
        .max_connections(connections_max)
        // The pool tests each connection when it comes back; a second test would be one more hop to its thread.
        .test_before_acquire(false)
        // A cancelled `begin` can leave its connection inside a transaction, where a reader sees an old log for ever
        // and a writer holds the write lock. And where SQLite has rolled back by itself, as on a full disk, sqlx believes that
        // the transaction goes on, and begins none any more. Such a connection is thrown away, which rolls back.
        .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
        .connect_with(options)
        .await
}

/// Tells apart the failures that a person can do something about.
fn unreachable(path: &Path, source: sqlx::Error) -> OpenError {
    let path = path.to_owned();
    let code = source.as_database_error().and_then(|error| error.code()?.parse::<i32>().ok());
    // The low byte is the primary code.
    match code.map(|code| code & 0xff) {
        Some(SQLITE_NOTADB) => OpenError::NotADatabase { path },
        Some(SQLITE_READONLY) => OpenError::ReadOnlyFile { path },
        Some(_) | None => OpenError::Unreachable { place: path.display().to_string(), source },
    }
}
