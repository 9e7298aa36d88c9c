//! Which of the hosts is the primary.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection};
use tokio::time::timeout;
use tracing::info;
use uuid::Uuid;

use super::connection::{Unfit, check, pools};
use super::{Access, Inner, Postgres, place};
use crate::database::Database;
use crate::error::OpenError;

/// How long a host may take to answer before the next one is tried.
const HOST_TIMEOUT: Duration = Duration::from_secs(3);

/// Opens the database on the first host that is the primary and may be trusted with a log.
pub(crate) async fn open(hosts: Vec<PgConnectOptions>, access: Access) -> Result<Database, OpenError> {
    let primary = primary(&hosts, access, None).await.map_err(|source| unreachable(&hosts, source))?;
    super::pooler::refuse_transaction_pooling(&hosts[primary]).await?;
    let pools = RwLock::new(pools(&hosts[primary], access));
    let replica = Uuid::new_v4().into_bytes();
    Ok(Database::Postgres(Postgres {
        inner: Arc::new(Inner { hosts, access, replica, pools, closed: AtomicBool::new(false) }),
    }))
}

impl Postgres {
    /// After a failure: looks which host is the primary now, those other than the last one first. True where another
    /// one is.
    pub(crate) async fn find_primary(&self) -> Result<bool, sqlx::Error> {
        let Inner { hosts, access, .. } = &*self.inner;
        if hosts.len() < 2 {
            return Ok(false);
        }
        let last = self.pools().readers.connect_options();
        let same =
            |it: &PgConnectOptions| (it.get_host(), it.get_port()) == (last.get_host(), last.get_port());
        let last = hosts.iter().position(same);
        let primary = primary(hosts, *access, last).await?;
        if last == Some(primary) {
            return Ok(false);
        }
        info!(
            host = hosts[primary].get_host(),
            port = hosts[primary].get_port(),
            "another host is the primary"
        );
        // Whoever is waiting on a connection of the old primary learns it from that connection.
        drop(self.set_pools(pools(&hosts[primary], *access)));
        Ok(true)
    }
}

/// The first fit host; the error is the last host's.
async fn primary(
    hosts: &[PgConnectOptions],
    access: Access,
    last: Option<usize>,
) -> Result<usize, sqlx::Error> {
    let mut failure = sqlx::Error::PoolTimedOut;
    let others = (0..hosts.len()).filter(|it| Some(*it) != last);
    for place in others.chain(last) {
        match timeout(HOST_TIMEOUT, is_fit(&hosts[place], access)).await {
            Ok(Ok(())) => return Ok(place),
            Ok(Err(error)) => failure = error,
            Err(_) => {}
        }
    }
    Err(failure)
}

async fn is_fit(host: &PgConnectOptions, access: Access) -> Result<(), sqlx::Error> {
    let mut connection = host.connect().await?;
    check(&mut connection, access.writable.then_some(access)).await?;
    connection.close().await
}

/// Tells apart what a person can do something about.
fn unreachable(hosts: &[PgConnectOptions], source: sqlx::Error) -> OpenError {
    let place = place(hosts);
    if let sqlx::Error::Configuration(why) = &source
        && let Some(unfit) = why.downcast_ref::<Unfit>()
    {
        return OpenError::Unfit { place, why: unfit.to_string() };
    }
    OpenError::Unreachable { place, source }
}
