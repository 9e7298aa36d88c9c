//! Three nodes under Patroni lose their primary. Run by `tests/ha`, which installs what it needs.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use assent_testing::ha::HaCluster;
use tokio::time::{interval, timeout};

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

#[tokio::test]
async fn nothing_is_left_of_three_nodes_whose_process_was_killed() {
    let mut holder = Command::new(env!("CARGO_BIN_EXE_throw-away-postgres"))
        .arg("three")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(holder.stdout.take().unwrap()).lines();
    let folder = PathBuf::from(lines.nth(1).unwrap().unwrap());
    assert!(processes_of(&folder) > 10);
    // SIGKILL.
    holder.kill().unwrap();
    holder.wait().unwrap();
    let mut looks = interval(Duration::from_millis(50));
    let gone = timeout(Duration::from_secs(60), async {
        while folder.exists() {
            looks.tick().await;
        }
    });
    assert!(gone.await.is_ok(), "{} processes of {}", processes_of(&folder), folder.display());
    assert_eq!(processes_of(&folder), 0);
}

/// How many processes have been told of the folder, or work in it.
fn processes_of(folder: &Path) -> usize {
    let name = folder.to_str().expect("temporary folders are UTF-8");
    let processes =
        std::fs::read_dir("/proc").expect("Linux lists its processes").flatten().map(|it| it.path());
    let knows_it = |it: &PathBuf| {
        let told =
            std::fs::read(it.join("cmdline")).is_ok_and(|it| String::from_utf8_lossy(&it).contains(name));
        told || std::fs::read_link(it.join("cwd")).is_ok_and(|it| it.starts_with(folder))
    };
    processes.filter(knows_it).count()
}
