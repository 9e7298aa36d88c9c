use std::fs;
use std::path::Path;

use assent_event_log::{EventLog, OpenError};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use crate::support::{Ledger, append, run};

/// The error in full, with its causes, as a person would see it; folders are left out.
async fn refusal(url: &str, folder: &Path) -> String {
    let error = EventLog::open(url).await.expect_err("it must not open");
    error.to_string().replace(&format!("{}/", folder.display()), "")
}

fn files(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).expect("the folder exists");
    let mut names: Vec<String> =
        names.map(|entry| entry.expect("it lists").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_file_that_is_no_database_is_left_as_it_is() {
    for content in ["a letter", &"a long letter\n".repeat(1000)] {
        let ledger = Ledger::new();
        fs::write(ledger.file(), content).unwrap();
        let said = refusal(&ledger.url(), &canonical(&ledger)).await;
        assert_eq!(said, "`assent.db` is not a database file; it was left as it is");
        assert!(EventLog::open_read_only(&ledger.url()).await.is_err());
        assert_eq!(fs::read_to_string(ledger.file()).unwrap(), content);
        assert_eq!(files(ledger.folder.path()), ["assent.db"]);
    }
}

#[tokio::test]
async fn a_database_of_another_program_is_left_as_it_is() {
    for (prepare, application_id) in
        [("CREATE TABLE notes (text TEXT)", "0x00000000"), ("PRAGMA application_id = 7", "0x00000007")]
    {
        let ledger = Ledger::new();
        let options = SqliteConnectOptions::new().filename(ledger.file()).create_if_missing(true);
        let mut other = options.connect().await.unwrap();
        sqlx::raw_sql(prepare).execute(&mut other).await.unwrap();
        other.close().await.unwrap();
        let before = fs::read(ledger.file()).unwrap();
        let said = refusal(&ledger.url(), &canonical(&ledger)).await;
        let expected = format!(
            "`assent.db` is a database of another program (application id {application_id}); it was left as it is"
        );
        assert_eq!(said, expected);
        assert!(matches!(
            EventLog::open_read_only(&ledger.url()).await,
            Err(OpenError::ForeignDatabase { .. })
        ));
        assert_eq!(fs::read(ledger.file()).unwrap(), before);
        assert_eq!(files(ledger.folder.path()), ["assent.db"]);
    }
}

#[tokio::test]
async fn an_empty_file_becomes_a_ledger() {
    let ledger = Ledger::new();
    fs::write(ledger.file(), "").unwrap();
    assert!(matches!(EventLog::open_read_only(&ledger.url()).await, Err(OpenError::NotMigrated { .. })));
    let log = ledger.open().await;
    append(&log, 1).await;
}

#[tokio::test]
async fn an_empty_read_only_file_is_left_as_it_is() {
    let ledger = Ledger::new();
    fs::write(ledger.file(), "").unwrap();
    let mut permissions = fs::metadata(ledger.file()).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(ledger.file(), permissions).unwrap();
    assert!(matches!(EventLog::open(&ledger.url()).await, Err(OpenError::ReadOnlyFile { .. })));
    assert_eq!(fs::metadata(ledger.file()).unwrap().len(), 0);
    assert_eq!(files(ledger.folder.path()), ["assent.db"]);
}

#[tokio::test]
async fn a_read_only_file_is_refused() {
    let ledger = Ledger::new();
    let log = ledger.open().await;
    append(&log, 3).await;
    log.close().await;
    let mut permissions = fs::metadata(ledger.file()).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(ledger.file(), permissions).unwrap();
    let before = fs::read(ledger.file()).unwrap();
    let said = refusal(&ledger.url(), &canonical(&ledger)).await;
    assert_eq!(said, "`assent.db` is read-only, and a ledger must be able to write to its file and folder");
    assert_eq!(fs::read(ledger.file()).unwrap(), before);
    assert_eq!(EventLog::open_read_only(&ledger.url()).await.unwrap().head().size, 3);
}

#[tokio::test]
async fn a_second_writer_is_kept_out_until_the_first_has_closed() {
    let ledger = Ledger::new();
    let log = ledger.open().await;
    append(&log, 3).await;
    let said = refusal(&ledger.url(), &canonical(&ledger)).await;
    assert_eq!(said, "`assent.db` is in use by another process, which holds `assent.db.lock`");
    let reader = EventLog::open_read_only(&ledger.url()).await.unwrap();
    assert_eq!(append(&log, 3).await.head.size, 6, "nobody else disturbed the writer's own locks");
    log.close().await;
    assert_eq!(ledger.open().await.head().size, 6);
    assert_eq!(reader.refresh().await.unwrap().size, 6);
}

#[tokio::test]
async fn the_lock_outlives_the_log_while_somebody_still_holds_its_database() {
    let ledger = Ledger::new();
    let log = ledger.open().await;
    let database = log.database().clone();
    drop(log);
    assert!(matches!(EventLog::open(&ledger.url()).await, Err(OpenError::Locked { .. })));
    drop(database);
    ledger.open().await;
}

#[cfg(unix)]
#[tokio::test]
async fn two_names_of_one_file_have_one_lock() {
    let ledger = Ledger::new();
    let _log = ledger.open().await;
    let other_name = ledger.folder.path().join("other.db");
    std::os::unix::fs::symlink(ledger.file(), &other_name).unwrap();
    let error = EventLog::open(&format!("sqlite:{}", other_name.display())).await.unwrap_err();
    assert!(matches!(error, OpenError::Locked { .. }), "{error}");
}

#[tokio::test]
async fn what_is_not_there_is_said_to_be_missing() {
    let ledger = Ledger::new();
    let error = EventLog::open_read_only(&ledger.url()).await.unwrap_err();
    assert!(matches!(error, OpenError::Missing { .. }), "{error}");
    let nowhere = ledger.folder.path().join("none").join("assent.db");
    let error = EventLog::open(&format!("sqlite://{}", nowhere.display())).await.unwrap_err();
    assert!(matches!(error, OpenError::FolderMissing { .. }), "{error}");
    let error = EventLog::open(&format!("sqlite:{}", ledger.folder.path().display())).await.unwrap_err();
    assert!(matches!(error, OpenError::NotADatabase { .. }), "{error}");
    assert!(files(ledger.folder.path()).is_empty());
}

#[tokio::test]
async fn tables_of_a_newer_release_are_not_touched() {
    let ledger = Ledger::new();
    let log = ledger.open().await;
    let newer = "INSERT INTO event_log_migrations VALUES (9999, 'newer', CURRENT_TIMESTAMP, TRUE, x'', 0)";
    run(&log, newer).await.unwrap();
    log.close().await;
    for opened in [EventLog::open(&ledger.url()).await, EventLog::open_read_only(&ledger.url()).await] {
        assert!(matches!(opened, Err(OpenError::NewerRelease { migration: 9999, .. })));
    }
}

fn canonical(ledger: &Ledger) -> std::path::PathBuf {
    ledger.folder.path().canonicalize().expect("the folder exists")
}
