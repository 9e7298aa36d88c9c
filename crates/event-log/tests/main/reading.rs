use std::time::Duration;

use assent_event_log::{EventLog, ReadError};
use tokio::time::timeout;

use crate::support::{Ledger, Sql, append, batch, run};

pub(crate) async fn a_page_begins_and_ends_where_it_was_asked_to(ledger: Ledger) {
    let log = ledger.open().await;
    append(&log, 10).await;
    for (from, to, limit, positions) in [
        (0, 2, 9, vec![1, 2]),
        (4, 6, 9, vec![4, 5, 6]),
        (4, u64::MAX, 2, vec![4, 5]),
        (10, 10, 9, vec![10]),
        (11, u64::MAX, 9, vec![]),
        (6, 5, 9, vec![]),
        (1, 9, 0, vec![]),
        (u64::MAX, u64::MAX, 9, vec![]),
    ] {
        let read = log.read(from, to, limit).await.unwrap();
        let read: Vec<u64> = read.iter().map(|entry| entry.position).collect();
        assert_eq!(read, positions, "{from} to {to}, at most {limit}");
    }
}

pub(crate) async fn a_reader_that_goes_away_leaves_nothing_of_its_page_to_the_next_one(ledger: Ledger) {
    const READERS: u64 = 60;
    let log = ledger.open().await;
    append(&log, 4_000).await;
    for reader in 0..READERS {
        // Cancelled at another moment each time: at once, or somewhere in the page.
        let _ = timeout(Duration::from_micros(reader * 100), log.read(1, u64::MAX, 4_000)).await;
        let position = reader + 1;
        assert_eq!(log.entry(position).await.unwrap().map(|it| it.position), Some(position));
        let page = log.read(position, position + 99, 100).await.unwrap();
        let positions: Vec<u64> = page.iter().map(|it| it.position).collect();
        assert_eq!(positions, (position..position + 100).collect::<Vec<_>>());
        assert!(page.iter().all(|it| it.check().is_ok()));
    }
    assert_eq!(log.read(1, u64::MAX, 4_000).await.unwrap().len(), 4_000);
}

pub(crate) async fn a_page_stops_at_the_first_hole(ledger: Ledger) {
    let log = ledger.open().await;
    append(&log, 200).await;
    let delete = Sql {
        sqlite: "DROP TRIGGER events_are_never_deleted; DELETE FROM events WHERE position = 4",
        postgres: "DROP TRIGGER events_are_never_changed ON events; DELETE FROM events WHERE position = 4",
    };
    run(&log, delete).await.unwrap();
    assert_eq!(log.read(1, u64::MAX, 100).await.unwrap().len(), 3);
    assert_eq!(log.read(4, u64::MAX, 100).await.unwrap().len(), 0);
    assert_eq!(log.read(5, 9, 100).await.unwrap().len(), 5);
    assert_eq!(log.read(5, u64::MAX, 300).await.unwrap().len(), 196);
}

pub(crate) async fn an_entry_that_was_tampered_with_is_corrupt(ledger: Ledger) {
    let log = ledger.open().await;
    append(&log, 3).await;
    let forge = Sql {
        sqlite: "DROP TRIGGER events_are_never_updated; UPDATE events SET entry = x'00' WHERE position = 2",
        postgres: "DROP TRIGGER events_are_never_changed ON events;
                   UPDATE events SET entry = '\\x00' WHERE position = 2",
    };
    run(&log, forge).await.unwrap();
    let error = log.entry(2).await.unwrap_err();
    assert!(matches!(error, ReadError::Corrupt { position: 2 }), "{error}");
    assert!(error.is_corrupt());
    assert!(log.entry(1).await.unwrap().is_some());
    assert!(log.read(1, 3, 9).await.unwrap()[1].check().is_err());
}

pub(crate) async fn there_is_no_entry_before_the_first_or_behind_the_last(ledger: Ledger) {
    let log = ledger.open().await;
    append(&log, 1).await;
    assert_eq!(log.entry(0).await.unwrap(), None);
    assert!(log.entry(1).await.unwrap().is_some());
    assert_eq!(log.entry(2).await.unwrap(), None);
    assert_eq!(log.entry(u64::MAX).await.unwrap(), None);
}

pub(crate) async fn requests_are_found_one_by_one_and_by_the_hundred(ledger: Ledger) {
    let log = ledger.open().await;
    let key = |number: u8| [number; 32];
    let mut first = batch(0, 100);
    first.requests = (0..100).map(|number| (key(number), u64::from(number) + 1)).collect();
    log.append(first).await.unwrap();
    assert_eq!(log.request(&key(42)).await.unwrap(), Some(43));
    assert_eq!(log.request(&key(200)).await.unwrap(), None);
    let keys: Vec<_> = (50..150).map(key).collect();
    let found = log.requests(&keys).await.unwrap();
    assert_eq!(found.len(), 50);
    assert!((50..100).all(|number| found[&key(number)] == u64::from(number) + 1));
    assert!(log.requests(&[]).await.unwrap().is_empty());
}

pub(crate) async fn a_reader_beside_the_writer_follows_by_refreshing(ledger: Ledger) {
    let writer = ledger.open().await;
    append(&writer, 300).await;
    let reader = EventLog::open_read_only(&ledger.url()).await.unwrap();
    assert_eq!(reader.head(), writer.head());
    let mut heads = reader.heads();
    append(&writer, 300).await;
    assert_eq!(reader.head().size, 300);
    assert_eq!(reader.refresh().await.unwrap(), writer.head());
    assert_eq!(*heads.borrow_and_update(), 600);
    assert_eq!(reader.read(1, u64::MAX, 1000).await.unwrap().len(), 600);
    let error = reader.append(batch(600, 1)).await.unwrap_err();
    assert_eq!(error.to_string(), "the log was opened read-only");
    assert!(run(&reader, "DELETE FROM vault").await.is_err(), "its connections cannot write either");
}
