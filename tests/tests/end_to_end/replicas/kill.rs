//! SIGKILL of servers at random instants under concurrent writers.

use super::chance::{Chance, cycles};
use super::fleet::Fleet;
use super::work::Work;
use crate::support::within;

/// How many servers are killed where nothing else is said.
const FEW: u64 = 10;

async fn survive(mut fleet: Fleet) {
    let mut chance = Chance::new();
    let mut work = Work::default();
    for _ in 0..cycles(FEW) {
        let writers = work.begin(&fleet.servers, 6, false);
        writers.until(1 + chance.below(120)).await;
        let victim = usize::try_from(chance.below(fleet.servers.len() as u64)).expect("they are few");
        within(fleet.servers[victim].kill()).await;
        if fleet.servers.len() > 1 {
            writers.go_on(10).await;
        }
        work.end(writers).await;
        within(fleet.servers[victim].restart()).await;
        work.check(&fleet).await;
    }
    assert!(work.count() as u64 >= cycles(FEW));
}

#[tokio::test]
async fn a_replica_that_is_killed_loses_nothing_and_the_others_go_on() {
    survive(Fleet::of(3).await.registered().await).await;
}

#[tokio::test]
async fn the_only_server_of_a_file_is_killed_and_loses_nothing() {
    survive(Fleet::on_file().await.registered().await).await;
}
