//! Connections that break between a client and PostgreSQL.

use std::time::Duration;

use assent_testing::Proxy;
use assent_testing::postgres::{Cluster, ClusterOptions, TestDatabase};
use tokio::time::timeout;

/// How long something is watched that must not happen.
const WATCHED: Duration = Duration::from_millis(300);

async fn table() -> (TestDatabase, Proxy, String) {
    let cluster = Cluster::spawn(ClusterOptions { tcp: true, ..Default::default() }).await;
    let database = cluster.database().await;
    database.run("CREATE TABLE kept (n BIGINT)").await;
    let proxy = Proxy::to(cluster.address()).await;
    let url = database.url_at(proxy.address());
    (database, proxy, url)
}

async fn rows(database: &TestDatabase) -> String {
    database.run("SELECT count(*) FROM kept").await
}

#[tokio::test]
async fn a_cut_ends_what_is_open_and_nothing_that_comes_after() {
    let (database, proxy, url) = table().await;
    let in_transaction = "BEGIN; INSERT INTO kept VALUES (1); SELECT pg_sleep(60); COMMIT";
    let (cut, ()) = tokio::join!(database.try_run_at(&url, in_transaction), async {
        let waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
        database.cluster().until(waits, "1").await;
        assert_eq!(proxy.open(), 1);
        proxy.cut().await;
        assert_eq!(proxy.open(), 0);
    });
    assert!(cut.is_err(), "{cut:?}");
    assert_eq!(rows(&database).await, "0");
    assert_eq!(database.try_run_at(&url, "SELECT 1").await.unwrap(), "1");
}

#[tokio::test]
async fn a_commit_that_is_cut_before_the_server_gets_it_did_not_happen() {
    let (database, proxy, url) = table().await;
    let sprung = proxy.cut_at_request(b"COMMIT");
    let cut = database.try_run_at(&url, "BEGIN; INSERT INTO kept VALUES (1); COMMIT").await;
    assert!(cut.is_err(), "{cut:?}");
    sprung.await.unwrap();
    assert_eq!(rows(&database).await, "0");
}

#[tokio::test]
async fn an_answer_that_is_swallowed_is_one_that_the_client_waits_for_until_it_is_cut_off() {
    let (database, proxy, url) = table().await;
    let passes = proxy.swallow_answer_to(b"INSERT");
    let (cut, ()) = tokio::join!(database.try_run_at(&url, "INSERT INTO kept VALUES (1)"), async {
        passes.await.unwrap();
        while rows(&database).await != "1" {}
        proxy.cut().await;
    });
    assert!(cut.is_err(), "{cut:?}");
    assert_eq!(rows(&database).await, "1");
}

#[tokio::test]
async fn a_commit_that_is_cut_before_the_client_hears_of_it_did_happen() {
    let (database, proxy, url) = table().await;
    let sprung = proxy.cut_at_answer(b"COMMIT\0");
    let cut = database.try_run_at(&url, "BEGIN; INSERT INTO kept VALUES (1); COMMIT").await;
    assert!(cut.is_err(), "{cut:?}");
    sprung.await.unwrap();
    assert_eq!(rows(&database).await, "1");
}

#[tokio::test]
async fn a_proxy_that_refuses_is_found_again_at_the_same_address() {
    let (database, mut proxy, url) = table().await;
    proxy.refuse().await;
    let refused = database.try_run_at(&url, "SELECT 1").await;
    assert!(refused.unwrap_err().contains("Connection refused"));
    proxy.admit().await;
    assert_eq!(database.try_run_at(&url, "SELECT 1").await.unwrap(), "1");
}

#[tokio::test]
async fn a_stalled_proxy_takes_connections_and_holds_back_what_they_say() {
    let (database, proxy, url) = table().await;
    proxy.stall();
    let waiting = database.try_run_at(&url, "SELECT 1");
    tokio::pin!(waiting);
    let heard = timeout(WATCHED, &mut waiting).await;
    assert!(heard.is_err(), "{heard:?}");
    assert_eq!(proxy.open(), 1);
    proxy.flow();
    assert_eq!(waiting.await.unwrap(), "1");
}
