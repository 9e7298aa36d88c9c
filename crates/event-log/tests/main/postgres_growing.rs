//! What an append reads does not grow with the log.

use std::time::Duration;

use assent_event_log::EventLog;
use assent_testing::postgres::{TestDatabase, shared};
use tokio::time::{interval, timeout};

use crate::support::append;

const APPENDS: u64 = 100;

/// How long it may take until all connections have ended, and how often it is looked.
const SOON: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// How often a commit was looked for by the index, and how often all of them were read.
const LOOKS: &str = "SELECT idx_scan || ' ' || seq_scan FROM pg_stat_user_tables WHERE relname = 'commits'";

/// How often all commits were read, once all connections have told what they counted: each does when it ends. An append
/// looks twice, for the last commit and for one with its own start.
async fn reads_of_all(database: &TestDatabase) -> u64 {
    let mut pauses = interval(LOOK_EVERY);
    loop {
        pauses.tick().await;
        let looks = database.run(LOOKS).await;
        let (by_index, of_all) = looks.split_once(' ').unwrap();
        let (by_index, of_all): (u64, u64) = (by_index.parse().unwrap(), of_all.parse().unwrap());
        if by_index + of_all >= 2 * APPENDS {
            return of_all;
        }
    }
}

#[tokio::test]
async fn an_append_looks_for_the_last_commit_by_the_index_however_few_there_were_when_it_was_planned() {
    let database = shared().await.database().await;
    let log = EventLog::open(&database.url()).await.unwrap();
    append(&log, 1).await;
    log.close().await;
    // The planner knows now that all commits fit a page.
    database.run("ANALYZE commits").await;
    let log = EventLog::open(&database.url()).await.unwrap();
    for _ in 0..APPENDS {
        append(&log, 1).await;
    }
    log.close().await;
    let of_all = timeout(SOON, reads_of_all(&database)).await.expect("every append has looked");
    assert!(of_all < APPENDS / 2, "all commits were read {of_all} times");
}
