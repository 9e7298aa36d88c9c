use std::time::Duration;

use assent_event_log::{AppendError, EventLog, on_database};
use assent_evidence::{Frontier, leaf_hash};

use crate::support::{AT, Ledger, Sql, append, batch, run};

pub(crate) async fn racing_writers_each_win_once_and_the_log_stays_dense(ledger: Ledger) {
    const WRITERS: u64 = 8;
    const APPENDS: u64 = 10;
    let log = ledger.open().await;
    let writers: Vec<_> = (0..WRITERS).map(|_| tokio::spawn(append_until(log.clone(), APPENDS))).collect();
    let mut conflicts = 0;
    for writer in writers {
        conflicts += writer.await.unwrap();
    }
    let stored = log.read(1, u64::MAX, 1000).await.unwrap();
    assert_eq!(stored.len() as u64, WRITERS * APPENDS * 3);
    assert!(conflicts >= WRITERS - 1, "all but one lost their first append");
}

/// Appends three entries at a time, deciding again after each conflict; answers the number of conflicts.
async fn append_until(log: EventLog, appends: u64) -> u64 {
    let (mut conflicts, mut start) = (0, 0);
    for _ in 0..appends {
        while let Err(error) = log.append(batch(start, 3)).await {
            let AppendError::Conflict { .. } = error else { panic!("{error}") };
            start = log.refresh().await.unwrap().size;
            conflicts += 1;
        }
        start = log.head().size;
    }
    conflicts
}

pub(crate) async fn an_append_that_another_process_was_first_to_finds_a_conflict_and_catches_up(
    ledger: Ledger,
) {
    let log = ledger.open().await;
    let first = append(&log, 1).await;
    // What a second server on a shared database would commit.
    let entry = b"from elsewhere".as_slice();
    let mut frontier = Frontier::new();
    frontier.push(first.entries[0].leaf_hash);
    frontier.push(leaf_hash(entry));
    on_database!(log.database(), writer => {
        let event = sqlx::query("INSERT INTO events VALUES (2, $1, $2)").bind(entry).bind(&leaf_hash(entry)[..]);
        event.execute(writer).await.unwrap();
        let commit = sqlx::query("INSERT INTO commits VALUES (1, 2, $1, $2)").bind(&frontier.root()[..]).bind(AT);
        commit.execute(writer).await.unwrap();
    });
    let mut heads = log.heads();
    let error = log.append(batch(1, 1)).await.unwrap_err();
    assert!(matches!(error, AppendError::Conflict { start: 1 }), "{error}");
    assert_eq!(log.follow().await.unwrap().len(), 1);
    assert_eq!((log.head().size, log.head().root), (2, frontier.root()));
    assert!(heads.has_changed().unwrap());
    assert_eq!(*heads.borrow_and_update(), 2);
    assert_eq!(append(&log, 1).await.head.size, 3);
}

/// A deferred constraint is the one thing that makes a database refuse at the very end.
const SABOTAGE: Sql = Sql {
    sqlite: "
        CREATE TABLE owed (position INTEGER REFERENCES events (position) DEFERRABLE INITIALLY DEFERRED);
        CREATE TRIGGER sabotage AFTER INSERT ON events
        BEGIN
            INSERT INTO owed VALUES (999);
        END",
    postgres: "
        CREATE TABLE owed (position BIGINT REFERENCES events (position) DEFERRABLE INITIALLY DEFERRED);
        CREATE FUNCTION sabotage() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO owed VALUES (999);
            RETURN NULL;
        END;
        $$;
        CREATE TRIGGER sabotage AFTER INSERT ON events FOR EACH STATEMENT EXECUTE FUNCTION sabotage()",
};

pub(crate) async fn a_commit_that_fails_stores_nothing_and_the_log_goes_on(ledger: Ledger) {
    let log = ledger.open().await;
    append(&log, 1).await;
    run(&log, SABOTAGE).await.unwrap();
    let before = log.head();
    let error = log.append(batch(1, 20)).await.unwrap_err();
    assert!(matches!(error, AppendError::Refused { .. }), "{error}");
    assert_eq!((log.head(), log.refresh().await.unwrap()), (before, before));
    let repair = Sql { sqlite: "DROP TRIGGER sabotage", postgres: "DROP TRIGGER sabotage ON events" };
    run(&log, repair).await.unwrap();
    assert_eq!(append(&log, 20).await.head.size, 21);
}

pub(crate) async fn cancelled_callers_do_not_tear_the_log(ledger: Ledger) {
    let log = ledger.open().await;
    for caller in 0..50 {
        let start = log.head().size;
        let appending = log.append(batch(start, 20));
        // Cancelled at another moment each time: at once, or somewhere in the transaction.
        let _ = tokio::time::timeout(Duration::from_micros(caller * 40), appending).await;
    }
    let head = log.refresh().await.unwrap();
    let stored = log.read(1, u64::MAX, 8000).await.unwrap();
    assert_eq!(stored.len() as u64, head.size);
    assert!(stored.iter().all(|entry| entry.check().is_ok()));
    assert_eq!(append(&log, 20).await.head.size, head.size + 20);
    assert_eq!(head.size % 20, 0, "a batch is stored as a whole");
    let before = log.head();
    log.close().await;
    drop(log);
    assert_eq!(ledger.open().await.head(), before);
}

pub(crate) async fn cancelled_transactions_of_others_leave_no_open_transaction_behind(ledger: Ledger) {
    let log = ledger.open().await;
    for caller in 0..50 {
        let borrowing = async {
            on_database!(log.database(), writer => {
                let _transaction = writer.begin_with(log.database().begin_writing()).await;
                std::future::pending::<()>().await;
            });
        };
        let _ = tokio::time::timeout(Duration::from_micros(caller * 10), borrowing).await;
    }
    assert_eq!(append(&log, 1).await.head.size, 1);
}
