//! Read models can be thrown away: the log makes the same ones.

use assent_projections::admin::{rebuild, status};
use assent_projections::{Views, start};

use crate::ledger::busy;
use crate::place::Place;

pub(crate) async fn rebuilding_gives_the_same_rows(place: Place) {
    let ledger = busy(place).await;
    let views = Views::open(&ledger.log).await.unwrap();
    let started = start(&ledger.log, views, |_, _| {}).await.unwrap();
    let before = started.maintainer.views().row_counts().await.unwrap();
    started.maintainer.views().close().await;
    // With it the lease, which holds a connection.
    drop(started);
    let size = ledger.log.head().size;
    ledger.log.close().await;

    let report = rebuild(&ledger.url, |_, _| {}).await.unwrap();
    assert_eq!((report.events, report.differences), (size, 0));
    let status = status(&ledger.url).await.unwrap();
    assert_eq!((status[0].position, status[0].head), (size, size));
    assert_eq!(status[0].rows, before);
}

pub(crate) async fn rebuilding_tells_that_rows_were_wrong_and_puts_them_right(place: Place) {
    let ledger = busy(place).await;
    let views = Views::open(&ledger.log).await.unwrap();
    let started = start(&ledger.log, views, |_, _| {}).await.unwrap();
    started.maintainer.views().close().await;
    // With it the lease, which holds a connection.
    drop(started);
    ledger.log.close().await;
    let forged = "UPDATE acceptances SET version = 'forged' WHERE customer_id = 'y'";
    ledger.place.run_on_views(forged).await;

    // The forged row, and the right one that was not there.
    assert_eq!(rebuild(&ledger.url, |_, _| {}).await.unwrap().differences, 2);
    assert_eq!(rebuild(&ledger.url, |_, _| {}).await.unwrap().differences, 0);
}
