//! The database itself keeps the log append-only, whoever comes with another program.

use assent_event_log::{Document, EventLog, KeyRow, on_database};
use assent_evidence::sha256;

use crate::support::{Ledger, Sql, append, batch, run};

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

async fn assert_refused(log: &EventLog, statement: impl Into<Sql>, why: &str) {
    let statement = statement.into();
    let Err(error) = run(log, statement).await else { panic!("{statement:?}: it is not refused") };
    let message = error.as_database_error().map(|error| error.message().to_owned()).unwrap_or_default();
    assert!(message.contains(why), "{statement:?}: {message}");
}

pub(crate) async fn updates_and_deletes_are_refused(ledger: Ledger) {
    let log = filled(&ledger).await;
    for (statement, why) in [
        ("UPDATE events SET entry = leaf_hash", "events are append-only"),
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

/// What would put another row in the place of one that exists, and why SQLite says no.
struct Upsert {
    sqlite: &'static str,
    why: &'static str,
    postgres: &'static str,
}

const UPSERTS: [Upsert; 6] = [
    Upsert {
        sqlite: "INSERT OR REPLACE INTO events SELECT * FROM events WHERE position = 1",
        why: "this position exists",
        postgres: "INSERT INTO events SELECT * FROM events WHERE position = 1
                   ON CONFLICT (position) DO UPDATE SET entry = excluded.entry",
    },
    Upsert {
        sqlite: "REPLACE INTO events VALUES (256, x'00', zeroblob(32))",
        why: "this position exists",
        postgres: "MERGE INTO events USING (VALUES (256)) AS new (position) ON events.position = new.position
                   WHEN MATCHED THEN DELETE",
    },
    Upsert {
        sqlite: "INSERT OR REPLACE INTO requests SELECT * FROM requests",
        why: "this key exists",
        postgres: "INSERT INTO requests SELECT * FROM requests ON CONFLICT (key) DO UPDATE SET position = 2",
    },
    Upsert {
        sqlite: "INSERT OR REPLACE INTO commits VALUES (0, 1, zeroblob(32), 0)",
        why: "this start exists",
        postgres: "INSERT INTO commits SELECT * FROM commits ON CONFLICT (start) DO UPDATE SET at = 0",
    },
    Upsert {
        sqlite: "INSERT OR REPLACE INTO tiles SELECT * FROM tiles",
        why: "this tile exists",
        postgres: "INSERT INTO tiles SELECT * FROM tiles ON CONFLICT (level, idx) DO UPDATE SET idx = 7",
    },
    Upsert {
        sqlite: "INSERT OR REPLACE INTO documents SELECT * FROM documents",
        why: "this document exists",
        postgres: "INSERT INTO documents SELECT * FROM documents ON CONFLICT (sha256) DO UPDATE SET media_type = ''",
    },
];

pub(crate) async fn an_existing_key_is_refused_even_by_insert_or_replace(ledger: Ledger) {
    let log = filled(&ledger).await;
    for Upsert { sqlite, why, postgres } in UPSERTS {
        assert_refused(&log, Sql { sqlite, postgres }, ledger.either(why, "are append-only")).await;
    }
    let at_once = "PRAGMA recursive_triggers = OFF; REPLACE INTO events VALUES (256, x'00', zeroblob(32))";
    let truncate = "TRUNCATE events";
    let why = ledger.either("this position exists", "events are append-only");
    assert_refused(&log, Sql { sqlite: at_once, postgres: truncate }, why).await;
    let vault = Sql {
        sqlite: "INSERT OR REPLACE INTO vault SELECT * FROM vault",
        postgres: "INSERT INTO vault SELECT * FROM vault ON CONFLICT (id) DO UPDATE SET email_index = NULL",
    };
    let why = ledger.either("this vault row exists", "only the wrapped key of a vault row may change");
    assert_refused(&log, vault, why).await;
    assert_eq!(log.refresh().await.unwrap(), log.head());
}

pub(crate) async fn a_vault_row_changes_its_wrapping_only_and_can_be_erased(ledger: Ledger) {
    let log = filled(&ledger).await;
    for statement in [
        "UPDATE vault SET id = NULL",
        "UPDATE vault SET email_index = NULL",
        "UPDATE vault SET contact_fingerprint = NULL",
        "UPDATE vault SET request_fingerprint = NULL",
        "UPDATE vault SET wrapped_key = NULL, email_index = NULL",
    ] {
        assert_refused(&log, statement, "only the wrapped key").await;
    }
    let wrapped_anew = Sql {
        sqlite: "UPDATE vault SET wrapped_key = x'08', master_key_id = x'09'",
        postgres: "UPDATE vault SET wrapped_key = '\\x08', master_key_id = '\\x09'",
    };
    run(&log, wrapped_anew).await.unwrap();
    run(&log, "DELETE FROM vault").await.unwrap();
    append(&log, 1).await;
}

pub(crate) async fn columns_that_could_not_be_true_are_refused(ledger: Ledger) {
    let log = filled(&ledger).await;
    for (sqlite, postgres) in FALSE_ROWS {
        assert!(run(&log, Sql { sqlite, postgres }).await.is_err(), "{sqlite}, {postgres}");
    }
}

pub(crate) async fn readers_cannot_write(ledger: Ledger) {
    let log = filled(&ledger).await;
    let written = on_database!(log.database(), readers => sqlx::raw_sql("DELETE FROM vault").execute(readers).await.map(drop));
    let message = written.unwrap_err().to_string();
    let why = ledger.either("attempt to write a readonly database", "in a read-only transaction");
    assert!(message.contains(why), "{message}");
}

/// Each as SQLite and as PostgreSQL is told it.
const FALSE_ROWS: [(&str, &str); 10] = [
    (
        "INSERT INTO events VALUES (0, x'00', zeroblob(32))",
        "INSERT INTO events SELECT 0, entry, leaf_hash FROM events LIMIT 1",
    ),
    (
        "INSERT INTO events VALUES (1099511627776, x'00', zeroblob(32))",
        "INSERT INTO events SELECT 1099511627776, entry, leaf_hash FROM events LIMIT 1",
    ),
    (
        "INSERT INTO events VALUES (257, zeroblob(65536), zeroblob(32))",
        "INSERT INTO events SELECT 257, decode(repeat('00', 65536), 'hex'), leaf_hash FROM events LIMIT 1",
    ),
    (
        "INSERT INTO events VALUES (257, x'00', zeroblob(31))",
        "INSERT INTO events VALUES (257, '\\x00', decode(repeat('00', 31), 'hex'))",
    ),
    (
        "INSERT INTO events VALUES (257, 'text', zeroblob(32))",
        "INSERT INTO events SELECT 257, 'text'::TEXT, leaf_hash FROM events LIMIT 1",
    ),
    (
        "INSERT INTO requests VALUES (zeroblob(31), 1)",
        "INSERT INTO requests VALUES (decode(repeat('00', 31), 'hex'), 1)",
    ),
    (
        "INSERT INTO commits VALUES (256, 256, zeroblob(32), 0)",
        "INSERT INTO commits VALUES (256, 256, decode(repeat('00', 32), 'hex'), 0)",
    ),
    (
        "INSERT INTO tiles VALUES (0, 1, zeroblob(32))",
        "INSERT INTO tiles VALUES (0, 1, decode(repeat('00', 32), 'hex'))",
    ),
    (
        "INSERT INTO documents VALUES (x'00', 'text/plain', x'')",
        "INSERT INTO documents VALUES ('\\x00', 'text/plain', '')",
    ),
    ("INSERT INTO vault (id) VALUES (x'00')", "INSERT INTO vault (id) VALUES ('\\x00')"),
];
