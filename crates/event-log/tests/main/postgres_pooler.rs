//! A connection pooler between a process and its database.

use std::time::Duration;

use assent_event_log::{EventLog, OpenError, migrate};
use assent_testing::postgres::{Cluster, ClusterOptions};
use tokio::time::timeout;

use crate::pgbouncer::Pooler;
use crate::support::{append, batch};

const SOON: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_pooler_in_session_mode_is_as_good_as_the_server() {
    let cluster = Cluster::spawn(ClusterOptions::default()).await;
    let database = cluster.database().await;
    let pooler = Pooler::start(&cluster, "session").await;
    let log = EventLog::open(&pooler.url(&database)).await.unwrap();
    let other = EventLog::open(&pooler.url(&database)).await.unwrap();
    let mut wakes = other.wakes().await.unwrap().unwrap();
    append(&log, 300).await;
    timeout(SOON, wakes.next()).await.unwrap().unwrap();
    assert_eq!(other.follow().await.unwrap().len(), 300);
    let turn = other.turn().await.unwrap();
    other.append_in_turn(batch(300, 1), &turn).await.unwrap();
    turn.end().await;
    assert_eq!(log.refresh().await.unwrap(), other.head());
    assert_eq!(log.heartbeat().await.unwrap().size, 301);
}

#[tokio::test]
async fn a_pooler_in_transaction_mode_is_refused_however_often_it_is_tried() {
    const SENTENCE: &str = "is a connection pooler in transaction mode: prepared statements, wake-ups by LISTEN, the \
                            lease of the read models and session settings do not work there; use its session mode, \
                            or connect to the database";
    let cluster = Cluster::spawn(ClusterOptions::default()).await;
    let database = cluster.database().await;
    migrate(&database.url(), None).await.unwrap();
    let pooler = Pooler::start(&cluster, "transaction").await;
    let url = pooler.url(&database);
    for _ in 0..3 {
        for refused in [
            EventLog::open(&url).await.map(drop),
            EventLog::open_read_only(&url).await.map(drop),
            migrate(&url, None).await,
        ] {
            let error = refused.unwrap_err();
            assert!(matches!(error, OpenError::TransactionPooling { .. }), "{error}: {error:?}");
            assert!(error.to_string().ends_with(SENTENCE), "{error}");
        }
    }
}
