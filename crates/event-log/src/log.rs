//! The log itself: opening, closing, and how far it has got.

use std::sync::Arc;

use assent_evidence::TileBuilder;
use sqlx::migrate::{MigrateError, Migrator};
use tokio::sync::{Mutex, watch};

use crate::batch::Head;
use crate::database::Database;
use crate::error::{OpenError, ReadError};
use crate::load::load;
use crate::{address, on_database, sql, sqlite};

/// The handle on a log. Clones share everything.
#[derive(Clone, Debug)]
pub struct EventLog {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) database: Database,
    /// The tree at the head. Whoever appends or catches up holds it for as long as that takes.
    pub(crate) tree: Mutex<TileBuilder>,
    head: watch::Sender<Head>,
    size: watch::Sender<u64>,
}

impl EventLog {
    /// Opens a log to read and write, and makes it where there is none: `sqlite:<file>`.
    ///
    /// Takes the lock that keeps other processes out, brings the tables up to date, and checks that entries and tiles
    /// at the edge lead to the last commit's root.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        let path = address::sqlite_file(url)?;
        let database = sqlite::open(&path).await?;
        let migrated = on_database!(&database, writer => migrations().run(writer).await);
        migrated.map_err(|source| match source {
            MigrateError::VersionMissing(migration) => {
                OpenError::NewerRelease { path: path.clone(), migration }
            }
            source => OpenError::Migrate { path: path.clone(), source },
        })?;
        Self::load(database).await.map_err(|source| OpenError::Load { path, source })
    }

    /// Opens a log to read only, also beside the process that writes it: no lock, no migration.
    ///
    /// The head stays where it is until [`EventLog::refresh`].
    pub async fn open_read_only(url: &str) -> Result<Self, OpenError> {
        let path = address::sqlite_file(url)?;
        let database = sqlite::open_read_only(&path).await?;
        let applied: Option<i64> = on_database!(&database, readers => {
            let tables: i64 = sqlx::query_scalar(sql::MIGRATIONS_TABLE).fetch_one(readers).await
                .map_err(|source| OpenError::Unreachable { path: path.clone(), source })?;
            if tables == 0 {
                return Err(OpenError::NotMigrated { path });
            }
            sqlx::query_scalar(sql::LAST_MIGRATION).fetch_one(readers).await
                .map_err(|source| OpenError::Unreachable { path: path.clone(), source })?
        });
        let known = migrations().iter().map(|migration| migration.version).max();
        match applied.cmp(&known) {
            std::cmp::Ordering::Less => Err(OpenError::NotMigrated { path }),
            std::cmp::Ordering::Greater => {
                Err(OpenError::NewerRelease { path, migration: applied.unwrap_or_default() })
            }
            std::cmp::Ordering::Equal => {
                Self::load(database).await.map_err(|source| OpenError::Load { path, source })
            }
        }
    }

    /// The database that the log lives in, for the vault and the projections. Its `events`, `requests`, `commits`,
    /// `tiles` and `documents` are written by [`EventLog::append`] only.
    pub fn database(&self) -> &Database {
        &self.inner.database
    }

    /// How far this handle has seen the log.
    pub fn head(&self) -> Head {
        *self.inner.head.borrow()
    }

    /// The size of the log after each commit. It only wakes: read from where you were, not what it says.
    pub fn heads(&self) -> watch::Receiver<u64> {
        self.inner.size.subscribe()
    }

    /// Reads how far the log has got: the way to follow another process's appends.
    ///
    /// A log that is shorter than what this handle has seen, or has another root at the same size, is corrupt.
    pub async fn refresh(&self) -> Result<Head, ReadError> {
        let mut tree = self.inner.tree.lock().await;
        self.catch_up(&mut tree).await
    }

    /// Waits for an append under way, closes all connections (those of the vault and the projections too) and lets
    /// the next process in. Everything asked of the log afterwards fails.
    pub async fn close(&self) {
        let _no_append_under_way = self.inner.tree.lock().await;
        self.inner.database.close().await;
    }

    pub(crate) async fn catch_up(&self, tree: &mut TileBuilder) -> Result<Head, ReadError> {
        let seen = self.head();
        let (found, head) = load(&self.inner.database).await?;
        let went_back = head.size < seen.size || (head.size == seen.size && head.root != seen.root);
        if went_back {
            let finding = "it is shorter than it was, or has another root";
            return Err(ReadError::Inconsistent { size: head.size, finding });
        }
        self.advance(tree, found, head);
        Ok(head)
    }

    /// Makes `head` known. Called with the tree's lock held, so heads are published in order.
    pub(crate) fn advance(&self, tree: &mut TileBuilder, to: TileBuilder, head: Head) {
        let has_grown = head.size > tree.size();
        *tree = to;
        self.inner.head.send_replace(head);
        if has_grown {
            self.inner.size.send_replace(head.size);
        }
    }

    async fn load(database: Database) -> Result<Self, ReadError> {
        let (tree, head) = load(&database).await?;
        let (head, size) = (watch::Sender::new(head), watch::Sender::new(head.size));
        Ok(Self { inner: Arc::new(Inner { database, tree: Mutex::new(tree), head, size }) })
    }
}

/// The log's own migrations. Their bookkeeping has its own table, so that the projections can have theirs.
fn migrations() -> Migrator {
    let mut migrator = sqlx::migrate!("migrations/sqlite");
    migrator.dangerous_set_table_name(sql::MIGRATIONS);
    migrator
}
