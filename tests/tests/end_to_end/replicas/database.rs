//! What befalls the database under load.

use std::time::Duration;

use assent_testing::Proxy;
use assent_testing::postgres::{Cluster, ClusterOptions, StopMode};
use futures::future::join_all;
use tokio::time::timeout;

use super::chance::{Chance, cycles};
use super::fleet::Fleet;
use super::work::{Work, confirmation};
use crate::support::within;

const FEW: u64 = 4;

async fn cluster() -> Cluster {
    Cluster::spawn(ClusterOptions { tcp: true, ..ClusterOptions::default() }).await
}

#[tokio::test]
async fn a_database_that_is_killed_or_stopped_at_once_loses_nothing() {
    let cluster = cluster().await;
    let fleet = Fleet::on(&cluster, 2, &[]).await.registered().await;
    let (mut chance, mut work) = (Chance::new(), Work::default());
    for cycle in 0..cycles(FEW) {
        let writers = work.begin(&fleet.servers, 8, true);
        writers.until(1 + chance.below(150)).await;
        match cycle % 2 {
            0 => within(cluster.kill()).await,
            _ => within(cluster.stop(StopMode::Immediate)).await,
        }
        within(cluster.start()).await;
        writers.go_on(20).await;
        work.end(writers).await;
        work.check(&fleet).await;
    }
}

#[tokio::test]
async fn connections_that_are_cut_in_the_middle_of_a_commit_lose_nothing() {
    let cluster = cluster().await;
    let mut fleet = Fleet::on(&cluster, 1, &[]).await.registered().await;
    let proxy = Proxy::to(cluster.address()).await;
    let url = fleet.database.as_ref().unwrap().url_at(proxy.address());
    fleet.add_at(url, &[]).await;
    let (mut chance, mut work) = (Chance::new(), Work::default());
    for cycle in 0..cycles(3 * FEW) {
        let writers = work.begin(&fleet.servers, 6, true);
        writers.until(1 + chance.below(60)).await;
        match cycle % 3 {
            0 => within(proxy.cut()).await,
            // The append has reached the server, or it has not: its caller can't tell.
            1 => _ = within(proxy.cut_at_request(b"\0B")).await,
            _ => _ = within(proxy.cut_at_answer(b"C\0\0\0")).await,
        }
        writers.go_on(10).await;
        work.end(writers).await;
        work.check(&fleet).await;
    }
}

#[tokio::test]
async fn backends_that_an_administrator_ends_under_load_lose_nothing() {
    let cluster = cluster().await;
    let fleet = Fleet::on(&cluster, 2, &[]).await.registered().await;
    let mut work = Work::default();
    for _ in 0..cycles(FEW) {
        let writers = work.begin(&fleet.servers, 6, true);
        writers.until(30).await;
        within(fleet.database.as_ref().unwrap().terminate_backends()).await;
        writers.go_on(20).await;
        work.end(writers).await;
        work.check(&fleet).await;
    }
}

#[tokio::test]
async fn a_full_disk_refuses_writes_and_they_come_back_with_the_room() {
    let fleet = Fleet::of(2).await.registered().await;
    let database = fleet.database.as_ref().unwrap();
    let mut work = Work::default();
    // PostgreSQL's own error for it, from within the append's transaction.
    database
        .run(
            "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$
             BEGIN RAISE EXCEPTION 'could not extend file: no space left on device' USING ERRCODE = '53100'; END $$;
             CREATE TRIGGER no_room BEFORE INSERT ON events FOR EACH STATEMENT EXECUTE FUNCTION no_room()",
        )
        .await;
    let refused = within(fleet.servers[0].acceptance().confirm_acceptance(confirmation(1_000_000))).await;
    assert_eq!(assent_testing::reason(&refused.unwrap_err()), "LOG_UNREACHABLE");
    database.run("DROP TRIGGER no_room ON events").await;
    let writers = work.begin(&fleet.servers, 4, false);
    writers.until(20).await;
    work.end(writers).await;
    work.check(&fleet).await;
}

#[tokio::test]
async fn callers_that_give_up_all_the_time_poison_no_connection() {
    let fleet = Fleet::of(2).await.registered().await;
    let mut work = Work::default();
    for round in 0..10_u64 {
        let calls =
            (0..100_u64).map(|number| {
                let server = &fleet.servers[usize::try_from(number % 2).expect("it is small")];
                let patience = Duration::from_micros(100 * number);
                let confirmation = confirmation(2_000_000 + round * 100 + number);
                async move {
                    timeout(patience, server.acceptance().confirm_acceptance(confirmation)).await.is_ok()
                }
            });
        within(join_all(calls)).await;
    }
    let writers = work.begin(&fleet.servers, 4, false);
    writers.until(100).await;
    work.end(writers).await;
    work.check(&fleet).await;
}
