//! What tells a process that it is connected, and that there is something new.

use std::time::Duration;

use assent_event_log::EventLog;
use assent_testing::postgres::{Cluster, ClusterOptions, shared};
use tokio::time::timeout;

use crate::support::append;

const SOON: Duration = Duration::from_secs(30);
/// More than a heartbeat may take by itself.
const BEAT_LIMIT: Duration = Duration::from_secs(15);
/// 2020-01-01, in microseconds.
const LONG_AGO: i64 = 1_577_836_800_000_000;

#[tokio::test]
async fn a_heartbeat_says_how_far_the_log_and_the_clock_are() {
    let database = shared().await.database().await;
    let log = EventLog::open(&database.url()).await.unwrap();
    let other = EventLog::open(&database.url()).await.unwrap();
    let first = log.heartbeat().await.unwrap();
    append(&other, 5).await;
    let second = log.heartbeat().await.unwrap();
    assert_eq!((first.size, second.size, log.head().size), (0, 5, 0));
    let (before, after) = (first.clock.unwrap(), second.clock.unwrap());
    assert!(LONG_AGO < before && before < after, "{before}, {after}");
    other.heartbeat().await.unwrap();
    assert_eq!(database.run("SELECT count(*) FROM heartbeats").await, "2", "one row for each process");
}

#[tokio::test]
async fn a_heartbeat_on_a_server_that_answers_nothing_fails_within_its_limit() {
    let cluster = Cluster::spawn(ClusterOptions::default()).await;
    let database = cluster.database().await;
    let log = EventLog::open(&database.url()).await.unwrap();
    log.heartbeat().await.unwrap();
    cluster.pause().await;
    timeout(BEAT_LIMIT, log.heartbeat()).await.unwrap().unwrap_err();
    cluster.resume().await;
    log.heartbeat().await.unwrap();
    append(&log, 1).await;
}

#[tokio::test]
async fn every_commit_of_another_process_wakes() {
    let database = shared().await.database().await;
    let log = EventLog::open(&database.url()).await.unwrap();
    let other = EventLog::open(&database.url()).await.unwrap();
    let mut wakes = log.wakes().await.unwrap().unwrap();
    for size in 1..=3 {
        append(&other, 1).await;
        timeout(SOON, wakes.next()).await.unwrap().unwrap();
        assert_eq!(log.refresh().await.unwrap().size, size);
    }
}

#[tokio::test]
async fn a_log_closes_while_somebody_waits_for_wakes() {
    let database = shared().await.database().await;
    let log = EventLog::open(&database.url()).await.unwrap();
    let mut wakes = log.wakes().await.unwrap().unwrap();
    let waiting = tokio::spawn(async move { while wakes.next().await.is_ok() {} });
    timeout(SOON, log.close()).await.unwrap();
    timeout(SOON, waiting).await.unwrap().unwrap();
}
