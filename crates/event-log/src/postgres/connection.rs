//! Connections: their settings, and what is refused.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{PgConnection, PgPool, Row};

use super::{Access, Pools};

const READERS_MAX: u32 = 8;
/// The append, the gate, the heartbeat, and the read models.
const WRITERS_MAX: u32 = 4;
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// A process that vanishes holds the gate or a row for seconds at most. An append itself has no limit here: it is
/// never cancelled, only its connection is closed. Its statement is planned once: how long its arrays are changes nothing
/// about the plan. And on a young ledger, whose commits fit a page, that plan would be to read and sort all of them, for
/// every append until statistics are made anew, however many there are by then: a table is read from end to end only
/// where there is no other way.
const WRITER_SETTINGS: &str = "
    SET statement_timeout = 0;
    SET lock_timeout = '10s';
    SET idle_in_transaction_session_timeout = '10s';
    SET tcp_user_timeout = '10s';
    SET client_connection_check_interval = '2s';
    SET jit = off;
    SET enable_seqscan = off;
    SET plan_cache_mode = force_generic_plan";

const READER_SETTINGS: &str = "
    SET default_transaction_read_only = on;
    SET statement_timeout = '60s';
    SET idle_in_transaction_session_timeout = '600s';
    SET tcp_user_timeout = '10s'";

const STATE: &str = "
    SELECT pg_is_in_recovery(),
           current_setting('fsync'),
           current_setting('synchronous_commit'),
           current_setting('server_version_num')::BIGINT";

/// The first version with `client_connection_check_interval`.
const VERSION_MIN: i64 = 140_000;

/// Why a connection does not count.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unfit {
    #[error("it is a standby: only the primary counts")]
    Standby,
    #[error("its setting `{setting}` is `{value}`: what it acknowledges could be lost; set it to `on`")]
    NotDurable { setting: &'static str, value: String },
    #[error("its version is {version}, and 14 is the oldest that will do")]
    TooOld { version: i64 },
}

/// Pools to a host, which connect when they are used.
pub(super) fn pools(options: &PgConnectOptions, access: Access) -> Pools {
    Pools {
        readers: readers(options),
        writer: if access.writable { writer(options, access) } else { readers(options) },
    }
}

fn readers(options: &PgConnectOptions) -> PgPool {
    pool(READERS_MAX)
        .after_connect(|connection, _| {
            Box::pin(async move {
                check(connection, None).await?;
                sqlx::raw_sql(READER_SETTINGS).execute(connection).await.map(drop)
            })
        })
        .connect_lazy_with(options.clone())
}

fn writer(options: &PgConnectOptions, access: Access) -> PgPool {
    pool(WRITERS_MAX)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                check(connection, Some(access)).await?;
                sqlx::raw_sql(WRITER_SETTINGS).execute(connection).await.map(drop)
            })
        })
        .connect_lazy_with(options.clone())
}

fn pool(connections_max: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(connections_max)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // A dead connection is found by its first statement; a test before each would double the round trips.
        .test_before_acquire(false)
}

/// Refuses a connection to a standby, or, for a writer, to a server that could lose what it acknowledges.
pub(super) async fn check(connection: &mut PgConnection, writes: Option<Access>) -> Result<(), sqlx::Error> {
    let unfit = |it: Unfit| Err(sqlx::Error::Configuration(Box::new(it)));
    // Not prepared: what a pooler in transaction mode is must still be found out.
    let row = sqlx::raw_sql(STATE).fetch_one(connection).await?;
    let (standby, version): (bool, i64) = (row.try_get(0)?, row.try_get(3)?);
    let (fsync, synchronous): (String, String) = (row.try_get(1)?, row.try_get(2)?);
    if version < VERSION_MIN {
        return unfit(Unfit::TooOld { version: version / 10_000 });
    }
    if standby {
        return unfit(Unfit::Standby);
    }
    let Some(access) = writes else { return Ok(()) };
    if fsync != "on" {
        return unfit(Unfit::NotDurable { setting: "fsync", value: fsync });
    }
    // Each of the others flushes here; only these two wait until a standby has flushed, too.
    let durable = match access.replicated {
        true => ["on", "remote_apply"].contains(&synchronous.as_str()),
        false => synchronous != "off",
    };
    if !durable {
        return unfit(Unfit::NotDurable { setting: "synchronous_commit", value: synchronous });
    }
    Ok(())
}
