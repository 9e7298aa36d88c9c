//! The lease: which process maintains the read models.

use std::time::Duration;

use assent_event_log::{Database, Postgres, in_time};
use sqlx::pool::PoolConnection;

use super::{EDITION, Views, ViewsError};

/// The lock of an edition's maintainer.
const MAINTAINER_LOCK: i64 = 0x4153_4e54_1000;

/// The lock of an edition's rebuild.
const REBUILD_LOCK: i64 = 0x4153_4e54_2000;

/// The session of a rebuild that has ended holds it a little longer.
const LOOKS_MAX: u32 = 40;
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// A maintainer's connection that stays silent in a transaction is given up by its server, and with it the lease. Commits
/// need not be durable at once: what a crash takes back the log makes anew, and nothing is ever ahead of the log, whose
/// commits stand before these in the write-ahead log.
const SETTINGS: &str = "SET idle_in_transaction_session_timeout = '30s'; SET synchronous_commit = off";

/// How long a transaction of the maintainer may take before its connection is given up.
pub(super) const WRITE_MAX: Duration = Duration::from_secs(120);

/// Held by the one process that maintains the read models. On PostgreSQL it is a lock of a session, and everything is
/// written over that session: who has lost it can't write any more, whatever it believes. The fence in each write stands
/// behind that.
#[derive(Debug)]
pub(crate) enum Lease {
    /// The log's own lock keeps other processes out.
    Sqlite,
    /// The session.
    Postgres(PoolConnection<sqlx::Postgres>),
}

impl Views {
    /// Takes the lease, where no other process has it.
    pub(crate) async fn try_lease(&self) -> Result<Option<Lease>, ViewsError> {
        let Database::Postgres(postgres) = &self.database else { return Ok(Some(Lease::Sqlite)) };
        let failed = |source| ViewsError::Read { what: "who maintains the read models", source };
        let Some(mut session) = self.try_lock(postgres, MAINTAINER_LOCK).await.map_err(failed)? else {
            return Ok(None);
        };
        sqlx::raw_sql(SETTINGS).execute(&mut *session).await.map_err(failed)?;
        Ok(Some(Lease::Postgres(session)))
    }

    /// For tables that nobody else writes: a rebuild's. One rebuilds at a time: a second one would take away what the first makes.
    pub(crate) async fn own_lease(&self) -> Result<Lease, ViewsError> {
        let Database::Postgres(postgres) = &self.database else { return Ok(Lease::Sqlite) };
        let failed = |source| ViewsError::Write { what: "the new read models", source };
        for _ in 0..LOOKS_MAX {
            if let Some(session) = self.try_lock(postgres, REBUILD_LOCK).await.map_err(failed)? {
                return Ok(Lease::Postgres(session));
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Err(ViewsError::Rebuilding)
    }

    /// A session with this lock of the edition's, where no other session has it.
    async fn try_lock(
        &self,
        postgres: &Postgres,
        lock: i64,
    ) -> sqlx::Result<Option<PoolConnection<sqlx::Postgres>>> {
        let mut session = postgres.pools().writer.acquire().await?;
        let taken = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)").bind(lock + EDITION);
        let taken: bool = match in_time(taken.fetch_one(&mut *session)).await {
            Ok(taken) => taken,
            Err(error) => {
                // Whatever became of it ends with the session.
                session.close_on_drop();
                self.database.renew_if_broken(&error);
                return Err(error);
            }
        };
        if taken {
            // A lock must not outlive its holder in the pool.
            session.close_on_drop();
        }
        Ok(taken.then_some(session))
    }
}
