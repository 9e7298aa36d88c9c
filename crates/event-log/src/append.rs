//! The one way in.

use std::time::Duration;

use tokio::time::timeout;

use crate::batch::{Appended, Batch};
use crate::database::Database;
use crate::error::{AppendError, ReadError};
use crate::load::{Commit, CommitColumns, Tip, to_column};
use crate::log::EventLog;
use crate::plan::Plan;
use crate::postgres::{self, Gate, Postgres};
use crate::write::{WriteError, Written, write};
use crate::{again_if_broken, sql};

/// How long the outcome of a failed commit is looked for.
const SETTLE_MAX: Duration = Duration::from_secs(25);

/// Closed for the other processes that append to the same log; on a file there are none.
#[derive(Debug)]
pub struct Turn(Option<Gate>);

impl EventLog {
    /// Appends a batch: all of it, durably, or nothing.
    ///
    /// Runs in a task of its own, so a caller that goes away tears nothing; the batch is stored all the same. When
    /// this answers with [`AppendError::Conflict`], another process was first: follow, and decide again.
    pub async fn append(&self, batch: Batch) -> Result<Appended, AppendError> {
        self.append_as(batch, false).await
    }

    /// The same while this process has its turn: then nobody else can be first.
    pub async fn append_in_turn(&self, batch: Batch, _turn: &Turn) -> Result<Appended, AppendError> {
        self.append_as(batch, true).await
    }

    /// Waits for this process's turn, after it lost a race: until it ends, no other process appends. Follow, decide
    /// again, and append meanwhile; it lasts seconds at most.
    pub async fn turn(&self) -> Result<Turn, ReadError> {
        let gate = match self.database() {
            Database::Sqlite(_) => None,
            Database::Postgres(postgres) => {
                let closed = Gate::close(postgres).await;
                Some(closed.map_err(|source| ReadError::Unreachable { doing: "wait to append", source })?)
            }
        };
        Ok(Turn(gate))
    }

    async fn append_as(&self, batch: Batch, in_turn: bool) -> Result<Appended, AppendError> {
        if !self.inner.database.is_writable() {
            return Err(AppendError::ReadOnly);
        }
        let log = self.clone();
        let task = tokio::spawn(async move { log.append_uninterrupted(batch, in_turn).await });
        task.await.map_err(|source| AppendError::Interrupted { source })?
    }

    async fn append_uninterrupted(&self, batch: Batch, in_turn: bool) -> Result<Appended, AppendError> {
        let mut tip = self.inner.tip.lock().await;
        let plan = Plan::new(batch, &tip.tree, tip.head())?;
        match write(&self.inner.database, &plan, in_turn).await {
            Ok(Written::Committed) => {}
            Ok(Written::Lost) => return Err(AppendError::Conflict { start: plan.start }),
            Ok(Written::NotReplicated) => return Err(AppendError::NotReplicated),
            Err(WriteError::BeforeCommit(source)) => return Err(not_appended(&plan, source)),
            Err(WriteError::AtCommit(source)) => self.settle(&plan, source, in_turn).await?,
        }
        let Plan { start, entries, head, tree, .. } = plan;
        let commit = Commit { start, size: head.size, root: head.root, at: head.recorded_at };
        self.advance(&mut tip, Tip { tree, commit: Some(commit) });
        Ok(Appended { entries, head })
    }

    /// After a failed commit: finds out whether it took effect all the same.
    async fn settle(&self, plan: &Plan, source: sqlx::Error, in_turn: bool) -> Result<(), AppendError> {
        let settled = timeout(SETTLE_MAX, async {
            match self.database() {
                Database::Sqlite(_) => self.holds(plan).await,
                Database::Postgres(postgres) => self.settle_again(postgres, plan, in_turn).await,
            }
        });
        let held = settled.await.unwrap_or_else(|_| {
            let source = sqlx::Error::PoolTimedOut;
            Err(ReadError::Unreachable { doing: "look for a commit", source })
        });
        match held {
            Ok(true) => Ok(()),
            // It was not carried out, and the database answers: it can be decided again.
            Ok(false) if matches!(self.database(), Database::Postgres(_)) => {
                tracing::warn!(error = %source, start = plan.start, "an append broke off, and is decided again");
                Err(AppendError::Conflict { start: plan.start })
            }
            Ok(false) => Err(not_appended(plan, source)),
            Err(source) => {
                Err(AppendError::OutcomeUnknown { entries: plan.entries.len(), start: plan.start, source })
            }
        }
    }

    /// Sends the very same batch again. Its first attempt may still be under way on the server: this one waits for it at
    /// the guard, and then finds itself stored. To look alone would find nothing yet, and the batch would be decided
    /// and stored a second time.
    async fn settle_again(&self, postgres: &Postgres, plan: &Plan, in_turn: bool) -> Result<bool, ReadError> {
        let unreachable = |source| ReadError::Unreachable { doing: "settle an append", source };
        match postgres::write(postgres, plan, in_turn).await {
            Ok(Written::Committed) => Ok(true),
            Ok(Written::NotReplicated) => Ok(false),
            Ok(Written::Lost) if self.holds(plan).await? => {
                // It is seen here. A wait for a standby may have been cut short: a commit after it, which waits, too,
                // proves what stands before it in the write-ahead log.
                postgres::beat(postgres).await.map_err(unreachable)?;
                Ok(true)
            }
            Ok(Written::Lost) => Ok(false),
            Err(WriteError::BeforeCommit(source) | WriteError::AtCommit(source)) => Err(unreachable(source)),
        }
    }

    /// Whether the log holds exactly this commit, asked over another connection than the writer's. Its root speaks for
    /// every entry before and in it.
    async fn holds(&self, plan: &Plan) -> Result<bool, ReadError> {
        let row: sqlx::Result<Option<CommitColumns>> = again_if_broken!(self.database(), readers => {
            sqlx::query_as(sql::COMMITS).bind(to_column(plan.start)).bind(1_i64).fetch_optional(readers).await
        });
        let row = row.map_err(|source| ReadError::Unreachable { doing: "look for a commit", source })?;
        let commit = row.map(Commit::from_columns).transpose()?;
        Ok(commit.is_some_and(|it| {
            it.start == plan.start && it.size == plan.head.size && it.root == plan.head.root
        }))
    }
}

impl Turn {
    /// Lets the other processes append again. One that is dropped ends with its connection.
    pub async fn end(self) {
        if let Some(gate) = self.0
            && let Err(error) = gate.open().await
        {
            tracing::debug!(%error, "the gate's connection ended before it was opened");
        }
    }
}

/// Tells the database's rules, which a retry meets again, from everything that may pass.
fn not_appended(plan: &Plan, source: sqlx::Error) -> AppendError {
    /// The primary result code of whatever a table or a trigger refuses in SQLite.
    const SQLITE_CONSTRAINT: i32 = 19;
    let code = source.as_database_error().and_then(|error| Some(error.code()?.into_owned()));
    let refused = code.is_some_and(|code| match code.len() {
        // PostgreSQL's codes have five characters: integrity constraints, and what a trigger raises.
        5 => code.starts_with("23") || code == "P0001",
        _ => code.parse::<i32>().is_ok_and(|code| code & 0xff == SQLITE_CONSTRAINT),
    });
    if refused {
        AppendError::Refused { source }
    } else {
        AppendError::Unreachable { entries: plan.entries.len(), start: plan.start, source }
    }
}

#[cfg(test)]
mod tests {
    use assent_evidence::TileBuilder;

    use super::*;
    use crate::batch::{Draft, Head};
    use crate::ids::LedgerTag;
    use crate::stamp::Links;

    #[tokio::test]
    async fn a_commit_that_only_seemed_to_fail_is_found_in_the_log() {
        let folder = tempfile::tempdir().unwrap();
        let log =
            EventLog::open(&format!("sqlite:{}", folder.path().join("assent.db").display())).await.unwrap();
        let (nothing, empty) = (TileBuilder::new(), log.head());
        let appended = log.append(batch("stored")).await.unwrap();

        let stored = Plan::new(batch("stored"), &nothing, empty).unwrap();
        assert_eq!(stored.entries, appended.entries);
        log.settle(&stored, sqlx::Error::WorkerCrashed, false).await.unwrap();

        let other = Plan::new(batch("another's"), &nothing, empty).unwrap();
        let error = log.settle(&other, sqlx::Error::WorkerCrashed, false).await.unwrap_err();
        assert!(matches!(error, AppendError::Unreachable { entries: 1, start: 0, .. }), "{error}");

        let last = Head { size: 1, ..empty };
        let behind = Plan::new(Batch { start: 1, ..batch("stored") }, &nothing, last).unwrap();
        assert!(log.settle(&behind, sqlx::Error::WorkerCrashed, false).await.is_err());

        log.close().await;
        let error = log.settle(&stored, sqlx::Error::WorkerCrashed, false).await.unwrap_err();
        assert!(matches!(error, AppendError::OutcomeUnknown { entries: 1, start: 0, .. }), "{error}");
    }

    fn batch(body: &'static str) -> Batch {
        let draft = Draft { body: body.into(), revision: 0, links: Links::default() };
        let (requests, vault, erase, documents) = (vec![], vec![], vec![], vec![]);
        Batch {
            start: 0,
            at: 1,
            tag: LedgerTag::from_random(1),
            drafts: vec![draft],
            requests,
            vault,
            erase,
            documents,
        }
    }
}
