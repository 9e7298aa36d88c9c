//! The tables of the read models on a server: made by their owner, written by the role that a server runs as.

use assent_projections::admin::{migrate, rebuild, status};
use tokio::task::JoinSet;

use crate::ledger::busy;
use crate::place::Place;
use crate::replica::Replica;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_runtime_role_maintains_what_its_owner_made_and_rebuilt() {
    let place = Place::postgres().await;
    let role = place.database().role("server").await;
    assent_event_log::migrate(&place.url(), Some(&role.name)).await.unwrap();
    let mut migrating = JoinSet::new();
    for _ in 0..6 {
        let url = place.url();
        migrating.spawn(async move { migrate(&url).await.map_err(|it| format!("{it:?}")) });
    }
    while let Some(migrated) = migrating.join_next().await {
        assert_eq!(migrated.unwrap(), Ok(()));
    }
    let mut ledger = busy(place).await;
    let replica = Replica::started(&role.url).await;
    for name in ["c", "d"] {
        ledger.parties(name, name).await;
        replica.follow().await;
        replica.until_written().await;
        assert_eq!(status(&role.url).await.unwrap()[0].position, ledger.log.head().size);
        assert_eq!(rebuild(&ledger.url, |_, _| {}).await.unwrap().differences, 0);
    }
    replica.stop().await;
}
