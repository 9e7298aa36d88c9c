//! Several processes append to one database: here, handles that each opened it anew.

use std::time::Duration;

use assent_event_log::{AppendError, EventLog};
use assent_testing::postgres::{TestDatabase, shared};
use tokio::time::timeout;

use crate::support::{append, batch};

/// How long anything may take that does not wait for a limit.
const SOON: Duration = Duration::from_secs(30);

async fn opened() -> (TestDatabase, EventLog, EventLog) {
    let database = shared().await.database().await;
    let one = EventLog::open(&database.url()).await.unwrap();
    let other = EventLog::open(&database.url()).await.unwrap();
    (database, one, other)
}

/// Appends three entries at a time, deciding again after each conflict: behind the gate, where it was lost twice.
async fn append_until(log: EventLog, appends: u64) {
    for _ in 0..appends {
        let mut lost = 0;
        while let Err(error) = log.append(batch(log.head().size, 3)).await {
            let AppendError::Conflict { .. } = error else { panic!("{error}") };
            lost += 1;
            if lost < 2 {
                log.refresh().await.unwrap();
                continue;
            }
            let turn = log.turn().await.unwrap();
            let size = log.refresh().await.unwrap().size;
            log.append_in_turn(batch(size, 3), &turn).await.unwrap();
            turn.end().await;
            break;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_race_leave_a_dense_log_and_whoever_follows_sees_each_entry_once_in_order() {
    const WRITERS: u64 = 4;
    const APPENDS: u64 = 12;
    let (database, _one, follower) = opened().await;
    let mut wakes = follower.wakes().await.unwrap().unwrap();
    let mut writers = tokio::task::JoinSet::new();
    for _ in 0..WRITERS {
        let log = EventLog::open(&database.url()).await.unwrap();
        writers.spawn(append_until(log, APPENDS));
    }
    let following = timeout(SOON, async {
        let mut seen = Vec::new();
        while (seen.len() as u64) < WRITERS * APPENDS * 3 {
            // Each step has checked its entries against the root of each commit.
            match follower.follow().await.unwrap() {
                none if none.is_empty() => _ = wakes.next().await.unwrap(),
                some => seen.extend(some),
            }
        }
        seen
    });
    let seen = following.await.unwrap();
    while let Some(written) = writers.join_next().await {
        written.unwrap();
    }
    assert!((1..).zip(&seen).all(|(position, it)| it.position == position));
    assert_eq!(follower.follow().await.unwrap(), []);
    assert_eq!(follower.read(1, u64::MAX, 8000).await.unwrap(), seen);
    let anew = EventLog::open(&database.url()).await.unwrap();
    assert_eq!(anew.head(), follower.head());
}

#[tokio::test]
async fn whoever_lost_a_race_wins_once_it_has_its_turn() {
    let (_database, loser, winner) = opened().await;
    append(&winner, 1).await;
    let lost = loser.append(batch(0, 1)).await.unwrap_err();
    assert!(matches!(lost, AppendError::Conflict { start: 0 }), "{lost}");

    let turn = loser.turn().await.unwrap();
    assert_eq!(loser.refresh().await.unwrap().size, 1);
    let waiting = tokio::spawn({
        let winner = winner.clone();
        async move { winner.append(batch(1, 1)).await }
    });
    let appended = loser.append_in_turn(batch(1, 2), &turn).await.unwrap();
    assert_eq!(appended.head.size, 3);
    assert!(!waiting.is_finished(), "nobody else appends meanwhile");
    turn.end().await;
    let lost = waiting.await.unwrap().unwrap_err();
    assert!(matches!(lost, AppendError::Conflict { start: 1 }), "{lost}");
    assert_eq!(winner.follow().await.unwrap().len(), 2);
    append(&winner, 1).await;
}

#[tokio::test]
async fn a_turn_ends_with_its_holder_however_that_went() {
    const GATE_HOLDERS: &str = "
        SELECT count(pg_terminate_backend(pid)) FROM pg_locks
        WHERE locktype = 'advisory' AND mode = 'ExclusiveLock' AND granted
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let (database, holder, other) = opened().await;
    let turn = holder.turn().await.unwrap();
    drop(turn);
    timeout(SOON, append(&other, 1)).await.unwrap();

    let turn = holder.turn().await.unwrap();
    assert_eq!(database.run(GATE_HOLDERS).await, "1");
    timeout(SOON, append(&other, 1)).await.unwrap();
    // Whose turn it was does not know, and is refused nothing but a log of another size.
    let lost = holder.append_in_turn(batch(0, 1), &turn).await.unwrap_err();
    assert!(matches!(lost, AppendError::Conflict { .. }), "{lost}");
    turn.end().await;
    holder.refresh().await.unwrap();
    append(&holder, 1).await;
}

#[tokio::test]
async fn appends_go_on_beside_a_snapshot_that_somebody_leaves_open() {
    let (_database, log, reader) = opened().await;
    append(&log, 1).await;
    let assent_event_log::Database::Postgres(postgres) = reader.database() else { panic!("a server") };
    let begin = reader.database().begin_snapshot();
    let mut snapshot = postgres.pools().readers.begin_with(begin).await.unwrap();
    let count = "SELECT COUNT(*) FROM events";
    let before: i64 = sqlx::query_scalar(count).fetch_one(&mut *snapshot).await.unwrap();
    for _ in 0..300 {
        append(&log, 1).await;
    }
    let after: i64 = sqlx::query_scalar(count).fetch_one(&mut *snapshot).await.unwrap();
    assert_eq!((before, after, log.head().size), (1, 1, 301));
}
