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
