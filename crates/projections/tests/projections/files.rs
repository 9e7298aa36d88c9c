//! Read models in a file, which may be any file.

use assent_domain::Facts as _;
use assent_projections::{Views, start};

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
