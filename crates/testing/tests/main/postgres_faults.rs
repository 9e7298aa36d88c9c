//! What befalls servers, and that nothing is left of them.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use assent_testing::postgres::{Cluster, ClusterOptions, StopMode};
use tokio::time::{interval, timeout};

/// How long anything may take.
const DEADLINE: Duration = Duration::from_secs(30);
/// How often the file system is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let mut looks = interval(LOOK_EVERY);
    let looking = timeout(DEADLINE, async {
        while !holds() {
            looks.tick().await;
        }
    });
    assert!(looking.await.is_ok(), "{what}");
}

/// The processes whose working folder lies in there.
fn processes_in(folder: &Path) -> Vec<PathBuf> {
    let processes =
        std::fs::read_dir("/proc").expect("Linux lists its processes").flatten().map(|it| it.path());
    let lies_there =
        |it: &PathBuf| std::fs::read_link(it.join("cwd")).is_ok_and(|cwd| cwd.starts_with(folder));
    processes.filter(lies_there).collect()
}

#[tokio::test]
async fn a_killed_and_started_server_has_every_committed_row_at_the_same_place() {
    let cluster = Cluster::spawn(ClusterOptions { tcp: true, ..Default::default() }).await;
    let database = cluster.database().await;
    database.run("CREATE TABLE kept (n BIGINT); INSERT INTO kept SELECT generate_series(1, 1000)").await;
    for _ in 0..3 {
        cluster.kill().await;
        assert_eq!(processes_in(&cluster.folder().join("data")), Vec::<PathBuf>::new());
        assert!(database.try_run("SELECT 1").await.is_err());
        cluster.start().await;
        let url = database.url_at(cluster.address());
        assert_eq!(database.try_run_at(&url, "SELECT count(*) FROM kept").await.unwrap(), "1000");
    }
    assert!(cluster.log().contains("database system was not properly shut down"), "{}", cluster.log());
}

#[tokio::test]
async fn a_server_is_stopped_in_both_ways_and_started_again() {
    let cluster = Cluster::spawn(ClusterOptions::default()).await;
    for mode in [StopMode::Fast, StopMode::Immediate] {
        cluster.stop(mode).await;
        assert!(cluster.try_psql("SELECT 1").await.is_err());
        cluster.start().await;
        assert_eq!(cluster.psql("SELECT 1").await, "1");
    }
}

#[tokio::test]
async fn a_paused_server_answers_nobody_until_it_is_resumed() {
    let cluster = Cluster::spawn(ClusterOptions::default()).await;
    let database = cluster.database().await;
    cluster.pause().await;
    let waiting = database.try_run("SELECT 1");
    tokio::pin!(waiting);
    let heard = timeout(Duration::from_millis(300), &mut waiting).await;
    assert!(heard.is_err(), "{heard:?}");
    cluster.resume().await;
    assert_eq!(waiting.await.unwrap(), "1");
}

#[tokio::test]
async fn terminated_backends_tell_their_clients_so() {
    let cluster = Cluster::spawn(ClusterOptions::default()).await;
    let database = cluster.database().await;
    let (told, ended) = tokio::join!(database.try_run("SELECT pg_sleep(60)"), async {
        cluster.until("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'", "1").await;
        database.terminate_backends().await
    });
    assert_eq!(ended, 1);
    assert!(told.unwrap_err().contains("terminating connection due to administrator command"));
}

#[tokio::test]
async fn nothing_is_left_of_a_dropped_server_in_whatever_state_it_was() {
    let running = Cluster::spawn(ClusterOptions::default()).await;
    let folders: Vec<PathBuf> = {
        let paused = Cluster::spawn(ClusterOptions::default()).await;
        let killed = Cluster::spawn(ClusterOptions::default()).await;
        paused.pause().await;
        killed.kill().await;
        [running, paused, killed].iter().map(|it| it.folder().to_owned()).collect()
    };
    for folder in folders {
        until("the folder is gone", || !folder.exists()).await;
        assert_eq!(processes_in(&folder), Vec::<PathBuf>::new());
    }
}

#[tokio::test]
async fn nothing_is_left_of_a_server_whose_process_was_killed() {
    let mut holder = Command::new(env!("CARGO_BIN_EXE_throw-away-postgres"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(holder.stdout.take().unwrap()).lines();
    let folder = PathBuf::from(lines.nth(1).unwrap().unwrap());
    assert!(!processes_in(&folder).is_empty());
    // SIGKILL.
    holder.kill().unwrap();
    holder.wait().unwrap();
    until("the folder is gone", || !folder.exists()).await;
    assert_eq!(processes_in(&folder), Vec::<PathBuf>::new());
}
