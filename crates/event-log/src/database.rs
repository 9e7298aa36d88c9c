//! The databases that the log can live in.

use std::sync::Arc;

use sqlx::sqlite::SqlitePool;

use crate::file_lock::FileLock;

/// An open database: a closed set, so that every body of [`on_database!`](crate::on_database) is checked once for each.
#[derive(Clone, Debug)]
pub enum Database {
    /// One file, one writing process.
    Sqlite(Sqlite),
}

/// The pools of a SQLite database.
#[derive(Clone, Debug)]
pub struct Sqlite {
    /// Connections that cannot write.
    pub readers: SqlitePool,
    /// The one connection that writes; begin its transactions with `BEGIN IMMEDIATE`. In a database that was
    /// opened read-only these are the readers again, and every write fails.
    pub writer: SqlitePool,
    /// Held as long as anybody can write through these pools.
    pub(crate) lock: Option<Arc<FileLock>>,
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
        }
    };
}

impl Database {
    /// Whether this process may write: it holds the database's lock.
    pub fn is_writable(&self) -> bool {
        match self {
            Self::Sqlite(pools) => pools.lock.is_some(),
        }
    }

    /// Closes all connections, then lets the next process in.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(Sqlite { readers, writer, lock }) => {
                readers.close().await;
                writer.close().await;
                if let Some(lock) = lock {
                    lock.release();
                }
            }
        }
    }
}
