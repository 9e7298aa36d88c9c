//! Read models in a file, which may be any file.

use assent_domain::Facts as _;
use assent_domain::command::Command;
use assent_domain::scenario as words;
use assent_projections::admin::status;
use assent_projections::{Started, Views, audit, decode, start};
use sqlx::{Connection as _, SqliteConnection};

use crate::ledger::{Ledger, busy, request_keys};
use crate::place::Place;

async fn assert_starts(ledger: &Ledger) {
    let views = Views::open(&ledger.log).await.unwrap();
    let started = start(&ledger.log, views, |_, _| {}).await.unwrap();
    assert_eq!(started.index.read().ledger(), ledger.facts.ledger());
}

#[tokio::test]
async fn the_file_of_another_ledger_is_made_anew() {
    let (ledger, other) = (busy(Place::sqlite()).await, busy(Place::sqlite()).await);
    assert_starts(&ledger).await;
    let name = "ledger.db.views";
    std::fs::copy(ledger.place.file(name), other.place.file(name)).unwrap();
    // Two ledgers of the same story differ in nothing but their first event's hash where tags do.
    assert_starts(&other).await;
}

#[tokio::test]
async fn a_file_that_is_no_database_is_made_anew() {
    let ledger = busy(Place::sqlite()).await;
    let garbage = "not a database, however you look at it";
    std::fs::write(ledger.place.file("ledger.db.views"), garbage).unwrap();
    assert_starts(&ledger).await;
}

/// The names and texts of everything that the file of the read models has.
async fn schema(ledger: &Ledger) -> Vec<(String, Option<String>)> {
    let file = ledger.place.file("ledger.db.views");
    let mut connection = SqliteConnection::connect(&format!("sqlite:{}", file.display())).await.unwrap();
    let all = "SELECT name, sql FROM sqlite_schema ORDER BY name";
    let all = sqlx::query_as(all).fetch_all(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    all
}

/// How far the read models are, as somebody finds who reads the file beside the server; none: there are none.
async fn found(ledger: &Ledger) -> Option<u64> {
    let views = Views::open_read_only(&ledger.log).await.unwrap();
    let alike = audit(&ledger.log, Some(&views), request_keys, |_, _| {}).await.unwrap().unwrap();
    views.close().await;
    assert_eq!(alike.events, ledger.log.head().size);
    alike.read_models
}

#[tokio::test]
async fn read_models_whose_making_broke_off_are_none_and_the_next_start_makes_all_of_them() {
    let ledger = busy(Place::sqlite()).await;
    let head = ledger.log.head().size;
    Views::open(&ledger.log).await.unwrap().close().await;
    let migrated = schema(&ledger).await;
    // The last rows that are written: all events are folded by then.
    let full =
        "CREATE TRIGGER full BEFORE INSERT ON relationships BEGIN SELECT RAISE(ABORT, 'disk is full'); END";
    ledger.place.run_on_views(full).await;
    for _ in 0..2 {
        let views = Views::open(&ledger.log).await.unwrap();
        start(&ledger.log, views, |_, _| {}).await.unwrap_err();
        assert_eq!(found(&ledger).await, None);
        assert_eq!(status(&ledger.url).await.unwrap()[0].position, 0);
    }

    ledger.place.run_on_views("DROP TRIGGER full").await;
    assert_starts(&ledger).await;
    assert_eq!(found(&ledger).await, Some(head));
    assert_eq!(schema(&ledger).await, migrated, "every index is there again");
}

#[tokio::test]
async fn an_index_that_is_gone_is_made_by_the_next_start() {
    let ledger = busy(Place::sqlite()).await;
    assert_starts(&ledger).await;
    let whole = schema(&ledger).await;
    ledger.place.run_on_views("DROP INDEX acceptances_by_customer; DROP INDEX event_index_by_box").await;
    assert_starts(&ledger).await;
    assert_eq!(schema(&ledger).await, whole);
}

#[tokio::test]
async fn rows_that_did_not_fit_on_the_disk_are_written_once_they_do() {
    let mut ledger = busy(Place::sqlite()).await;
    let views = Views::open(&ledger.log).await.unwrap();
    let Started { index, mut maintainer, .. } = start(&ledger.log, views, |_, _| {}).await.unwrap();
    let before = ledger.log.head().size;
    // As where a disk is full: SQLite rolls back by itself, and sqlx does not hear of it.
    let full =
        "CREATE TRIGGER full BEFORE INSERT ON event_index BEGIN SELECT RAISE(ROLLBACK, 'disk is full'); END";
    ledger.place.run_on_views(full).await;
    let customer = words::customer("that-comes-later");
    assert!(ledger.did(&Command::RegisterCustomer { customer, facts: words::customer_facts() }).await);
    let entries = ledger.log.read(before + 1, before + 1, 1).await.unwrap();
    index.apply(decode(&ledger.log, &entries).await.unwrap(), entries[0].leaf_hash);
    for _ in 0..2 {
        maintainer.step().await.unwrap_err();
    }

    ledger.place.run_on_views("DROP TRIGGER full").await;
    maintainer.step().await.unwrap();
    assert_eq!(maintainer.written().borrow().0, before + 1);
}
