//! Deleting rows of the vault outside of an append: those that an append has deleted before, and that a backup brought
//! back.

use sqlx::Executor;

use crate::database::Database;
use crate::error::ReadError;
use crate::log::EventLog;
use crate::{on_database, sql};

/// How many rows one transaction deletes.
const ERASED_AT_ONCE: usize = 1_024;

impl EventLog {
    /// Deletes the rows of the vault with these ids, and answers how many there were.
    pub async fn erase_again(&self, ids: &[[u8; 16]]) -> Result<u64, ReadError> {
        let failed = |source| ReadError::Unreachable { doing: "erase rows of the vault", source };
        let mut erased = 0;
        for ids in ids.chunks(ERASED_AT_ONCE) {
            let deleted: sqlx::Result<u64> = on_database!(self.database(), writer => async {
                let mut deleted = 0;
                let mut transaction = writer.begin_with(self.database().begin_writing()).await?;
                for (statement, ids) in sql::ERASE_VAULT.statements(self.database().dialect(), ids) {
                    let delete = ids.iter().fold(sqlx::query(statement), |delete, id| delete.bind(&id[..]));
                    deleted += transaction.execute(delete).await?.rows_affected();
                }
                transaction.commit().await?;
                Ok(deleted)
            }.await);
            erased += deleted.map_err(failed)?;
        }
        Ok(erased)
    }

    /// Takes what was deleted out of a SQLite ledger's write-ahead log, where copies of old pages lie until they are
    /// overwritten; waits for readers. Whether that could be done: a long reader keeps it from happening. A server's
    /// database clears up by itself, and keeps its write-ahead log for backups.
    pub async fn clear_traces(&self) -> Result<bool, ReadError> {
        let Database::Sqlite(sqlite) = self.database() else { return Ok(true) };
        let failed = |source| ReadError::Unreachable { doing: "clear the write-ahead log", source };
        let checkpoint = sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)");
        let (busy, _, _): (i64, i64, i64) = checkpoint.fetch_one(&sqlite.writer).await.map_err(failed)?;
        Ok(busy == 0)
    }
}
