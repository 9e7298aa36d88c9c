//! What only a file can do wrong, or do for itself.

use std::fs;
use std::path::Path;

use assent_event_log::{EventLog, OpenError, on_database};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use crate::support::{Ledger, append};

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
        let ledger = Ledger::sqlite();
        fs::write(ledger.file(), content).unwrap();
        let said = refusal(&ledger.url(), &canonical(&ledger)).await;
        assert_eq!(said, "`assent.db` is not a database file; it was left as it is");
        assert!(EventLog::open_read_only(&ledger.url()).await.is_err());
        assert_eq!(fs::read_to_string(ledger.file()).unwrap(), content);
        assert_eq!(files(ledger.folder()), ["assent.db"]);
    }
}

#[tokio::test]
async fn a_database_of_another_program_is_left_as_it_is() {
    for (prepare, application_id) in
        [("CREATE TABLE notes (text TEXT)", "0x00000000"), ("PRAGMA application_id = 7", "0x00000007")]
    {
        let ledger = Ledger::sqlite();
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
        assert_eq!(files(ledger.folder()), ["assent.db"]);
    }
}

#[tokio::test]
async fn an_empty_file_becomes_a_ledger() {
    let ledger = Ledger::sqlite();
    fs::write(ledger.file(), "").unwrap();
    assert!(matches!(EventLog::open_read_only(&ledger.url()).await, Err(OpenError::NotMigrated { .. })));
    let log = ledger.open().await;
    append(&log, 1).await;
}

#[tokio::test]
async fn an_empty_read_only_file_is_left_as_it_is() {
    let ledger = Ledger::sqlite();
    fs::write(ledger.file(), "").unwrap();
    let mut permissions = fs::metadata(ledger.file()).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(ledger.file(), permissions).unwrap();
    assert!(matches!(EventLog::open(&ledger.url()).await, Err(OpenError::ReadOnlyFile { .. })));
    assert_eq!(fs::metadata(ledger.file()).unwrap().len(), 0);
    assert_eq!(files(ledger.folder()), ["assent.db"]);
}

#[tokio::test]
async fn a_read_only_file_is_refused() {
    let ledger = Ledger::sqlite();
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
    let ledger = Ledger::sqlite();
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
    let ledger = Ledger::sqlite();
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
    let ledger = Ledger::sqlite();
    let _log = ledger.open().await;
    let other_name = ledger.folder().join("other.db");
    std::os::unix::fs::symlink(ledger.file(), &other_name).unwrap();
    let error = EventLog::open(&format!("sqlite:{}", other_name.display())).await.unwrap_err();
    assert!(matches!(error, OpenError::Locked { .. }), "{error}");
}

#[tokio::test]
async fn what_is_not_there_is_said_to_be_missing() {
    let ledger = Ledger::sqlite();
    let error = EventLog::open_read_only(&ledger.url()).await.unwrap_err();
    assert!(matches!(error, OpenError::Missing { .. }), "{error}");
    let nowhere = ledger.folder().join("none").join("assent.db");
    let error = EventLog::open(&format!("sqlite://{}", nowhere.display())).await.unwrap_err();
    assert!(matches!(error, OpenError::FolderMissing { .. }), "{error}");
    let error = EventLog::open(&format!("sqlite:{}", ledger.folder().display())).await.unwrap_err();
    assert!(matches!(error, OpenError::NotADatabase { .. }), "{error}");
    assert!(files(ledger.folder()).is_empty());
}

#[tokio::test]
async fn the_writer_syncs_every_commit_and_triggers_see_what_is_replaced() {
    let ledger = Ledger::sqlite();
    let log = ledger.open().await;
    let (journal, synchronous, recursive): (String, i64, i64) = on_database!(log.database(), writer => (
        sqlx::query_scalar("PRAGMA journal_mode").fetch_one(writer).await.unwrap(),
        sqlx::query_scalar("PRAGMA synchronous").fetch_one(writer).await.unwrap(),
        sqlx::query_scalar("PRAGMA recursive_triggers").fetch_one(writer).await.unwrap(),
    ));
    assert_eq!((journal.as_str(), synchronous, recursive), ("wal", 2, 1));
}

#[tokio::test]
async fn a_transaction_that_a_crash_cut_off_has_left_nothing() {
    let ledger = Ledger::sqlite();
    let log = ledger.open().await;
    let before = append(&log, 300).await.head;
    let torn = "
        PRAGMA cache_size = 1;
        BEGIN IMMEDIATE;
        INSERT INTO events
        WITH RECURSIVE number(n) AS (SELECT 301 UNION ALL SELECT n + 1 FROM number WHERE n < 900)
        SELECT n, zeroblob(1000), zeroblob(32) FROM number";
    // What a crash leaves behind is what is in the files now: the half of a transaction.
    let after_crash = Ledger::sqlite();
    on_database!(log.database(), writer => {
        let mut connection = writer.acquire().await.unwrap();
        sqlx::raw_sql(torn).execute(&mut *connection).await.unwrap();
        for suffix in ["", "-wal"] {
            let copy = |ledger: &Ledger| format!("{}{suffix}", ledger.file().display());
            std::fs::copy(copy(&ledger), copy(&after_crash)).unwrap();
        }
        let wal = format!("{}-wal", after_crash.file().display());
        assert!(std::fs::metadata(wal).unwrap().len() > 600_000, "the half has reached the file");
        sqlx::raw_sql("ROLLBACK").execute(&mut *connection).await.unwrap();
    });
    let reopened = after_crash.open().await;
    assert_eq!(reopened.head(), before);
    assert_eq!(append(&reopened, 300).await.head.size, 600);
}

fn canonical(ledger: &Ledger) -> std::path::PathBuf {
    ledger.folder().canonicalize().expect("the folder exists")
}
