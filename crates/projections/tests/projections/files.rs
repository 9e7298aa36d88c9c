//! Read models in a file, which may be any file.

use assent_domain::Facts as _;
use assent_domain::command::Command;
use assent_domain::scenario as words;
use assent_projections::{Started, Views, decode, start};

use crate::ledger::{Ledger, busy};
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
