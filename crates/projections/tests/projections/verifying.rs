//! A snapshot that is not what the log says is found out.

use assent_projections::{Started, Views, start, verify};

use crate::ledger::{Ledger, busy};
use crate::place::Place;

async fn started(ledger: &Ledger) -> Started {
    let views = Views::open(&ledger.log).await.unwrap();
    start(&ledger.log, views, |_, _| {}).await.unwrap()
}

pub(crate) async fn a_snapshot_that_is_what_the_log_says_has_no_difference(place: Place) {
    let ledger = busy(place).await;
    started(&ledger).await.maintainer.views().close().await;
    verify(&ledger.log, &started(&ledger).await.index).await.unwrap().unwrap();
}

pub(crate) async fn a_snapshot_row_that_the_log_knows_nothing_of_is_named(place: Place) {
    let ledger = busy(place).await;
    started(&ledger).await.maintainer.views().close().await;
    let forged = "INSERT INTO relationships (partner_id, customer_id, position, revision, in_force, state)
                  SELECT 'b', 'forged', position, revision, in_force, state
                  FROM relationships
                  WHERE partner_id = 'a' AND customer_id = 'y'";
    ledger.place.run_on_views(forged).await;
    let found = verify(&ledger.log, &started(&ledger).await.index).await.unwrap().unwrap_err();
    assert_eq!(found.to_string(), "customer `forged` differs");
}

pub(crate) async fn a_snapshot_row_that_was_changed_is_named(place: Place) {
    let ledger = busy(place).await;
    started(&ledger).await.maintainer.views().close().await;
    let forged = "UPDATE relationships
                  SET state = (SELECT state FROM relationships WHERE partner_id = 'a' AND customer_id = 'x')
                  WHERE partner_id = 'a' AND customer_id = 'y'";
    ledger.place.run_on_views(forged).await;
    let found = verify(&ledger.log, &started(&ledger).await.index).await.unwrap().unwrap_err();
    assert_eq!(found.to_string(), "the relationship of `a` with `y` differs");
}
