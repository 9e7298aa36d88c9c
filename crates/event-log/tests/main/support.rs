//! A ledger in a temporary folder, and batches to put in it.

use std::path::PathBuf;

use assent_event_log::{Appended, Batch, Draft, EventLog, LedgerTag, Links};
use bytes::Bytes;
use tempfile::TempDir;

/// 2023-11-14, in microseconds.
pub(crate) const AT: i64 = 1_700_000_000_123_456;

pub(crate) struct Ledger {
    pub(crate) folder: TempDir,
}

impl Ledger {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder can be made") }
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("assent.db")
    }

    pub(crate) fn url(&self) -> String {
        format!("sqlite:{}", self.file().display())
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
    Batch { start, at: AT, tag: tag(), drafts, requests: vec![], vault: vec![], documents: vec![] }
}

pub(crate) async fn append(log: &EventLog, count: u64) -> Appended {
    log.append(batch(log.head().size, count)).await.expect("the batch is appended")
}

/// Runs statements as another program with the same file would: over the writer's connection.
pub(crate) async fn run(log: &EventLog, statement: &'static str) -> Result<(), sqlx::Error> {
    assent_event_log::on_database!(log.database(), writer => sqlx::raw_sql(statement).execute(writer).await.map(drop))
        .map(|_| ())
}
