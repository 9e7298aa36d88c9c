//! Backups that are older than an erasure: what was erased stays erased, whatever of them is restored.

use std::fs;
use std::path::{Path, PathBuf};

use assent_proto::v1::{CorrectAcceptanceRequest, GetAcceptanceRequest};
use assent_testing::{Server, ServerOptions, reason};

use super::ground::*;
use super::verified::verify;
use crate::replicas::fleet::Fleet;
use crate::support::{head, run, within};

on_both! {
    a_vault_restored_from_before_an_erasure_is_erased_again_by_the_log_alone,
    a_vault_restored_beside_a_running_server_shows_nothing_that_was_erased,
    what_the_vault_has_lost_is_not_shown_as_erased,
}

/// Puts the rows back that the vault had when it was kept.
const RESTORE: &str = "INSERT INTO vault SELECT * FROM kept WHERE id NOT IN (SELECT id FROM vault)";

/// How many of them there are.
const KEPT: &str = "SELECT COUNT(*) FROM vault WHERE id IN (SELECT id FROM kept)";

async fn a_vault_restored_from_before_an_erasure_is_erased_again_by_the_log_alone(mut ground: Ground) {
    let records = records(ground.server()).await;
    ground.sql("CREATE TABLE kept AS SELECT * FROM vault").await;
    erase(ground.server(), Some(&records.first)).await;
    let left = ground.sql("SELECT COUNT(*) FROM vault").await;
    within(ground.server_mut().terminate()).await;
    ground.sql(RESTORE).await;
    assert_ne!(ground.sql("SELECT COUNT(*) FROM vault").await, left);
    let _ = fs::remove_file(tombstones(ground.server()));
    within(ground.server_mut().restart()).await;
    assert_eq!(ground.sql("SELECT COUNT(*) FROM vault").await, left);
    let server = ground.server();
    assert!(!has_contact(server, &records.first).await && !has_contact(server, &records.corrected).await);
    assert!(has_contact(server, &records.his).await);
    assert_eq!(found(server, HER, 10).await, [records.elsewhere]);
    assert!(server.stderr().contains("erased again what a restored vault had brought back"));
}

async fn a_vault_restored_beside_a_running_server_shows_nothing_that_was_erased(ground: Ground) {
    let server = ground.server();
    let records = records(server).await;
    ground.sql("CREATE TABLE kept AS SELECT * FROM vault").await;
    erase(server, Some(&records.first)).await;
    let left = ground.sql(KEPT).await;
    let erasure = head(server).await;
    ground.sql(RESTORE).await;
    assert_ne!(ground.sql(KEPT).await, left);
    assert!(!has_contact(server, &records.first).await && !has_contact(server, &records.corrected).await);
    assert!(has_contact(server, &records.his).await);
    assert_eq!(found(server, HER, 1).await, std::slice::from_ref(&records.elsewhere));
    let (code, said) = verify(server).await;
    assert_eq!((code, &said["position"]), (Some(1), &erasure.into()), "{said}");
    assert!(said["finding"].to_string().contains("a row again that was erased here"), "{said}");
    // Nothing is left to be erased that was not, and the rows go.
    erase(server, Some(&records.first)).await;
    assert_eq!(ground.sql(KEPT).await, left);
    let (code, said) = verify(server).await;
    assert_eq!((code, &said["unknownVaultRows"]), (Some(0), &0.into()), "{said}");
}

async fn what_the_vault_has_lost_is_not_shown_as_erased(ground: Ground) {
    let server = ground.server();
    let records = records(server).await;
    erase(server, None).await;
    ground.sql("DELETE FROM vault").await;
    let get = |id: &str| GetAcceptanceRequest { acceptance_id: id.to_owned() };
    let lost = within(server.acceptance().get_acceptance(get(&records.elsewhere))).await;
    let refused = lost.expect_err("its contact is lost");
    assert_eq!(reason(&refused), "LOG_CORRUPT", "{refused}");
    assert!(!has_contact(server, &records.his).await, "that was erased");
    let correction = CorrectAcceptanceRequest {
        acceptance_id: records.elsewhere.clone(),
        reason: "its contact was lost".to_owned(),
        contact: contact(HER),
        ..Default::default()
    };
    within(server.acceptance().correct_acceptance(correction)).await.expect("a new contact repairs it");
    let (code, said) = verify(server).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said["finding"].to_string().contains("the vault has lost a row"), "{said}");
}

fn tombstones(server: &Server) -> PathBuf {
    server.folder().join("assent.db.tombstones")
}

#[tokio::test]
async fn a_file_restored_from_before_an_erasure_keeps_it_by_the_list_outside_of_the_data() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("erased");
    let arguments = vec!["--tombstones".to_owned(), list.display().to_string()];
    let mut server = within(Server::spawn(ServerOptions { arguments, ..ServerOptions::default() })).await;
    let records = records(&server).await;
    let copy = folder.path().join("copy.db");
    sqlite(&server.database_file(), &format!("VACUUM INTO '{}'", copy.display())).await;
    erase(&server, None).await;
    assert!(!tombstones(&server).exists(), "only the one that was given");
    within(server.terminate()).await;
    for suffix in ["-wal", "-shm", ".views", ".views-wal", ".views-shm"] {
        let _ = fs::remove_file(format!("{}{suffix}", server.database_file().display()));
    }
    fs::copy(&copy, server.database_file()).unwrap();
    within(server.restart()).await;
    for id in [&records.first, &records.corrected, &records.his] {
        assert!(!has_contact(&server, id).await, "the log knows nothing of an erasure, and the list does");
    }
    assert!(has_contact(&server, &records.elsewhere).await);
    let asked = ["verify", "--database", &server.database_url()];
    let without = run(asked).await;
    assert!(without.code == Some(1) && without.stdout.contains("the vault has lost a row"), "{without:?}");
    let list = list.display().to_string();
    let with = run(asked.into_iter().chain(["--tombstones", &list])).await;
    assert!(with.code == Some(0) && with.stdout.starts_with("WHOLE"), "{with:?}");
}

#[tokio::test]
async fn a_list_that_was_lost_is_made_anew_from_the_log() {
    let mut server = within(Server::spawn(ServerOptions::default())).await;
    let records = records(&server).await;
    erase(&server, Some(&records.his)).await;
    erase(&server, None).await;
    let lines = |path: &Path| {
        let text = fs::read_to_string(path).unwrap();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let before = lines(&tombstones(&server));
    assert!(before.len() > 10, "{before:?}");
    within(server.terminate()).await;
    fs::remove_file(tombstones(&server)).unwrap();
    within(server.restart()).await;
    assert_eq!(lines(&tombstones(&server)), before);
}

/// Running replicas whose database is taken back notice it, and let nothing come back with it.
#[tokio::test]
async fn a_database_taken_back_under_a_running_replica_brings_nothing_back() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("erased").display().to_string();
    let database = within(assent_testing::postgres::shared().await.database()).await;
    let mut fleet = Fleet::none(Some(database));
    fleet.add(1, &["--tombstones", &list]).await;
    let server = &fleet.servers[0];
    let records = records(server).await;
    let database = fleet.database.as_ref().unwrap();
    let tables = ["events", "requests", "commits", "tiles", "vault"];
    for table in tables {
        within(database.run(&format!("CREATE TABLE kept_{table} AS SELECT * FROM {table}"))).await;
    }
    erase(server, Some(&records.his)).await;
    let back = tables.map(|table| {
        format!(
            "ALTER TABLE {table} DISABLE TRIGGER USER; DELETE FROM {table};
             INSERT INTO {table} SELECT * FROM kept_{table}; ALTER TABLE {table} ENABLE TRIGGER USER;"
        )
    });
    within(database.run(&format!("BEGIN; {} COMMIT;", back.concat()))).await;
    // It answers again once it has read the log anew.
    let erased = async {
        loop {
            let get = GetAcceptanceRequest { acceptance_id: records.his.clone() };
            match server.acceptance().get_acceptance(get).await {
                Ok(shown) if server.stderr().contains("read the log anew") => {
                    return shown.into_inner().acceptance.unwrap().contact_erased;
                }
                Ok(_) | Err(_) => tokio::task::yield_now().await,
            }
        }
    };
    assert!(within(erased).await);
}
