//! What befalls connections and servers in the middle of appends: what was acknowledged stays, and what was refused is
//! not there.

use std::collections::HashSet;
use std::time::Duration;

use assent_event_log::{AppendError, Batch, Draft, EventLog, migrate};
use assent_testing::Proxy;
use assent_testing::postgres::{Cluster, ClusterOptions, TestDatabase, shared};
use bytes::Bytes;
use sqlx::{Connection, PgConnection};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::support::{append, batch, batch_of, draft};

const SOON: Duration = Duration::from_secs(60);

/// What became of appends, each known by its body.
#[derive(Debug, Default)]
struct Outcomes {
    stored: Vec<(u64, Bytes)>,
    refused: HashSet<Bytes>,
    unknown: HashSet<Bytes>,
}

/// Appends one entry after the other until it is told to stop, and tells how many it has stored.
async fn keep_appending(
    log: EventLog,
    name: usize,
    stored: watch::Sender<u64>,
    stop: watch::Receiver<bool>,
) -> Outcomes {
    let mut outcomes = Outcomes::default();
    for number in 0_u64.. {
        if *stop.borrow() {
            break;
        }
        let body = Bytes::from(format!("writer {name}, entry {number}"));
        let start = log.head().size;
        match log.append(batch_of(start, vec![draft(body.clone())])).await {
            Ok(appended) => {
                outcomes.stored.push((appended.head.size, body));
                stored.send_modify(|it| *it += 1);
            }
            Err(AppendError::OutcomeUnknown { .. }) => {
                outcomes.unknown.insert(body);
            }
            Err(AppendError::Conflict { .. } | AppendError::Unreachable { .. }) => {
                outcomes.refused.insert(body);
            }
            Err(error) => panic!("{error}"),
        }
        // Where the server is down, the next append finds out.
        let _ = log.follow().await;
        tokio::task::yield_now().await;
    }
    outcomes
}

/// Has several processes append while something happens to their server, again and again; then looks at what is there.
async fn appends_survive(database: &TestDatabase, url: &str, times: u64, happens: impl AsyncFn()) {
    const WRITERS: usize = 3;
    const STORED_BETWEEN: u64 = 30;
    let (stored, mut count) = watch::channel(0);
    let (stop, stopped) = watch::channel(false);
    let mut writers = JoinSet::new();
    let mut logs = Vec::new();
    for name in 0..WRITERS {
        let log = EventLog::open(url).await.unwrap();
        logs.push(log.clone());
        writers.spawn(keep_appending(log, name, stored.clone(), stopped.clone()));
    }
    for time in 0..=times {
        // Each writer goes on after what happened.
        let enough = count.wait_for(|it| *it >= (time + 1) * STORED_BETWEEN);
        timeout(SOON, enough).await.unwrap().unwrap();
        if time < times {
            happens().await;
        }
    }
    stop.send_replace(true);
    let mut all = Outcomes::default();
    while let Some(outcomes) = timeout(SOON, writers.join_next()).await.unwrap() {
        let Outcomes { stored, refused, unknown } = outcomes.unwrap();
        all.stored.extend(stored);
        all.refused.extend(refused);
        all.unknown.extend(unknown);
    }
    for log in logs {
        log.refresh().await.unwrap();
        append(&log, 1).await;
        log.close().await;
    }
    let log = EventLog::open(&database.url()).await.unwrap();
    let entries = log.read(1, u64::MAX, 8000).await.unwrap();
    assert_eq!(entries.len() as u64, log.head().size);
    let begins = |position: u64, body: &Bytes| entries[position as usize - 1].entry.starts_with(body);
    assert!(all.stored.iter().all(|(position, body)| begins(*position, body)), "{:?}", all.stored);
    let bodies: HashSet<Bytes> = all.stored.into_iter().map(|(_, body)| body).collect();
    for entry in &entries[..entries.len() - WRITERS] {
        let end = entry.entry.windows(2).position(|it| it == b"\x88\x7d").unwrap();
        let body = entry.entry.slice(..end);
        assert!(bodies.contains(&body) || all.unknown.contains(&body), "{body:?} was refused and is there");
        assert!(!all.refused.contains(&body));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn appends_whose_connections_are_ended_are_stored_or_not_there() {
    let cluster = Cluster::spawn(ClusterOptions::default()).await;
    let database = cluster.database().await;
    appends_survive(&database, &database.url(), 5, async || {
        database.terminate_backends().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn appends_whose_server_is_killed_are_stored_or_not_there() {
    let cluster = Cluster::spawn(ClusterOptions::default()).await;
    let database = cluster.database().await;
    appends_survive(&database, &database.url(), 2, async || {
        cluster.kill().await;
        cluster.start().await;
    })
    .await;
}

/// A log whose connections go through a proxy, with one entry, and with connections that wait for the next statement.
async fn behind_proxy() -> (TestDatabase, Proxy, EventLog) {
    let cluster = Cluster::spawn(ClusterOptions { tcp: true, ..Default::default() }).await;
    let database = cluster.database().await;
    let proxy = Proxy::to(cluster.address()).await;
    // So that nothing but appends goes over the writer's connections.
    migrate(&database.url(), None).await.unwrap();
    let log = EventLog::open(&database.url_at(proxy.address())).await.unwrap();
    append(&log, 1).await;
    (database, proxy, log)
}

fn second() -> Vec<Draft> {
    vec![draft("the second entry")]
}

#[tokio::test]
async fn a_commit_that_only_seemed_to_fail_is_found_in_the_log() {
    let (database, proxy, log) = behind_proxy().await;
    let sprung = proxy.cut_at_answer(b"SELECT 1\0");
    let appended = log.append(batch_of(1, second())).await.unwrap();
    timeout(SOON, sprung).await.unwrap().unwrap();
    assert_eq!((appended.head.size, log.head()), (2, appended.head));
    append(&log, 1).await;
    assert_eq!(database.run("SELECT count(*) FROM events").await, "3");
}

#[tokio::test]
async fn a_commit_that_the_server_never_got_is_sent_again() {
    let (_database, proxy, log) = behind_proxy().await;
    let sprung = proxy.cut_at_request(b"the second entry");
    let appended = log.append(batch_of(1, second())).await.unwrap();
    timeout(SOON, sprung).await.unwrap().unwrap();
    assert_eq!((appended.head.size, log.head()), (2, appended.head));
    assert_eq!(log.follow().await.unwrap(), []);
}

#[tokio::test]
async fn an_append_that_is_still_under_way_when_its_connection_breaks_is_stored_once() {
    let (database, proxy, log) = behind_proxy().await;
    let mut other = PgConnection::connect(&database.url()).await.unwrap();
    sqlx::raw_sql("BEGIN; LOCK TABLE requests IN EXCLUSIVE MODE").execute(&mut other).await.unwrap();
    let appending = tokio::spawn({
        let log = log.clone();
        let batch = Batch { requests: vec![([7; 32], 2)], ..batch_of(1, second()) };
        async move { log.append(batch).await }
    });
    let waiting = "SELECT count(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
    until(&database, waiting, "1").await;
    proxy.cut().await;
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    let appended = timeout(SOON, appending).await.unwrap().unwrap().unwrap();
    assert_eq!(appended.head.size, 2);
    assert_eq!(database.run("SELECT count(*) FROM events").await, "2");
    assert_eq!(log.follow().await.unwrap(), []);
}

async fn until(database: &TestDatabase, sql: &str, expected: &str) {
    let asked = async {
        while database.run(sql).await != expected {
            tokio::task::yield_now().await;
        }
    };
    timeout(SOON, asked).await.unwrap();
}

#[tokio::test]
async fn a_commit_whose_outcome_cannot_be_looked_up_is_said_to_be_unknown() {
    let (database, mut proxy, log) = behind_proxy().await;
    proxy.refuse().await;
    let readers = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                   WHERE datname = current_database() AND application_name = 'assent' AND query NOT LIKE '%INTO commits%'";
    assert_ne!(database.run(readers).await, "0");
    let sprung = proxy.cut_at_answer(b"SELECT 1\0");
    let error = log.append(batch_of(1, second())).await.unwrap_err();
    timeout(SOON, sprung).await.unwrap().unwrap();
    assert!(matches!(error, AppendError::OutcomeUnknown { entries: 1, start: 1, .. }), "{error}");
    proxy.admit().await;
    let error = log.append(batch(1, 1)).await.unwrap_err();
    assert!(matches!(error, AppendError::Conflict { start: 1 }), "{error}");
    let stored = log.follow().await.unwrap();
    assert!(stored[0].entry.starts_with(b"the second entry") && stored.len() == 1);
    append(&log, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_go_on_when_all_connections_were_ended() {
    const READERS: usize = 24;
    const ENTRIES: u64 = 1_000;
    let database = shared().await.database().await;
    let log = EventLog::open(&database.url()).await.unwrap();
    append(&log, ENTRIES).await;
    for round in 0..10 {
        if round > 0 {
            assert_ne!(database.terminate_backends().await, 0);
        }
        let mut reading = JoinSet::new();
        // One entry is asked for by a query, a page of them is copied.
        for count in [1, ENTRIES].into_iter().cycle().take(READERS) {
            let log = log.clone();
            reading.spawn(async move { (count, log.read(1, count, ENTRIES as usize).await) });
        }
        while let Some(read) = reading.join_next().await {
            let (count, entries) = read.unwrap();
            assert_eq!(entries.unwrap().len() as u64, count);
        }
    }
}
