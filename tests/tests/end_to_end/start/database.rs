//! A database file that is none, of another program, or in use.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use assent_testing::{Server, ServerOptions, requests};

use super::{files, refused, serve};
use crate::support::{head, server, within};

/// Where a database file says which program it is of.
const APPLICATION_ID: std::ops::Range<usize> = 68..72;

#[tokio::test]
async fn a_file_that_is_no_database_stays_as_it_is() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("notes.txt");
    let text = "these are notes and no database, and they are longer than the header of one. ".repeat(100);
    for content in [&b"short"[..], text.as_bytes(), &[0; 4096]] {
        std::fs::write(&file, content).expect("it can be written");
        let sentence = refused(serve(&file, &[])).await;
        assert!(sentence.contains("notes.txt") && sentence.contains("left as it is"), "{sentence}");
        let left: Vec<_> = files(folder.path()).into_iter().filter(|(_, it)| !it.is_empty()).collect();
        assert_eq!(left, [(file.clone(), content.to_vec())]);
    }
}

#[tokio::test]
async fn a_database_of_another_program_stays_as_it_is() {
    let mut server = server().await;
    within(server.accepted("contoso", "fabrikam")).await;
    within(server.terminate()).await;
    let own = std::fs::read(server.database_file()).expect("it can be read");
    for application_id in [*b"GPKG", [0; 4]] {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let file = folder.path().join("other.db");
        let mut other = own.clone();
        other[APPLICATION_ID].copy_from_slice(&application_id);
        std::fs::write(&file, &other).expect("it can be written");
        let sentence = refused(serve(&file, &[])).await;
        assert!(sentence.contains("another program"), "{sentence}");
        assert_eq!(std::fs::read(&file).expect("it is there"), other);
        assert!(!folder.path().join("other.db.key").exists(), "no key is made for it");
        assert!(!folder.path().join("other.db.views").exists(), "no read models are made for it");
    }
}

/// The files of a folder without the read models, which the running server writes when it has time.
fn ledger_files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    files(folder).into_iter().filter(|(path, _)| !path.to_string_lossy().contains(".views")).collect()
}

#[tokio::test]
async fn a_ledger_in_use_is_not_opened_a_second_time() {
    let server = server().await;
    within(server.accepted("contoso", "fabrikam")).await;
    let before = head(&server).await;
    let bytes = ledger_files(server.folder());
    let sentence = refused(serve(&server.database_file(), &[])).await;
    assert!(sentence.contains("in use"), "{sentence}");
    assert!(ledger_files(server.folder()) == bytes, "the files of the ledger are as they were");
    within(server.accepted("northwind", "adatum")).await;
    assert!(head(&server).await > before, "the one that runs goes on");
}

#[tokio::test]
async fn a_damaged_ledger_is_not_served() {
    let mut server = server().await;
    within(server.accepted("contoso", "fabrikam")).await;
    within(server.terminate()).await;
    let mut bytes = std::fs::read(server.database_file()).expect("it can be read");
    let name = b"relationship/contoso/fabrikam";
    let place = bytes.windows(name.len()).position(|it| it == name).expect("an entry names its stream");
    bytes[place] ^= 1;
    std::fs::write(server.database_file(), bytes).expect("it can be written");
    // Read models that are whole would hide what the start does not read again: without them it reads the log.
    for file in ["assent.db.views", "assent.db.views-wal", "assent.db.views-shm"] {
        let _ = std::fs::remove_file(server.folder().join(file));
    }
    let sentence = refused(serve(&server.database_file(), &[])).await;
    assert!(sentence.contains("corrupt"), "{sentence}");
}

#[tokio::test]
async fn the_environment_is_fixed_at_the_first_start() {
    let mut server =
        Server::spawn(ServerOptions { environment: Some("sandbox"), ..Default::default() }).await;
    within(server.accepted("contoso", "fabrikam")).await;
    within(server.terminate()).await;
    let before = std::fs::read(server.database_file()).expect("it can be read");
    let sentence = refused(serve(&server.database_file(), &["--environment", "production"])).await;
    assert!(sentence.to_lowercase().contains("sandbox"), "{sentence}");
    assert_eq!(std::fs::read(server.database_file()).expect("it can be read"), before);
    within(server.restart()).await;
    within(server.decide(requests::order("contoso", "fabrikam"))).await;
}

#[tokio::test]
async fn a_ledger_whose_master_key_is_gone_or_another_is_not_served() {
    let mut server = server().await;
    within(server.accepted("contoso", "fabrikam")).await;
    within(server.terminate()).await;
    let key = server.folder().join("assent.db.key");
    let kept = std::fs::read(&key).expect("the first start made it");
    let missing = server.folder().join("nowhere.key");
    let sentence = refused(serve(
        &server.database_file(),
        &["--master-key-file", missing.to_str().expect("it is UTF-8")],
    ))
    .await;
    assert!(sentence.contains("nowhere.key"), "{sentence}");
    assert!(!missing.exists());

    std::fs::remove_file(&key).expect("it can be removed");
    let sentence = refused(serve(&server.database_file(), &[])).await;
    assert!(sentence.contains("assent.db.key"), "{sentence}");
    assert!(!key.exists(), "no other key is made for a ledger that has one");

    for wrong in [&b"11".repeat(32)[..], b"too short", b""] {
        std::fs::write(&key, wrong).expect("it can be written");
        let sentence = refused(serve(&server.database_file(), &[])).await;
        assert!(sentence.contains("master key"), "{sentence}");
    }
    std::fs::write(&key, kept).expect("it can be written");
    within(server.restart()).await;
    within(server.decide(requests::order("contoso", "fabrikam"))).await;
}
