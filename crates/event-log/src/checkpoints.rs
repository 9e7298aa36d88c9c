//! Signed checkpoints, as they are kept: the log stores what was signed and does not know how.

use crate::database::Database;
use crate::error::{AppendError, ReadError};
use crate::load::{from_column, to_column};
use crate::log::EventLog;
use crate::{again_if_broken, in_time, on_database};

const INSERT: &str = "
    INSERT INTO checkpoints (size, note, signed_at)
    SELECT $1, $2, $3
    WHERE NOT EXISTS (SELECT 1 FROM checkpoints WHERE size = $1)
    ON CONFLICT DO NOTHING";

const AT: &str = "SELECT size, note, signed_at FROM checkpoints WHERE size = $1";

const NEWEST: &str = "
    SELECT size, note, signed_at
    FROM checkpoints
    ORDER BY size DESC
    LIMIT 1";

const AFTER: &str = "
    SELECT size, note, signed_at
    FROM checkpoints
    WHERE size > $1
    ORDER BY size
    LIMIT $2";

/// A signed checkpoint as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCheckpoint {
    /// The size of the log that it signs.
    pub size: u64,
    /// The signed note.
    pub note: String,
    /// When it was signed, microseconds since 1970.
    pub signed_at: i64,
}

type Columns = (i64, String, i64);

impl EventLog {
    /// Stores a checkpoint, durably. Where one of this size is stored, that one stays.
    pub async fn store_checkpoint(&self, checkpoint: &StoredCheckpoint) -> Result<(), AppendError> {
        if !self.database().is_writable() {
            return Err(AppendError::ReadOnly);
        }
        let StoredCheckpoint { size, note, signed_at } = checkpoint;
        let stored = on_database!(self.database(), writer => in_time(async {
            let query = sqlx::query(INSERT).bind(to_column(*size)).bind(note).bind(signed_at);
            query.execute(writer).await.map(drop)
        }).await);
        stored.map_err(|source| {
            self.database().renew_if_broken(&source);
            AppendError::Unreachable { entries: 0, start: *size, source }
        })
    }

    /// The checkpoint of exactly this size.
    pub async fn checkpoint(&self, size: u64) -> Result<Option<StoredCheckpoint>, ReadError> {
        let row: sqlx::Result<Option<Columns>> = again_if_broken!(self.database(), readers => {
            sqlx::query_as(AT).bind(to_column(size)).fetch_optional(readers).await
        });
        Ok(row.map_err(unreachable)?.map(from_columns))
    }

    /// The newest checkpoint.
    pub async fn newest_checkpoint(&self) -> Result<Option<StoredCheckpoint>, ReadError> {
        newest_checkpoint(self.database()).await
    }

    /// The next checkpoints behind a size, in order.
    pub async fn checkpoints(&self, after: u64, limit: u32) -> Result<Vec<StoredCheckpoint>, ReadError> {
        checkpoints(self.database(), after, limit).await
    }
}

pub(crate) async fn newest_checkpoint(database: &Database) -> Result<Option<StoredCheckpoint>, ReadError> {
    let row: sqlx::Result<Option<Columns>> = again_if_broken!(database, readers => {
        sqlx::query_as(NEWEST).fetch_optional(readers).await
    });
    Ok(row.map_err(unreachable)?.map(from_columns))
}

pub(crate) async fn checkpoints(
    database: &Database,
    after: u64,
    limit: u32,
) -> Result<Vec<StoredCheckpoint>, ReadError> {
    let rows: sqlx::Result<Vec<Columns>> = again_if_broken!(database, readers => {
        sqlx::query_as(AFTER).bind(to_column(after)).bind(i64::from(limit)).fetch_all(readers).await
    });
    Ok(rows.map_err(unreachable)?.into_iter().map(from_columns).collect())
}

fn from_columns((size, note, signed_at): Columns) -> StoredCheckpoint {
    StoredCheckpoint { size: from_column(size), note, signed_at }
}

fn unreachable(source: sqlx::Error) -> ReadError {
    ReadError::Unreachable { doing: "read checkpoints", source }
}
