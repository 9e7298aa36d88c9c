//! Databases on the shared server, and how a server is set up.

use assent_testing::postgres::{Cluster, ClusterOptions, shared};

#[tokio::test]
async fn two_databases_of_one_server_do_not_see_each_other() {
    let cluster = shared().await;
    let (one, other) = (cluster.database().await, cluster.database().await);
    one.run("CREATE TABLE seen (n BIGINT); INSERT INTO seen VALUES (1), (2)").await;
    assert_eq!(one.run("SELECT n, n + 1 FROM seen ORDER BY n").await, "1|2\n2|3");
    let unseen = other.try_run("SELECT n FROM seen").await;
    assert!(unseen.unwrap_err().contains("does not exist"));
    assert_eq!(one.cluster().url(), other.cluster().url());
}

#[tokio::test]
async fn a_server_is_as_durable_as_assent_wants_it_unless_it_is_told_otherwise() {
    const SETTINGS: &str = "SHOW fsync; SHOW synchronous_commit; SHOW full_page_writes; SHOW max_connections; SHOW listen_addresses";
    let durable = Cluster::spawn(ClusterOptions::default()).await;
    assert_eq!(durable.psql(SETTINGS).await, "on\non\non\n200");
    let settings = vec!["max_connections = 20".to_owned()];
    let careless = Cluster::spawn(ClusterOptions { durable: false, settings, ..Default::default() }).await;
    assert_eq!(careless.psql(SETTINGS).await, "off\noff\noff\n20");
}

#[tokio::test]
async fn a_dropped_database_is_gone_though_somebody_is_connected() {
    let cluster = shared().await;
    let database = cluster.database().await;
    let (name, role) = (database.name().to_owned(), database.role("reader").await.name);
    let url = database.url();
    let sleeper = cluster.database().await;
    let (connected, ()) = tokio::join!(sleeper.try_run_at(&url, "SELECT pg_sleep(60)"), async {
        let waits =
            format!("SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}' AND state = 'active'");
        cluster.until(&waits, "1").await;
        drop(database);
        cluster.until(&format!("SELECT count(*) FROM pg_database WHERE datname = '{name}'"), "0").await;
        cluster.until(&format!("SELECT count(*) FROM pg_roles WHERE rolname = '{role}'"), "0").await;
    });
    assert!(connected.unwrap_err().contains("terminating connection"));
}

#[tokio::test]
async fn a_role_may_log_in_and_do_nothing_that_it_was_not_granted() {
    let database = shared().await.database().await;
    let role = database.role("reader").await;
    database.run("CREATE TABLE facts (n BIGINT); INSERT INTO facts VALUES (7)").await;
    assert_eq!(database.try_run_at(&role.url, "SELECT current_user").await.unwrap(), role.name);
    let refused = database.try_run_at(&role.url, "SELECT n FROM facts").await;
    assert!(refused.unwrap_err().contains("permission denied"));
    database.run(&format!("GRANT SELECT ON facts TO {}", role.name)).await;
    assert_eq!(database.try_run_at(&role.url, "SELECT n FROM facts").await.unwrap(), "7");
}

#[tokio::test]
async fn a_server_with_tls_takes_nothing_else_on_its_port() {
    let cluster = Cluster::spawn(ClusterOptions { tls: true, ..Default::default() }).await;
    let database = cluster.database().await;
    let encrypted = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    assert_eq!(database.try_run_at(&database.tls_url(), encrypted).await.unwrap(), "t");
    let plain = database.url_at(cluster.address()) + "?sslmode=disable";
    let refused = database.try_run_at(&plain, encrypted).await;
    assert!(refused.unwrap_err().contains("no encryption"));
}
