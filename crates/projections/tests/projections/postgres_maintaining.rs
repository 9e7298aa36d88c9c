//! Several processes beside one set of read models: one maintains them, and the others know how far it is.

use std::time::Duration;

use assent_domain::scenario as words;
use assent_domain::values::{PartnerId, Position};
use assent_event_log::EventLog;
use assent_projections::admin::{rebuild, status};
use assent_projections::{Began, ListQuery, Started, Views, decode, start, verify};
use sqlx::{Connection as _, PgConnection};
use tokio::time::{interval, timeout};

use crate::ledger::{Ledger, busy};
use crate::place::Place;
use crate::replica::Replica;

const SOON: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The keys of the fourth edition's locks: the lease, and what a rebuild holds for as long as it takes.
const LEASE: i64 = 0x4153_4e54_1004;
const REBUILD: i64 = 0x4153_4e54_2004;

/// The sessions that hold the lease.
const HOLDERS: &str = "
    SELECT pid FROM pg_locks
    WHERE locktype = 'advisory' AND classid = 16723 AND objid = 1314131972 AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

async fn two_replicas() -> (Ledger, Replica, Replica) {
    let ledger = busy(Place::postgres().await).await;
    let first = Replica::started(&ledger.url).await;
    let second = Replica::started(&ledger.url).await;
    (ledger, first, second)
}

/// Appends what makes rows of each kind, under names of its own.
async fn more(ledger: &mut Ledger, name: &str) {
    ledger.parties(name, name).await;
    assert!(ledger.did(&words::confirm(name, name)).await);
}

async fn holder(ledger: &Ledger) -> String {
    ledger.place.database().run(HOLDERS).await
}

/// Ends the session that holds the lease, and waits until another one holds it.
async fn until_another_holds(ledger: &Ledger, ended: &str) {
    ledger.place.database().run(&format!("SELECT pg_terminate_backend({ended})")).await;
    let mut looks = interval(LOOK_EVERY);
    let taken = timeout(SOON, async {
        loop {
            let now = holder(ledger).await;
            if !now.is_empty() && now != ended {
                return;
            }
            looks.tick().await;
        }
    });
    taken.await.unwrap();
}

/// The read models and both indexes are what a fold of the whole log makes.
async fn assert_as_folded(ledger: &Ledger, replicas: [&Replica; 2]) {
    for replica in replicas {
        replica.follow().await;
        replica.until_written().await;
        verify(&replica.log, &replica.index).await.unwrap().unwrap();
    }
    let size = ledger.log.head().size;
    assert_eq!(status(&ledger.url).await.unwrap()[0].position, size);
    let report = rebuild(&ledger.url, |_, _| {}).await.unwrap();
    assert_eq!((report.events, report.differences), (size, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_two_replicas_maintains_and_the_other_knows_how_far_it_is() {
    let (mut ledger, first, second) = two_replicas().await;
    assert_eq!(holder(&ledger).await.lines().count(), 1);
    more(&mut ledger, "c").await;
    // The one that has the lease writes, whichever hears of the events first.
    second.follow().await;
    first.follow().await;
    second.until_written().await;
    assert_eq!(second.index.pending_count(), 0, "nothing is kept that the other one has written");
    assert_as_folded(&ledger, [&first, &second]).await;
    first.stop().await;
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_replica_takes_over_when_the_session_of_the_one_that_maintains_is_ended() {
    let (mut ledger, first, second) = two_replicas().await;
    for name in ["c", "d", "e"] {
        // What the holder has applied and not written yet, the other one writes.
        more(&mut ledger, name).await;
        first.follow().await;
        second.follow().await;
        let ended = holder(&ledger).await;
        until_another_holds(&ledger, &ended).await;
        more(&mut ledger, &format!("{name}-after")).await;
        first.follow().await;
        second.follow().await;
        first.until_written().await;
        second.until_written().await;
        assert_eq!(holder(&ledger).await.lines().count(), 1);
    }
    assert_as_folded(&ledger, [&first, &second]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_ends_leaves_the_lease_to_the_next() {
    let (mut ledger, first, second) = two_replicas().await;
    let held = holder(&ledger).await;
    first.stop().await;
    more(&mut ledger, "c").await;
    second.follow().await;
    second.until_written().await;
    assert_ne!(holder(&ledger).await, held);
    assert_as_folded(&ledger, [&second, &second]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_takes_over_before_anything_was_written_makes_all_of_it() {
    let mut ledger = busy(Place::postgres().await).await;
    // Of a process that ends before its first row.
    let mut lease = PgConnection::connect(&ledger.url).await.unwrap();
    sqlx::query("SELECT pg_advisory_lock($1)").bind(LEASE).execute(&mut lease).await.unwrap();
    let replica = Replica::started(&ledger.url).await;
    more(&mut ledger, "c").await;
    lease.close().await.unwrap();
    assert_as_folded(&ledger, [&replica, &replica]).await;
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_has_lost_the_lease_writes_nothing() {
    let (mut ledger, first, second) = two_replicas().await;
    let ended = holder(&ledger).await;
    until_another_holds(&ledger, &ended).await;
    // Each new row says which session wrote it.
    let sign = "ALTER TABLE event_index ADD COLUMN session BIGINT DEFAULT pg_backend_pid();
                ALTER TABLE acceptances ADD COLUMN session BIGINT DEFAULT pg_backend_pid()";
    ledger.place.run_on_views(sign).await;
    // Whichever lost it hears of the events first once, and last once.
    for (name, [one, other]) in [("c", [&first, &second]), ("d", [&second, &first])] {
        let before = ledger.log.head().size;
        more(&mut ledger, name).await;
        one.follow().await;
        other.follow().await;
        one.until_written().await;
        other.until_written().await;
        let sessions = format!(
            "SELECT session, count(*)
             FROM (SELECT position, session FROM assent_views_4_1.event_index
                   UNION ALL SELECT position, session FROM assent_views_4_1.acceptances) AS rows
             WHERE position > {before}
             GROUP BY session"
        );
        let written = ledger.place.database().run(&sessions).await;
        let expected = format!("{}|{}", holder(&ledger).await, ledger.log.head().size - before);
        assert_eq!(written, expected);
    }
    for replica in [first, second] {
        verify(&replica.log, &replica.index).await.unwrap().unwrap();
        replica.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_beside_replicas_finds_no_difference_and_they_go_on_with_what_it_made() {
    let (mut ledger, first, second) = two_replicas().await;
    let url = ledger.url.clone();
    for round in 0..3_u64 {
        let rebuilding = tokio::spawn({
            let url = url.clone();
            async move { rebuild(&url, |_, _| {}).await }
        });
        let mut appended = 0;
        while !rebuilding.is_finished() || appended == 0 {
            more(&mut ledger, &format!("p{round}-{appended}")).await;
            appended += 1;
            first.follow().await;
            second.follow().await;
        }
        assert_eq!(rebuilding.await.unwrap().unwrap().differences, 0);
        let generation = ledger.place.database().run("SELECT generation FROM read_models").await;
        assert_eq!(generation, (round + 2).to_string());
        more(&mut ledger, &format!("after{round}")).await;
        for replica in [&first, &second] {
            replica.follow().await;
            replica.until_written().await;
        }
    }
    assert_as_folded(&ledger, [&first, &second]).await;
    first.stop().await;
    second.stop().await;
}

#[tokio::test]
async fn who_maintains_read_models_learns_of_rebuilds_though_nothing_is_appended() {
    let ledger = busy(Place::postgres().await).await;
    let log = EventLog::open(&ledger.url).await.unwrap();
    let views = Views::open(&log).await.unwrap();
    let Started { mut maintainer, .. } = start(&log, views, |_, _| {}).await.unwrap();
    let query = ListQuery {
        partner: PartnerId::parse("a").unwrap(),
        customer: None,
        agreement: None,
        after: Position(0),
        limit: 10,
    };
    maintainer.step().await.unwrap();
    let listed = maintainer.views().acceptances(&query).await.unwrap();
    assert!(maintainer.is_maintaining() && !listed.is_empty());
    for _ in 0..3 {
        // Each takes away what the one before has replaced.
        rebuild(&ledger.url, |_, _| {}).await.unwrap();
        maintainer.step().await.unwrap();
        assert_eq!(maintainer.views().acceptances(&query).await.unwrap(), listed);
    }
    maintainer.views().close().await;
    log.close().await;
}

#[tokio::test]
async fn a_start_goes_on_with_what_a_rebuild_has_put_in_place_meanwhile() {
    let ledger = busy(Place::postgres().await).await;
    let log = EventLog::open(&ledger.url).await.unwrap();
    let views = Views::open(&log).await.unwrap();
    // What was opened is not the current generation any more, and empty.
    let events = rebuild(&ledger.url, |_, _| {}).await.unwrap().events;
    let Started { maintainer, snapshot, began, .. } = start(&log, views, |_, _| {}).await.unwrap();
    assert_eq!((began, snapshot.0), (Began::ReadModels, events));
    assert_eq!(maintainer.views().position().await.unwrap().0, events);
    let written = "SELECT count(*) FROM assent_views_4_1.projections";
    assert_eq!(ledger.place.database().run(written).await, "0", "what was replaced is never written again");
    log.close().await;
}

#[tokio::test]
async fn a_rebuild_beside_another_one_is_refused() {
    let ledger = busy(Place::postgres().await).await;
    let mut other = PgConnection::connect(&ledger.url).await.unwrap();
    sqlx::query("SELECT pg_advisory_lock($1)").bind(REBUILD).execute(&mut other).await.unwrap();
    let refused = rebuild(&ledger.url, |_, _| {}).await.unwrap_err();
    assert_eq!(refused.to_string(), "another rebuild of the read models is under way");

    sqlx::query("SELECT pg_advisory_unlock($1)").bind(REBUILD).execute(&mut other).await.unwrap();
    for _ in 0..2 {
        rebuild(&ledger.url, |_, _| {}).await.unwrap();
    }
    other.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forged_row_is_found_by_a_rebuild_while_replicas_run() {
    let (ledger, first, second) = two_replicas().await;
    first.until_written().await;
    ledger.place.run_on_views("UPDATE acceptances SET version = 'forged' WHERE customer_id = 'y'").await;
    assert_eq!(rebuild(&ledger.url, |_, _| {}).await.unwrap().differences, 2);
    assert_as_folded(&ledger, [&first, &second]).await;
}

/// What a primary looks like that came back without its last events, and went on with others.
const HAS_OTHERS: &str =
    "SET session_replication_role = replica; UPDATE events SET leaf_hash = decode(repeat('00', 32), 'hex')";
/// The same before it goes on.
const HAS_NONE: &str = "SET session_replication_role = replica; DELETE FROM events";

#[tokio::test]
async fn rows_of_events_that_the_log_has_lost_are_never_written() {
    let mut ledger = busy(Place::postgres().await).await;
    let log = EventLog::open(&ledger.url).await.unwrap();
    let views = Views::open(&log).await.unwrap();
    let Started { index, mut maintainer, .. } = start(&log, views, |_, _| {}).await.unwrap();
    let before = log.head().size;
    assert!(maintainer.is_maintaining());
    more(&mut ledger, "lost").await;
    let entries = log.follow().await.unwrap();
    index.apply(decode(&log, &entries).await.unwrap(), entries.last().unwrap().leaf_hash);
    for lost in [HAS_OTHERS, HAS_NONE] {
        ledger.place.database().run(&format!("{lost} WHERE position > {before}")).await;
        maintainer.step().await.unwrap();
        assert_eq!(maintainer.written().borrow().0, before, "{lost}");
        let stored = ledger.place.database().run("SELECT position FROM assent_views_4_1.projections").await;
        assert_eq!(stored, before.to_string(), "{lost}");
    }
}
