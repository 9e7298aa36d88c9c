use assent_event_log::{EventLog, OpenError, ReadError};
use assent_evidence::TileBuilder;

use crate::support::{Ledger, Sql, append, batch, run};

pub(crate) async fn a_log_reopens_with_the_same_head_at_every_size_around_a_tile(ledger: Ledger) {
    for size in [1, 254, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 65_792, 66_000] {
        let log = ledger.open().await;
        append(&log, size - log.head().size).await;
        let before = log.head();
        log.close().await;
        drop(log);
        let reopened = ledger.open().await;
        assert_eq!(reopened.head(), before, "at size {size}");
        reopened.close().await;
    }
}

pub(crate) async fn the_stored_tiles_are_those_of_the_tree(ledger: Ledger) {
    let log = ledger.open().await;
    let (mut tree, mut tiles) = (TileBuilder::new(), Vec::new());
    for count in [200, 56, 1, 700, 64_700] {
        append(&log, count).await.entries.iter().for_each(|entry| tree.push(entry.leaf_hash, &mut tiles));
    }
    tiles.sort_by_key(|tile| (tile.level, tile.index));
    let expected: Vec<_> =
        tiles.iter().map(|tile| (i64::from(tile.level), tile.index as i64, tile.to_bytes())).collect();
    let stored: Vec<(i64, i64, Vec<u8>)> = assent_event_log::on_database!(log.database(), readers => {
        let query = sqlx::query_as("SELECT level, idx, nodes FROM tiles ORDER BY level, idx");
        query.fetch_all(readers).await.unwrap()
    });
    assert_eq!(expected.len(), 257);
    assert!(stored == expected);
}

pub(crate) async fn a_log_that_was_left_without_closing_reopens(ledger: Ledger) {
    let log = ledger.open().await;
    let size = append(&log, 300).await.head.size;
    // The caller goes away with an append under way; the process still holds the lock until that is over.
    let unfinished = tokio::spawn({
        let log = log.clone();
        async move { log.append(batch(size, 300)).await }
    });
    tokio::task::yield_now().await;
    unfinished.abort();
    drop(log);
    let reopened = loop {
        match EventLog::open(&ledger.url()).await {
            Ok(log) => break log,
            Err(OpenError::Locked { .. }) => tokio::task::yield_now().await,
            Err(error) => panic!("{error}"),
        }
    };
    assert!([300, 600].contains(&reopened.head().size), "all or nothing");
}

/// What was done to the tables, as SQLite and as PostgreSQL is told it, and what is found.
const FORGERIES: [(&str, &str, &str); 5] = [
    (
        "DROP TRIGGER events_are_never_updated; UPDATE events SET leaf_hash = zeroblob(32) WHERE position = 300",
        "DROP TRIGGER events_are_never_changed ON events;
         UPDATE events SET leaf_hash = decode(repeat('00', 32), 'hex') WHERE position = 300",
        "the tree has another root than the last commit",
    ),
    (
        "DROP TRIGGER commits_are_never_updated; UPDATE commits SET root = zeroblob(32) WHERE start = 299",
        "DROP TRIGGER commits_are_never_changed ON commits;
         UPDATE commits SET root = decode(repeat('00', 32), 'hex') WHERE start = 299",
        "the tree has another root than the last commit",
    ),
    (
        "DROP TRIGGER tiles_are_never_deleted; DELETE FROM tiles",
        "DROP TRIGGER tiles_are_never_changed ON tiles; DELETE FROM tiles",
        "entries or tiles at its edge are missing",
    ),
    (
        "DROP TRIGGER events_are_never_deleted; DELETE FROM events WHERE position = 298",
        "DROP TRIGGER events_are_never_changed ON events; DELETE FROM events WHERE position = 298",
        "entries or tiles at its edge are missing",
    ),
    (
        "DROP TRIGGER commits_are_never_deleted; DELETE FROM commits WHERE start = 299",
        "DROP TRIGGER commits_are_never_changed ON commits; DELETE FROM commits WHERE start = 299",
        "the last entry is not the last commit's",
    ),
];

pub(crate) async fn a_log_whose_tables_contradict_each_other_does_not_open(ledger: Ledger) {
    for (sqlite, postgres, finding) in FORGERIES {
        let ledger = ledger.another().await;
        let log = ledger.open().await;
        append(&log, 299).await;
        append(&log, 1).await;
        run(&log, Sql { sqlite, postgres }).await.unwrap();
        log.close().await;
        let error = EventLog::open(&ledger.url()).await.unwrap_err();
        let OpenError::Load { source: ReadError::Inconsistent { finding: found, .. }, .. } = error else {
            panic!("{sqlite}: {error}");
        };
        assert_eq!(found, finding, "{sqlite}");
    }
}

pub(crate) async fn tables_of_a_newer_release_are_not_touched(ledger: Ledger) {
    let log = ledger.open().await;
    let newer = Sql {
        sqlite: "INSERT INTO event_log_migrations VALUES (9999, 'newer', CURRENT_TIMESTAMP, TRUE, x'', 0)",
        postgres: "INSERT INTO event_log_migrations VALUES (9999, 'newer', CURRENT_TIMESTAMP, TRUE, '', 0)",
    };
    run(&log, newer).await.unwrap();
    log.close().await;
    for opened in [EventLog::open(&ledger.url()).await, EventLog::open_read_only(&ledger.url()).await] {
        assert!(matches!(opened, Err(OpenError::NewerRelease { migration: 9999, .. })));
    }
}
