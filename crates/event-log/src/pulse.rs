//! Whether this process is still connected to the log's one true copy.

use crate::database::Database;
use crate::error::ReadError;
use crate::log::EventLog;
use crate::postgres;

/// What a heartbeat found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beat {
    /// The size of the log: whoever has read that much is as fresh as the moment at which the beat began.
    pub size: u64,
    /// The database's clock, microseconds since 1970; none where the database is a file and has no other clock.
    pub clock: Option<i64>,
}

impl EventLog {
    /// Commits a small row, synchronously: only the primary can, so an answer is worth more than that of any read,
    /// which a primary that was cut off would give, too. On a file there is nothing to prove.
    ///
    /// After a failure it has looked for another primary among the hosts.
    pub async fn heartbeat(&self) -> Result<Beat, ReadError> {
        match self.database() {
            Database::Sqlite(_) => Ok(Beat { size: self.head().size, clock: None }),
            Database::Postgres(database) => {
                let beat = postgres::beat(database).await;
                if let Err(error) = &beat
                    && let Err(other) = database.find_primary().await
                {
                    tracing::debug!(%error, %other, "no host is the primary");
                }
                beat.map_err(|source| ReadError::Unreachable { doing: "commit a heartbeat", source })
            }
        }
    }
}
