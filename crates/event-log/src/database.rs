//! The databases that the log can live in.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::SqlitePool;
use tokio::time::timeout;

use crate::file_lock::FileLock;
pub use crate::postgres::{Pools, Postgres};

/// An open database: a closed set, so that every body of [`on_database!`](crate::on_database) is checked once for each.
#[derive(Clone, Debug)]
pub enum Database {
    /// One file, one writing process.
    Sqlite(Sqlite),
    /// A server, any number of writing processes.
    Postgres(Postgres),
}

/// What a database understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite's.
    Sqlite,
    /// PostgreSQL's.
    Postgres,
}

impl Dialect {
    /// Placeholders for so many values.
    ///
    /// For SQLite they have no numbers: there a number is a name, and each value is bound to its name by a search through all
    /// of them, which for a statement of several hundred takes longer than carrying it out.
    pub fn placeholders(self, count: usize) -> String {
        let placeholder = |number: usize| match self {
            Self::Sqlite => "?".to_owned(),
            Self::Postgres => format!("${}", number + 1),
        };
        (0..count).map(placeholder).collect::<Vec<_>>().join(", ")
    }
}

/// The pools of a SQLite database.
#[derive(Clone, Debug)]
pub struct Sqlite {
    /// The file.
    pub file: PathBuf,
    /// Connections that cannot write.
    pub readers: SqlitePool,
    /// The one connection that writes; begin its transactions with [`Database::begin_writing`]. In a database that was
    /// opened read-only these are the readers again, and every write fails.
    pub writer: SqlitePool,
    /// Held as long as anybody can write through these pools.
    pub(crate) lock: Option<Arc<FileLock>>,
}

impl Sqlite {
    /// Pools of a file that is not the log's: what can be made anew from it.
    pub fn beside(file: &Path, readers: SqlitePool, writer: SqlitePool) -> Self {
        Self { file: file.to_owned(), readers, writer, lock: None }
    }
}

/// Runs `$body` with `$pool` (`readers` or `writer`) of whichever database is open.
#[macro_export]
macro_rules! on_database {
    ($database:expr, $pool:ident => $body:expr) => {
        match $database {
            $crate::Database::Sqlite(pools) => {
                let $pool = &pools.$pool;
                $body
            }
            $crate::Database::Postgres(postgres) => {
                let pools = postgres.pools();
                let $pool = &pools.$pool;
                $body
            }
        }
    };
}

/// How long a read may take. A connection whose other side went away without a word would never answer.
const READ_MAX: Duration = Duration::from_secs(8);

/// A read that ends: where it takes too long, its connection is given up with it.
#[doc(hidden)]
pub async fn in_time<T>(read: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
    let late = || std::io::Error::new(std::io::ErrorKind::TimedOut, "the database did not answer in time");
    timeout(READ_MAX, read).await.unwrap_or_else(|_| Err(sqlx::Error::Io(late())))
}

/// Runs a body that only reads, like [`on_database!`](crate::on_database), and once more where its connection turned out
/// to be broken: after a restart of the database all idle connections are.
///
/// Each body is boxed. Four of them inline are kilobytes in the future of whoever may read something, however seldom it does:
/// a call that stores an acceptance was 36 KB, written and cleared away for each.
#[macro_export]
macro_rules! again_if_broken {
    ($database:expr, $pool:ident => $body:expr) => {{
        let database = $database;
        let outcome = $crate::on_database!(database, $pool => $crate::in_time(Box::pin(async { $body })).await);
        match outcome {
            Err(error) if database.renew_if_broken(&error) => {
                $crate::on_database!(database, $pool => $crate::in_time(Box::pin(async { $body })).await)
            }
            outcome => outcome,
        }
    }};
}

/// How a pool of connections is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolUse {
    /// `readers` or `writer`.
    pub name: &'static str,
    /// How many connections there are.
    pub open: u32,
    /// How many of them nobody uses.
    pub idle: u64,
    /// How many there may be.
    pub max: u32,
}

fn pool_use<DB: sqlx::Database>(name: &'static str, pool: &sqlx::Pool<DB>) -> PoolUse {
    let max = pool.options().get_max_connections();
    PoolUse { name, open: pool.size(), idle: pool.num_idle() as u64, max }
}

impl Database {
    /// What its statements are written in.
    pub fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    /// How the log's connections are used.
    pub fn pool_use(&self) -> [PoolUse; 2] {
        [
            on_database!(self, readers => pool_use("readers", readers)),
            on_database!(self, writer => pool_use("writer", writer)),
        ]
    }

    /// Whether a connection to a server was broken; then all connections are made anew.
    pub fn renew_if_broken(&self, error: &sqlx::Error) -> bool {
        match self {
            Self::Sqlite(_) => false,
            Self::Postgres(postgres) => postgres.renew_if_broken(error),
        }
    }

    /// Whether this process may write: it holds the file's lock, or did not open the server's database read-only.
    pub fn is_writable(&self) -> bool {
        match self {
            Self::Sqlite(pools) => pools.lock.is_some(),
            Self::Postgres(postgres) => postgres.is_writable(),
        }
    }

    /// Begins a transaction that reads one state of the database, whatever is committed meanwhile.
    pub const fn begin_snapshot(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "BEGIN",
            Self::Postgres(_) => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        }
    }

    /// Begins a transaction that writes. SQLite takes the write lock at once: upgrading a read lock later would fail
    /// without waiting.
    pub const fn begin_writing(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "BEGIN IMMEDIATE",
            Self::Postgres(_) => "BEGIN",
        }
    }

    /// Closes all connections, then lets the next process in.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(Sqlite { readers, writer, lock, .. }) => {
                readers.close().await;
                writer.close().await;
                if let Some(lock) = lock {
                    lock.release();
                }
            }
            Self::Postgres(postgres) => postgres.close().await,
        }
    }
}
