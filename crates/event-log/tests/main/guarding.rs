//! The database itself keeps the log append-only, whoever comes with another program.

use assent_event_log::{Document, EventLog, KeyRow, on_database};
use assent_evidence::sha256;

use crate::support::{Ledger, append, batch, run};

/// A log with a row in every table.
async fn filled(ledger: &Ledger) -> EventLog {
    let log = ledger.open().await;
    let mut first = batch(0, 256);
    first.requests = vec![([1; 32], 1)];
    first.vault = vec![KeyRow {
        id: [2; 16],
        master_key_id: Some([3; 8]),
        wrapped_key: Some(vec![4]),
        email_index: Some(vec![5]),
        contact_fingerprint: Some(vec![6]),
        request_fingerprint: Some(vec![7]),
    }];
    let content = b"text";
    first.documents = vec![Document {
        sha256: sha256(content),
        media_type: "text/plain".into(),
        content: content.as_slice().into(),
    }];
    log.append(first).await.expect("the batch is appended");
    log
}

async fn assert_refused(log: &EventLog, statement: &'static str, why: &str) {
    let error = run(log, statement).await.expect_err(statement);
    let message = error.as_database_error().map(|error| error.message().to_owned()).unwrap_or_default();
    assert!(message.contains(why), "{statement}: {message}");
}

#[tokio::test]
async fn updates_and_deletes_are_refused() {
    let ledger = Ledger::new();
    let log = filled(&ledger).await;
    for (statement, why) in [
        ("UPDATE events SET entry = x'00'", "events are append-only"),
        ("UPDATE events SET position = 999 WHERE position = 1", "events are append-only"),
        ("DELETE FROM events WHERE position = 256", "events are append-only"),
        ("DELETE FROM events", "events are append-only"),
        ("UPDATE requests SET position = 2", "requests are append-only"),
        ("DELETE FROM requests", "requests are append-only"),
        ("UPDATE commits SET at = 0", "commits are append-only"),
        ("DELETE FROM commits", "commits are append-only"),
        ("UPDATE tiles SET idx = 7", "tiles are append-only"),
        ("DELETE FROM tiles", "tiles are append-only"),
        ("UPDATE documents SET media_type = ''", "documents are append-only"),
        ("DELETE FROM documents", "documents are append-only"),
    ] {
        assert_refused(&log, statement, why).await;
    }
    assert_eq!(log.refresh().await.unwrap(), log.head());
}

#[tokio::test]
async fn an_existing_key_is_refused_even_by_insert_or_replace() {
    let ledger = Ledger::new();
    let log = filled(&ledger).await;
    for (statement, why) in [
        ("INSERT OR REPLACE INTO events SELECT * FROM events WHERE position = 1", "this position exists"),
        ("INSERT OR IGNORE INTO events SELECT * FROM events WHERE position = 1", "this position exists"),
        ("REPLACE INTO events VALUES (256, x'00', zeroblob(32))", "this position exists"),
        ("INSERT OR REPLACE INTO requests SELECT * FROM requests", "this key exists"),
        ("INSERT OR REPLACE INTO commits VALUES (0, 1, zeroblob(32), 0)", "this start exists"),
        ("INSERT OR REPLACE INTO tiles SELECT * FROM tiles", "this tile exists"),
        ("INSERT OR REPLACE INTO documents SELECT * FROM documents", "this document exists"),
        ("INSERT OR REPLACE INTO vault SELECT * FROM vault", "this vault row exists"),
        (
            "PRAGMA recursive_triggers = OFF; REPLACE INTO events VALUES (256, x'00', zeroblob(32))",
            "this position exists",
        ),
    ] {
        assert_refused(&log, statement, why).await;
    }
    assert_eq!(log.refresh().await.unwrap(), log.head());
}

#[tokio::test]
async fn a_vault_row_changes_its_wrapping_only_and_can_be_erased() {
    let ledger = Ledger::new();
    let log = filled(&ledger).await;
    for statement in [
        "UPDATE vault SET id = zeroblob(16)",
        "UPDATE vault SET email_index = NULL",
        "UPDATE vault SET contact_fingerprint = NULL",
        "UPDATE vault SET request_fingerprint = NULL",
        "UPDATE vault SET wrapped_key = x'08', email_index = NULL",
    ] {
        assert_refused(&log, statement, "only the wrapped key").await;
    }
    run(&log, "UPDATE vault SET wrapped_key = x'08', master_key_id = x'09'").await.unwrap();
    run(&log, "DELETE FROM vault").await.unwrap();
    append(&log, 1).await;
}

#[tokio::test]
async fn columns_that_could_not_be_true_are_refused() {
    let ledger = Ledger::new();
    let log = filled(&ledger).await;
    for statement in [
        "INSERT INTO events VALUES (0, x'00', zeroblob(32))",
        "INSERT INTO events VALUES (1099511627776, x'00', zeroblob(32))",
        "INSERT INTO events VALUES (257, zeroblob(65536), zeroblob(32))",
        "INSERT INTO events VALUES (257, x'00', zeroblob(31))",
        "INSERT INTO events VALUES (257, 'text', zeroblob(32))",
        "INSERT INTO requests VALUES (zeroblob(31), 1)",
        "INSERT INTO commits VALUES (256, 256, zeroblob(32), 0)",
        "INSERT INTO tiles VALUES (0, 1, zeroblob(32))",
        "INSERT INTO documents VALUES (x'00', 'text/plain', x'')",
        "INSERT INTO vault (id) VALUES (x'00')",
    ] {
        assert!(run(&log, statement).await.is_err(), "{statement}");
    }
}

#[tokio::test]
async fn the_writer_syncs_every_commit_and_readers_cannot_write() {
    let ledger = Ledger::new();
    let log = filled(&ledger).await;
    let (journal, synchronous, recursive): (String, i64, i64) = on_database!(log.database(), writer => (
        sqlx::query_scalar("PRAGMA journal_mode").fetch_one(writer).await.unwrap(),
        sqlx::query_scalar("PRAGMA synchronous").fetch_one(writer).await.unwrap(),
        sqlx::query_scalar("PRAGMA recursive_triggers").fetch_one(writer).await.unwrap(),
    ));
    assert_eq!((journal.as_str(), synchronous, recursive), ("wal", 2, 1));
    let written = on_database!(log.database(), readers => sqlx::raw_sql("DELETE FROM vault").execute(readers).await.map(drop));
    assert!(written.is_err());
}
