//! Heartbeats: what proves that a replica was connected to the primary.

use std::time::Duration;

use sqlx::Row;
use tokio::time::timeout;

use super::Postgres;
use crate::load::from_column;
use crate::pulse::Beat;

/// How long a heartbeat may take. An isolated primary that waits for its standby would take for ever.
const BEAT_MAX: Duration = Duration::from_secs(5);

/// Rows of processes that ended are left for a day.
const BEAT: &str = "
    WITH clock AS (
        SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::BIGINT AS now
    ), gone AS (
        DELETE FROM heartbeats WHERE at < (SELECT now FROM clock) - 86400000000 AND replica <> $1
    ), beat AS (
        INSERT INTO heartbeats (replica, at)
        SELECT $1, now FROM clock
        ON CONFLICT (replica) DO UPDATE SET at = excluded.at
    )
    SELECT now, COALESCE((SELECT size FROM commits ORDER BY start DESC LIMIT 1), 0) AS size FROM clock";

/// Commits a row, synchronously, and reads how far the log has got.
pub(crate) async fn beat(postgres: &Postgres) -> Result<Beat, sqlx::Error> {
    let mut connection = postgres.pools().writer.acquire().await?;
    let replica = &postgres.inner.replica[..];
    let row = match timeout(BEAT_MAX, sqlx::query(BEAT).bind(replica).fetch_one(&mut *connection)).await {
        Ok(Ok(row)) => row,
        Ok(Err(error)) => {
            connection.close_on_drop();
            postgres.renew_if_broken(&error);
            return Err(error);
        }
        Err(_) => {
            connection.close_on_drop();
            let late =
                std::io::Error::new(std::io::ErrorKind::TimedOut, "the heartbeat was not answered in time");
            let late = sqlx::Error::Io(late);
            postgres.renew_if_broken(&late);
            return Err(late);
        }
    };
    Ok(Beat { size: from_column(row.try_get("size")?), clock: Some(row.try_get("now")?) })
}
