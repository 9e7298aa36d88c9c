//! The one way in.

use crate::batch::{Appended, Batch, StoredEntry};
use crate::error::{AppendError, ReadError};
use crate::log::EventLog;
use crate::plan::Plan;
use crate::write::{WriteError, Written, write};

impl EventLog {
    /// Appends a batch: all of it, durably, or nothing.
    ///
    /// Runs in a task of its own, so a caller that goes away tears nothing; the batch is stored all the same. When
    /// this answers with [`AppendError::Conflict`], the head has already caught up with whoever was first.
    pub async fn append(&self, batch: Batch) -> Result<Appended, AppendError> {
        if !self.inner.database.is_writable() {
            return Err(AppendError::ReadOnly);
        }
        let log = self.clone();
        let task = tokio::spawn(async move { log.append_uninterrupted(batch).await });
        task.await.map_err(|source| AppendError::Interrupted { source })?
    }

    async fn append_uninterrupted(&self, batch: Batch) -> Result<Appended, AppendError> {
        let mut tree = self.inner.tree.lock().await;
        let plan = Plan::new(batch, &tree, self.head())?;
        match write(&self.inner.database, &plan).await {
            Ok(Written::Committed) => {}
            Ok(Written::Lost) => {
                let head =
                    self.catch_up(&mut tree).await.map_err(|source| AppendError::CatchUp { source })?;
                return Err(AppendError::Conflict { start: plan.start, actual: head.size });
            }
            Err(WriteError::BeforeCommit(source)) => return Err(not_appended(&plan, source)),
            Err(WriteError::AtCommit(source)) => self.settle(&plan, source).await?,
        }
        let Plan { entries, head, tree: grown, .. } = plan;
        self.advance(&mut tree, grown, head);
        Ok(Appended { entries, head })
    }

    /// After a failed commit: finds out whether it took effect all the same.
    async fn settle(&self, plan: &Plan, source: sqlx::Error) -> Result<(), AppendError> {
        match self.holds(&plan.entries[0]).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(not_appended(plan, source)),
            Err(source) => {
                Err(AppendError::OutcomeUnknown { entries: plan.entries.len(), start: plan.start, source })
            }
        }
    }

    /// Whether the log holds exactly this entry at its position, asked over another connection than the writer's.
    async fn holds(&self, entry: &StoredEntry) -> Result<bool, ReadError> {
        let stored = self.read(entry.position, entry.position, 1).await?;
        Ok(stored.first().is_some_and(|stored| stored.leaf_hash == entry.leaf_hash))
    }
}

/// Tells the database's rules, which a retry meets again, from everything that may pass.
fn not_appended(plan: &Plan, source: sqlx::Error) -> AppendError {
    /// The primary result code of whatever a table or a trigger refuses.
    const SQLITE_CONSTRAINT: i32 = 19;
    let code = source.as_database_error().and_then(|error| error.code()?.parse::<i32>().ok());
    if code.is_some_and(|code| code & 0xff == SQLITE_CONSTRAINT) {
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
        log.settle(&stored, sqlx::Error::WorkerCrashed).await.unwrap();

        let other = Plan::new(batch("another's"), &nothing, empty).unwrap();
        let error = log.settle(&other, sqlx::Error::WorkerCrashed).await.unwrap_err();
        assert!(matches!(error, AppendError::Unreachable { entries: 1, start: 0, .. }), "{error}");

        let last = Head { size: 1, ..empty };
        let behind = Plan::new(Batch { start: 1, ..batch("stored") }, &nothing, last).unwrap();
        assert!(log.settle(&behind, sqlx::Error::WorkerCrashed).await.is_err());

        log.close().await;
        let error = log.settle(&stored, sqlx::Error::WorkerCrashed).await.unwrap_err();
        assert!(matches!(error, AppendError::OutcomeUnknown { entries: 1, start: 0, .. }), "{error}");
    }

    fn batch(body: &'static str) -> Batch {
        let draft = Draft { body: body.into(), revision: 0, links: Links::default() };
        let (requests, vault, documents) = (vec![], vec![], vec![]);
        Batch {
            start: 0,
            at: 1,
            tag: LedgerTag::from_random(1),
            drafts: vec![draft],
            requests,
            vault,
            documents,
        }
    }
}
