//! The gate: how a process that lost a race is the next to append.

use std::time::Duration;

use sqlx::pool::PoolConnection;
use tokio::time::timeout;

use super::Postgres;

/// Shared by each append for as long as its transaction takes; whoever lost a race closes it for the others. An
/// advisory lock queues fairly and writes nothing, where a locked row would leave dead versions behind.
pub(super) const GATE: i64 = 0x4153_4e54_0001;

/// Longer than the server waits for a lock.
const CLOSE_MAX: Duration = Duration::from_secs(12);

/// Held closed until it is opened or dropped.
#[derive(Debug)]
pub(crate) struct Gate {
    connection: PoolConnection<sqlx::Postgres>,
}

impl Gate {
    /// Waits until no append is under way, and lets none begin.
    pub(crate) async fn close(postgres: &Postgres) -> Result<Self, sqlx::Error> {
        let mut connection = postgres.pools().writer.acquire().await?;
        // Whatever becomes of this process or its connection, the lock ends with the session.
        connection.close_on_drop();
        // The server gives up waiting after its lock_timeout; a server that went away says nothing.
        let closing = async {
            sqlx::raw_sql("BEGIN").execute(&mut *connection).await?;
            sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(GATE).execute(&mut *connection).await
        };
        match timeout(CLOSE_MAX, closing).await {
            Ok(closed) => closed.map(|_| Self { connection }),
            Err(_) => Err(sqlx::Error::PoolTimedOut),
        }
    }

    /// Lets the others append again.
    pub(crate) async fn open(mut self) -> Result<(), sqlx::Error> {
        sqlx::raw_sql("COMMIT").execute(&mut *self.connection).await.map(drop)
    }
}
