//! Backups that were made beside running servers, restored elsewhere.

use std::path::Path;
use std::process::Stdio;

use assent_testing::postgres::{Cluster, ClusterOptions, StopMode};
use assent_testing::{Server, ServerOptions};
use tokio::process::Command;

use crate::faults::derived::{list, story};
use crate::replicas::fleet::Fleet;
use crate::replicas::work::Work;
use crate::support::{run, server, within};

/// Runs a program to its end, and panics with what it says where it fails.
async fn must(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    let output = within(output).await.unwrap_or_else(|error| panic!("{program} is not installed: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {said}");
}

async fn assert_whole(url: &str) {
    let verified = run(["verify", "--database", url]).await;
    assert_eq!(verified.code, Some(0), "{verified:?}");
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a temporary folder's name is text")
}

#[tokio::test]
async fn a_file_that_was_copied_by_sqlite_under_writers_is_whole_and_is_served() {
    let server = server().await;
    within(story(&server)).await;
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("assent.db");
    let statement = format!("VACUUM INTO '{}'", copy.display());
    let work = async {
        let mut work = Work::default();
        within(server.registered("contoso", "customer-0")).await;
        let writers = work.begin(std::slice::from_ref(&server), 4, true);
        within(must("sqlite3", &[text(&server.database_file()), &statement])).await;
        work.end(writers).await;
    };
    work.await;
    let key = server.folder().join("assent.db.key");
    std::fs::copy(key, folder.path().join("assent.db.key")).unwrap();
    let url = format!("sqlite:{}", copy.display());
    assert_whole(&url).await;
    let options = ServerOptions {
        database: Some(url.clone()),
        master_key_file: Some(folder.path().join("assent.db.key")),
        ..ServerOptions::default()
    };
    let restored = within(Server::spawn(options)).await;
    // What the writers added is another partner's; positions of later answers differ.
    let (there, here) = (list(&restored).await, list(&server).await);
    assert_eq!((there.0, there.1, there.2), (here.0, here.1, here.2));
    assert_whole(&url).await;
}

#[tokio::test]
async fn a_dump_with_its_vault_apart_is_whole_and_is_served() {
    let mut fleet = Fleet::of(1).await;
    within(story(&fleet.servers[0])).await;
    let folder = tempfile::tempdir().unwrap();
    let (log, vault) = (folder.path().join("log.dump"), folder.path().join("vault.dump"));
    let url = fleet.url();
    must("pg_dump", &["-Fc", "--exclude-table-data=vault*", "-f", text(&log), &url]).await;
    must("pg_dump", &["-Fc", "-a", "-t", "vault", "-t", "vault_keys", "-f", text(&vault), &url]).await;
    let database = within(fleet.database.as_ref().unwrap().cluster().database()).await;
    for dump in [&log, &vault] {
        must("pg_restore", &["--no-owner", "--exit-on-error", "-d", &database.url(), text(dump)]).await;
    }
    assert_whole(&database.url()).await;
    fleet.add_at(database.url(), &[]).await;
    assert_eq!(list(&fleet.servers[1]).await, list(&fleet.servers[0]).await);
    assert_whole(&database.url()).await;
}

#[tokio::test]
async fn a_base_backup_takes_the_place_of_a_lost_server() {
    let cluster = Cluster::spawn(ClusterOptions { tcp: true, ..ClusterOptions::default() }).await;
    let fleet = Fleet::on(&cluster, 1, &[]).await.registered().await;
    let mut work = Work::default();
    let writers = work.begin(&fleet.servers, 4, true);
    writers.until(20).await;
    let hba = cluster.folder().join("hba.conf");
    let rules = std::fs::read_to_string(&hba).unwrap() + "local replication all trust\n";
    std::fs::write(&hba, rules).unwrap();
    within(cluster.psql("SELECT pg_reload_conf()")).await;
    let (data, backup) = (cluster.folder().join("data"), cluster.folder().join("backup"));
    let (socket, port) = (text(cluster.folder()), cluster.address().port().to_string());
    let arguments =
        ["-h", socket, "-p", &port, "-U", "postgres", "-c", "fast", "-X", "stream", "-D", text(&backup)];
    must("pg_basebackup", &arguments).await;
    writers.go_on(20).await;
    work.end(writers).await;
    let before = fleet.settled().await;
    within(cluster.stop(StopMode::Immediate)).await;
    must("chown", &["-R", "--reference", text(&data), text(&backup)]).await;
    must("rm", &["-r", text(&data)]).await;
    must("mv", &[text(&backup), text(&data)]).await;
    within(cluster.start()).await;
    assert_whole(&fleet.url()).await;
    // The server has read events that are in no backup: it reads the log anew, and answers from what is there.
    let after = within(async {
        loop {
            if let Some(head) = head_now(&fleet.servers[0]).await.filter(|it| *it < before) {
                return head;
            }
            tokio::task::yield_now().await;
        }
    });
    assert!(after.await >= 20);
}

async fn head_now(server: &Server) -> Option<u64> {
    let order = assent_testing::requests::order("nobody", "nobody");
    server.authorization().authorize_order(order).await.ok().map(|it| it.into_inner().position)
}
