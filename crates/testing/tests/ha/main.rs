//! Three nodes under Patroni lose their primary. Run by `tests/ha`, which installs what it needs.

use std::time::Instant;

use assent_testing::ha::HaCluster;

const COUNT: &str = "SELECT count(*) FROM kept";

#[tokio::test]
async fn a_killed_primary_is_replaced_and_no_commit_is_lost_and_it_comes_back_as_a_replica() {
    let began = Instant::now();
    let cluster = HaCluster::spawn().await;
    eprintln!("three nodes after {:?}", began.elapsed());
    cluster.psql("CREATE TABLE kept (n BIGINT)").await;
    for round in 1..=2 {
        cluster.psql("INSERT INTO kept SELECT generate_series(1, 1000)").await;
        let killed_at = Instant::now();
        let killed = cluster.kill_primary().await;
        let primary = cluster.primary().await;
        eprintln!("a new primary after {:?}", killed_at.elapsed());
        assert_ne!(primary, killed);
        assert_eq!(cluster.psql(COUNT).await, (round * 1000).to_string());
        cluster.until_synchronous().await;
        cluster.psql("CREATE TABLE written (n BIGINT); DROP TABLE written").await;
        eprintln!("written to after {:?}", killed_at.elapsed());
        let revived_at = Instant::now();
        cluster.revive(killed).await;
        eprintln!("revived after {:?}", revived_at.elapsed());
        cluster.until_healthy().await;
        assert_eq!(cluster.try_psql(killed, "SELECT pg_is_in_recovery()").await.unwrap(), "t");
    }
}

#[tokio::test]
async fn a_frozen_primary_acknowledges_nothing_after_another_took_over() {
    let cluster = HaCluster::spawn().await;
    cluster.psql("CREATE TABLE kept (n BIGINT); INSERT INTO kept VALUES (1)").await;
    let frozen = cluster.primary().await;
    cluster.pause(frozen).await;
    let primary = cluster.primary().await;
    assert_ne!(primary, frozen);
    cluster.until_synchronous().await;
    cluster.resume(frozen).await;
    let refused = cluster.try_psql(frozen, "INSERT INTO kept VALUES (2)").await;
    assert!(refused.is_err(), "{refused:?}");
    cluster.until_healthy().await;
    assert_eq!(cluster.try_psql(primary, COUNT).await.unwrap(), "1");
}

#[tokio::test]
async fn the_url_names_all_nodes_and_a_role_that_owns_its_database_and_nothing_else() {
    let cluster = HaCluster::spawn().await;
    let url = cluster.url();
    for host in cluster.hosts() {
        assert!(url.contains(&host.to_string()), "{url}");
    }
    let owners = "SELECT rolname, rolsuper FROM pg_database JOIN pg_roles ON datdba = pg_roles.oid \
                  WHERE datname = 'assent'";
    assert_eq!(cluster.psql(owners).await, "assent|f");
}
