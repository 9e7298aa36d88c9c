//! Whether this process is still connected to the log's one true copy.

use std::time::Duration;

use crate::database::Database;
use crate::error::ReadError;
use crate::log::EventLog;
use crate::postgres::{self, Postgres};

/// How often another primary is looked for after a failure, and how long to wait in between: while the hosts choose one,
/// none is.
const LOOKS_MAX: usize = 10;
const LOOK_AGAIN: Duration = Duration::from_millis(500);

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
                if beat.is_err() {
                    look_for_primary(database).await;
                }
                beat.map_err(|source| ReadError::Unreachable { doing: "commit a heartbeat", source })
            }
        }
    }
}

async fn look_for_primary(database: &Postgres) {
    for _ in 0..LOOKS_MAX {
        match database.find_primary().await {
            Ok(_) => return,
            Err(error) => tracing::debug!(%error, "no host is the primary"),
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}
