use assent_event_log::{EventLog, OpenError, ReadError};
use assent_evidence::TileBuilder;

use crate::support::{Ledger, append, batch, run};

#[tokio::test]
async fn a_log_reopens_with_the_same_head_at_every_size_around_a_tile() {
    let ledger = Ledger::new();
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

#[tokio::test]
async fn the_stored_tiles_are_those_of_the_tree() {
    let ledger = Ledger::new();
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

#[tokio::test]
async fn a_log_that_was_left_without_closing_reopens() {
    let ledger = Ledger::new();
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

#[tokio::test]
async fn a_transaction_that_a_crash_cut_off_has_left_nothing() {
    let ledger = Ledger::new();
    let log = ledger.open().await;
    let before = append(&log, 300).await.head;
    let torn = "
        PRAGMA cache_size = 1;
        BEGIN IMMEDIATE;
        INSERT INTO events
        WITH RECURSIVE number(n) AS (SELECT 301 UNION ALL SELECT n + 1 FROM number WHERE n < 900)
        SELECT n, zeroblob(1000), zeroblob(32) FROM number";
    // What a crash leaves behind is what is in the files now: the half of a transaction.
    let after_crash = Ledger::new();
    assent_event_log::on_database!(log.database(), writer => {
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

#[tokio::test]
async fn a_log_whose_tables_contradict_each_other_does_not_open() {
    for (forgery, finding) in [
        (
            "DROP TRIGGER events_are_never_updated; UPDATE events SET leaf_hash = zeroblob(32) WHERE position = 300",
            "the tree has another root than the last commit",
        ),
        (
            "DROP TRIGGER commits_are_never_updated; UPDATE commits SET root = zeroblob(32) WHERE start = 299",
            "the tree has another root than the last commit",
        ),
        (
            "DROP TRIGGER tiles_are_never_deleted; DELETE FROM tiles",
            "entries or tiles at its edge are missing",
        ),
        (
            "DROP TRIGGER events_are_never_deleted; DELETE FROM events WHERE position = 298",
            "entries or tiles at its edge are missing",
        ),
        (
            "DROP TRIGGER commits_are_never_deleted; DELETE FROM commits WHERE start = 299",
            "the last entry is not the last commit's",
        ),
    ] {
        let ledger = Ledger::new();
        let log = ledger.open().await;
        append(&log, 299).await;
        append(&log, 1).await;
        run(&log, forgery).await.unwrap();
        log.close().await;
        let error = EventLog::open(&ledger.url()).await.unwrap_err();
        let OpenError::Load { source: ReadError::Inconsistent { finding: found, .. }, .. } = error else {
            panic!("{forgery}: {error}");
        };
        assert_eq!(found, finding, "{forgery}");
    }
}
