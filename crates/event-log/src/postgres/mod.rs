//! A PostgreSQL database: its pools, the primary among its hosts, and what its connections are asserted to be.

mod connection;
mod entries;
mod gate;
mod hosts;
mod pooler;
mod pulse;
mod requests;
mod wake;
mod write;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use tokio::time::timeout;

pub(crate) use entries::entries;
pub(crate) use gate::Gate;
pub(crate) use hosts::open;
pub(crate) use pulse::beat;
pub(crate) use requests::requests;
pub use wake::Wakes;
pub(crate) use write::write;

/// How long closing waits for connections that are in use.
const CLOSE_MAX: Duration = Duration::from_secs(5);

/// The handle on a PostgreSQL database. Clones share everything.
#[derive(Clone, Debug)]
pub struct Postgres {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    hosts: Vec<PgConnectOptions>,
    access: Access,
    /// This process, in the table of heartbeats.
    replica: [u8; 16],
    /// Those of the host that is the primary, so far as is known.
    pools: RwLock<Pools>,
    /// Closed for good: no connection is made any more.
    closed: AtomicBool,
}

/// What a process may do with the log, and what it asks of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Access {
    pub(crate) writable: bool,
    /// Whether a commit must be durable on a second machine before it is acknowledged.
    pub(crate) replicated: bool,
}

/// The connections to one host.
#[derive(Clone, Debug)]
pub struct Pools {
    /// For statements of handlers, which may be cancelled.
    pub readers: PgPool,
    /// For transactions, which are not: the append's, the vault's, the read models'.
    pub writer: PgPool,
}

impl Postgres {
    /// The pools of the primary. Ask anew for each statement: another host may have become the primary.
    pub fn pools(&self) -> Pools {
        self.inner.pools.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn is_writable(&self) -> bool {
        self.inner.access.writable
    }

    /// Closes all connections. Who still holds one (a maintainer with its lease) is waited for only so long: it ends with
    /// the process.
    pub(crate) async fn close(&self) {
        self.inner.closed.store(true, Ordering::Relaxed);
        let Pools { readers, writer } = self.pools();
        let closed = timeout(CLOSE_MAX, async { tokio::join!(readers.close(), writer.close()) }).await;
        if closed.is_err() {
            tracing::debug!("a connection is still in use");
        }
    }

    /// Where one connection is broken, the others most likely are, too: they are given up.
    pub(crate) fn renew_if_broken(&self, error: &sqlx::Error) -> bool {
        if self.inner.closed.load(Ordering::Relaxed) {
            return false;
        }
        let code = error.as_database_error().and_then(|it| it.code());
        let broken = match error {
            sqlx::Error::Io(_) | sqlx::Error::Protocol(_) => true,
            // Somebody else has found another primary meanwhile.
            sqlx::Error::PoolClosed => return true,
            // Ended by an administrator, by a crash, or not up yet.
            _ => code.is_some_and(|it| it.starts_with("57P")),
        };
        if broken {
            let pools = self.pools();
            let anew = connection::pools(&pools.readers.connect_options(), self.inner.access);
            // The old ones end with their last user. To close them would fail whoever is about to use one: when all
            // connections break at once, many come here, and some pools that are given up are new.
            drop(self.set_pools(anew));
        }
        broken
    }

    fn set_pools(&self, pools: Pools) -> Pools {
        std::mem::replace(&mut *self.inner.pools.write().unwrap_or_else(PoisonError::into_inner), pools)
    }
}

/// Where a database is, without the password.
pub(crate) fn place(hosts: &[PgConnectOptions]) -> String {
    let host = |it: &PgConnectOptions| match it.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => format!("{}:{}", it.get_host(), it.get_port()),
    };
    let names: Vec<String> = hosts.iter().map(host).collect();
    let database = hosts.first().and_then(|it| it.get_database()).unwrap_or_default();
    format!("postgres://{}/{database}", names.join(","))
}
