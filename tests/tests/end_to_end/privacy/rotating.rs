//! Another master key for a ledger that goes on being written (house: backups and rotation).

#![expect(
    clippy::unwrap_used,
    reason = "a test that unwraps in vain has failed, whichever function it unwraps in"
)]

use std::path::{Path, PathBuf};

use assent_proto::v1::Program;
use assent_testing::{Server, ServerOptions, assent_binary, master_key_file};
use futures::future::join;

use super::ground::*;
use crate::replicas::fleet::{CUSTOMERS, Fleet, customer};
use crate::replicas::work::Work;
use crate::support::{Ran, run, within};

/// A key in a folder of its own.
fn key(folder: &Path, name: &str) -> PathBuf {
    let folder = folder.join(name);
    std::fs::create_dir(&folder).unwrap();
    master_key_file(&folder)
}

fn text(path: &Path) -> String {
    path.to_str().expect("a temporary folder's name is text").to_owned()
}

async fn rotate(url: &str, old: &Path, new: &Path) -> Ran {
    let arguments =
        ["vault", "rotate", "--database", url, "--master-key-file", &text(old), "--new-master-key-file"];
    run(arguments.into_iter().map(str::to_owned).chain([text(new)])).await
}

/// How many master keys wrap something.
async fn wrapping(url: &str) -> usize {
    let status = run(["vault", "status", "--database", url, "--output", "json"]).await;
    assert_eq!(status.code, Some(0), "{status:?}");
    let status: serde_json::Value = serde_json::from_str(&status.stdout).unwrap();
    status["master_keys"].as_object().unwrap().len()
}

/// Serves the same database with these master keys.
async fn served(url: &str, keys: &[&Path]) -> Server {
    let arguments = keys[1..].iter().flat_map(|it| ["--master-key-file".to_owned(), text(it)]).collect();
    let options = ServerOptions {
        database: Some(url.to_owned()),
        master_key_file: Some(keys[0].to_owned()),
        arguments,
        ..ServerOptions::default()
    };
    within(Server::spawn(options)).await
}

async fn assert_not_served(url: &str, key: &Path) {
    let file = text(key);
    let arguments =
        ["serve", "--dev", "--listen", "127.0.0.1:0", "--database", url, "--master-key-file", &file];
    let refused = run(arguments).await;
    assert_ne!(refused.code, Some(0));
    assert!(refused.stderr.contains("wrong master key"), "{refused:?}");
}

#[tokio::test]
async fn replicas_go_on_while_the_master_key_is_rotated_and_then_need_the_new_one_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (key(folder.path(), "old"), key(folder.path(), "new"));
    let database = within(assent_testing::postgres::shared().await.database()).await;
    let url = database.url();
    let first = served(&url, &[&old]).await;
    let records = records(&first).await;
    // One after the other they learn the new key, and after that they wrap by it.
    let second = served(&url, &[&old, &new]).await;
    drop(first);
    let servers = vec![served(&url, &[&new, &old]).await, served(&url, &[&new, &old]).await];
    drop(second);
    within(servers[0].register_partner("contoso", Program::DirectBill)).await;
    for number in 0..CUSTOMERS {
        within(servers[0].register_customer(&customer(number))).await;
        within(servers[0].establish("contoso", &customer(number))).await;
    }
    let mut work = Work::default();
    let writers = work.begin(&servers, 4, true);
    writers.until(20).await;
    let rotated = rotate(&url, &old, &new).await;
    assert_eq!(rotated.code, Some(0), "{rotated:?}");
    writers.go_on(20).await;
    work.end(writers).await;
    assert_eq!(wrapping(&url).await, 1, "{rotated:?}");
    for server in &servers {
        assert!(has_contact(server, &records.his).await && has_contact(server, &records.elsewhere).await);
    }
    drop(servers);
    assert_not_served(&url, &old).await;
    let alone = served(&url, &[&new]).await;
    assert!(has_contact(&alone, &records.his).await);
    assert_eq!(found(&alone, HIM, 10).await, [records.his]);
    let verified = run(["verify", "--database", &url]).await;
    assert_eq!(verified.code, Some(0), "{verified:?}");
}

#[tokio::test]
async fn a_ledger_in_a_file_is_rotated_beside_its_server_and_beside_an_erasure() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (key(folder.path(), "old"), key(folder.path(), "new"));
    let url = format!("sqlite:{}", folder.path().join("assent.db").display());
    let mut server = served(&url, &[&old]).await;
    let records = records(&server).await;
    within(server.terminate()).await;
    drop(server);
    let mut server = served(&url, &[&new, &old]).await;
    let (rotated, erased) = join(rotate(&url, &old, &new), erase(&server, Some(&records.first))).await;
    assert_eq!(rotated.code, Some(0), "{rotated:?}");
    assert!(erased.erased > 0);
    assert!(has_contact(&server, &records.his).await);
    assert!(!has_contact(&server, &records.corrected).await, "no rotation brings back what was erased");
    within(server.terminate()).await;
    assert_eq!(wrapping(&url).await, 1);
    assert_not_served(&url, &old).await;
    let alone = served(&url, &[&new]).await;
    assert!(has_contact(&alone, &records.his).await && !has_contact(&alone, &records.first).await);
}

#[tokio::test]
async fn a_rotation_that_was_killed_midway_is_carried_to_its_end_by_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (key(folder.path(), "old"), key(folder.path(), "new"));
    let database = within(assent_testing::postgres::shared().await.database()).await;
    let url = database.url();
    let server = served(&url, &[&old]).await;
    let records = records(&server).await;
    drop(server);
    // Somebody holds the rows, so that a rotation begins and can't come to its end.
    let held = database.try_run("BEGIN; SELECT id FROM vault FOR UPDATE; SELECT pg_sleep(600)");
    let killed = async {
        let is_held = "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE relation = 'vault'::regclass AND mode = 'RowShareLock')";
        while database.run(is_held).await.trim() != "t" {}
        let mut rotation = tokio::process::Command::new(assent_binary())
            .args(["vault", "rotate", "--database", &url, "--master-key-file", &text(&old)])
            .args(["--new-master-key-file", &text(&new)])
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let has_begun = "SELECT EXISTS (SELECT 1 FROM vault_keys WHERE name LIKE 'leaving%')";
        while database.run(has_begun).await.trim() != "t" {}
        rotation.kill().await.unwrap();
    };
    tokio::select! {
        ended = held => panic!("it is held until the rotation is killed: {ended:?}"),
        () = within(killed) => {}
    }
    database.terminate_backends().await;
    assert_not_served(&url, &new).await;
    let between = served(&url, &[&new, &old]).await;
    assert!(has_contact(&between, &records.his).await);
    drop(between);
    let rotated = rotate(&url, &old, &new).await;
    assert_eq!(rotated.code, Some(0), "{rotated:?}");
    assert_eq!(wrapping(&url).await, 1);
    assert_not_served(&url, &old).await;
    let alone = served(&url, &[&new]).await;
    assert!(has_contact(&alone, &records.his).await);
}

#[tokio::test]
async fn a_vault_that_still_needs_an_old_key_is_not_served_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (key(folder.path(), "old"), key(folder.path(), "new"));
    let strange = key(folder.path(), "strange");
    let url = format!("sqlite:{}", folder.path().join("assent.db").display());
    let server = served(&url, &[&old]).await;
    let records = records(&server).await;
    let refused = rotate(&url, &strange, &new).await;
    assert_eq!(refused.code, Some(3), "{refused:?}");
    assert!(refused.stderr.contains("wrong master key"), "{refused:?}");
    // Half of what a rotation does: the vault's own key is wrapped by the new one, and says that the old one is needed.
    drop(server);
    let file = folder.path().join("assent.db");
    assert_eq!(rotate(&url, &old, &new).await.code, Some(0));
    sqlite(
        &file,
        "INSERT INTO vault_keys SELECT 'leaving 0102030405060708', x'0102030405060708', check_value, wrapped \
         FROM vault_keys",
    )
    .await;
    assert_not_served(&url, &new).await;
    sqlite(&file, "DELETE FROM vault_keys WHERE name LIKE 'leaving%'").await;
    let server = served(&url, &[&new]).await;
    assert!(has_contact(&server, &records.his).await);
}

#[tokio::test]
async fn the_status_of_a_vault_needs_no_key() {
    let fleet = Fleet::on_file().await;
    records(&fleet.servers[0]).await;
    assert_eq!(wrapping(&fleet.url()).await, 1);
    let status = run(["vault", "status", "--database", &fleet.url()]).await;
    assert!(status.stdout.starts_with("master key "), "{status:?}");
}
