//! A log that is no longer the one that was read: a primary came back without its last commits.

use assent_event_log::{AppendError, EventLog, ReadError};
use assent_testing::postgres::{TestDatabase, shared};

use crate::support::{append, batch, batch_of, draft};

/// What the loss of the last commit leaves, where it had one entry; done as the owner.
const LOSE_THE_LAST_COMMIT: &str = "
    BEGIN;
    ALTER TABLE commits DISABLE TRIGGER USER;
    ALTER TABLE events DISABLE TRIGGER USER;
    DELETE FROM events WHERE position > (SELECT max(start) FROM commits);
    DELETE FROM commits WHERE start = (SELECT max(start) FROM commits);
    ALTER TABLE commits ENABLE TRIGGER USER;
    ALTER TABLE events ENABLE TRIGGER USER;
    COMMIT";

/// A log that a handle has read further than it goes now.
async fn shortened() -> (TestDatabase, EventLog) {
    let database = shared().await.database().await;
    let log = EventLog::open(&database.url()).await.unwrap();
    append(&log, 3).await;
    append(&log, 1).await;
    database.run(LOSE_THE_LAST_COMMIT).await;
    (database, log)
}

async fn other_entries(database: &TestDatabase, count: usize) -> EventLog {
    let other = EventLog::open(&database.url()).await.unwrap();
    for _ in 0..count {
        let drafts = vec![draft("another's")];
        other.append(batch_of(other.head().size, drafts)).await.unwrap();
    }
    other
}

async fn assert_diverged_and_reloads(log: &EventLog, now: &EventLog) {
    let error = log.follow().await.unwrap_err();
    assert!(matches!(error, ReadError::Diverged { size: 4 }) && error.is_corrupt(), "{error}");
    let mut heads = log.heads();
    assert_eq!(log.reload().await.unwrap(), now.head());
    assert_eq!(*heads.borrow_and_update(), now.head().size);
    assert_eq!(log.follow().await.unwrap(), []);
    append(log, 1).await;
    assert_eq!(now.follow().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_log_that_became_shorter_is_another_one() {
    let (database, log) = shortened().await;
    let error = log.append(batch(4, 1)).await.unwrap_err();
    assert!(matches!(error, AppendError::Conflict { start: 4 }), "{error}");
    assert_diverged_and_reloads(&log, &other_entries(&database, 0).await).await;
}

#[tokio::test]
async fn a_log_that_went_on_without_what_was_read_is_another_one() {
    let (database, log) = shortened().await;
    assert_diverged_and_reloads(&log, &other_entries(&database, 3).await).await;
}

#[tokio::test]
async fn nothing_is_appended_to_a_log_of_the_same_size_that_is_not_the_one_that_was_read() {
    let (database, log) = shortened().await;
    let other = other_entries(&database, 1).await;
    assert_eq!(other.head().size, log.head().size);
    let error = log.append(batch(4, 1)).await.unwrap_err();
    assert!(matches!(error, AppendError::Conflict { start: 4 }), "{error}");
    assert_diverged_and_reloads(&log, &other).await;
}
