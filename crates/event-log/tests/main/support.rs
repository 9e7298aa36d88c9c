//! A ledger of a test's own on either database, and batches to put in it.

use std::path::{Path, PathBuf};

use assent_event_log::{Appended, Batch, Database, Draft, EventLog, LedgerTag, Links};
use assent_testing::postgres::{TestDatabase, shared};
use bytes::Bytes;
use tempfile::TempDir;

/// 2023-11-14, in microseconds.
pub(crate) const AT: i64 = 1_700_000_000_123_456;

/// Where a log can be made.
#[derive(Debug)]
pub(crate) enum Ledger {
    Sqlite(TempDir),
    Postgres(TestDatabase),
}

/// A statement as each database is told it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sql {
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
}

impl From<&'static str> for Sql {
    /// The same for both.
    fn from(text: &'static str) -> Self {
        Self { sqlite: text, postgres: text }
    }
}

impl Ledger {
    /// In a folder of its own.
    pub(crate) fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().expect("a temporary folder can be made"))
    }

    /// In a database of its own, on the server that all tests share.
    pub(crate) async fn postgres() -> Self {
        Self::Postgres(shared().await.database().await)
    }

    /// Another one of the same kind.
    pub(crate) async fn another(&self) -> Self {
        match self {
            Self::Sqlite(_) => Self::sqlite(),
            Self::Postgres(_) => Self::postgres().await,
        }
    }

    /// What differs between the databases.
    pub(crate) fn either<T>(&self, sqlite: T, postgres: T) -> T {
        match self {
            Self::Sqlite(_) => sqlite,
            Self::Postgres(_) => postgres,
        }
    }

    /// Of a ledger in a file.
    pub(crate) fn folder(&self) -> &Path {
        let Self::Sqlite(folder) = self else { panic!("this ledger is in no file") };
        folder.path()
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder().join("assent.db")
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite(_) => format!("sqlite:{}", self.file().display()),
            Self::Postgres(database) => database.url(),
        }
    }

    pub(crate) async fn open(&self) -> EventLog {
        EventLog::open(&self.url()).await.expect("the ledger opens")
    }
}

pub(crate) fn tag() -> LedgerTag {
    LedgerTag::from_random(0x2_5a5a_5a5a)
}

pub(crate) fn draft(body: impl Into<Bytes>) -> Draft {
    Draft { body: body.into(), revision: 1, links: Links::default() }
}

/// A batch of `count` entries that all differ.
pub(crate) fn batch(start: u64, count: u64) -> Batch {
    let drafts = (start..start + count).map(|index| draft(format!("entry {index}")));
    batch_of(start, drafts.collect())
}

pub(crate) fn batch_of(start: u64, drafts: Vec<Draft>) -> Batch {
    let (requests, vault, erase, documents) = (vec![], vec![], vec![], vec![]);
    Batch { start, at: AT, tag: tag(), drafts, requests, vault, erase, documents }
}

pub(crate) async fn append(log: &EventLog, count: u64) -> Appended {
    log.append(batch(log.head().size, count)).await.expect("the batch is appended")
}

/// Runs statements as another program with the same database would: over the writer's connections.
pub(crate) async fn run(log: &EventLog, statement: impl Into<Sql>) -> Result<(), sqlx::Error> {
    let Sql { sqlite, postgres } = statement.into();
    match log.database() {
        Database::Sqlite(pools) => sqlx::raw_sql(sqlite).execute(&pools.writer).await.map(drop),
        Database::Postgres(database) => {
            sqlx::raw_sql(postgres).execute(&database.pools().writer).await.map(drop)
        }
    }
}
