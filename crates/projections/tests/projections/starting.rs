//! A start from the snapshot knows what a start from the log knows.

use std::collections::BTreeMap;

use assent_domain::Facts;
use assent_domain::scenario as words;
use assent_domain::values::Position;
use assent_projections::{Index, ListQuery, Started, Views, start};

use crate::ledger::{Ledger, busy};
use crate::place::{Place, Sql};

async fn started(ledger: &Ledger) -> Started {
    let views = Views::open(&ledger.log).await.unwrap();
    start(&ledger.log, views, |_, _| {}).await.unwrap()
}

/// Every fact of an index, as text.
pub(crate) fn said(index: &Index) -> BTreeMap<String, String> {
    let mut said = BTreeMap::new();
    for (id, partner) in index.partners() {
        said.insert(format!("partner {id}"), format!("{partner:?}"));
        assert_eq!(index.partner(id), Some(partner));
    }
    for (id, customer) in index.customers() {
        said.insert(format!("customer {id}"), format!("{customer:?}"));
    }
    for (partner, customer, relationship) in index.relationships() {
        said.insert(format!("relationship {partner} {customer}"), format!("{relationship:?}"));
    }
    said.insert("catalogue".to_owned(), format!("{:?}", index.catalogue()));
    said.insert("policies".to_owned(), format!("{:?}", index.policies()));
    said.insert("ledger".to_owned(), format!("{:?}", index.ledger()));
    said.insert("domains".to_owned(), format!("{:?}", index.partners_of_domain("a.example")));
    said
}

pub(crate) async fn the_index_says_what_the_decisions_were_made_on(place: Place) {
    let ledger = busy(place).await;
    let started = started(&ledger).await;
    let index = started.index.read();
    assert_eq!(started.snapshot, Position::START);
    assert_eq!(index.ledger(), ledger.facts.ledger());
    assert_eq!(index.catalogue(), ledger.facts.catalogue());
    assert_eq!(index.policies(), ledger.facts.policies());
    for (partner, customer) in [("a", "x"), ("a", "y"), ("b", "x")] {
        let (partner, customer) = (words::partner(partner), words::customer(customer));
        assert_eq!(index.partner(&partner), ledger.facts.partner(&partner));
        assert_eq!(index.customer(&customer), ledger.facts.customer(&customer));
        assert_eq!(index.relationship(&partner, &customer), ledger.facts.relationship(&partner, &customer));
    }
}

pub(crate) async fn a_start_from_the_snapshot_gives_the_same_index(place: Place) {
    let ledger = busy(place).await;
    let from_log = said(&started(&ledger).await.index.read());
    let again = started(&ledger).await;
    assert_eq!(again.snapshot.0, ledger.log.head().size, "the second start reads the snapshot");
    assert_eq!(said(&again.index.read()), from_log);
}

pub(crate) async fn events_after_the_snapshot_are_folded_onto_it(place: Place) {
    let mut ledger = busy(place).await;
    let snapshot = started(&ledger).await.index.read().ledger().applied;
    ledger.parties("c", "z").await;
    assert!(ledger.did(&words::confirm("c", "z")).await);
    let again = started(&ledger).await;
    assert_eq!(again.snapshot, snapshot);
    assert_eq!(again.index.read().ledger(), ledger.facts.ledger());
}

pub(crate) async fn read_models_of_another_ledger_are_thrown_away(place: Place) {
    let ledger = busy(place).await;
    drop(started(&ledger).await);
    let others = Sql {
        sqlite: "UPDATE projections SET ledger = zeroblob(32)",
        postgres: "UPDATE projections SET ledger = decode(repeat('00', 32), 'hex')",
    };
    ledger.place.run_on_views(others).await;
    let began = started(&ledger).await;
    assert_eq!(began.snapshot, Position::START);
    assert_eq!(began.index.read().ledger(), ledger.facts.ledger());
}

pub(crate) async fn read_models_of_an_event_that_the_log_does_not_have_are_thrown_away(place: Place) {
    let ledger = busy(place).await;
    drop(started(&ledger).await);
    // The position is right: a log that was restored, or lost its end, has grown again with other events.
    let lost = Sql {
        sqlite: "UPDATE projections SET leaf_hash = zeroblob(32)",
        postgres: "UPDATE projections SET leaf_hash = decode(repeat('00', 32), 'hex')",
    };
    ledger.place.run_on_views(lost).await;
    let began = started(&ledger).await;
    assert_eq!(began.snapshot, Position::START);
    assert_eq!(began.index.read().ledger(), ledger.facts.ledger());
    assert_eq!(started(&ledger).await.snapshot.0, ledger.log.head().size, "they are made anew");
}

pub(crate) async fn lists_find_the_records_of_a_partner_in_the_order_of_the_log(place: Place) {
    let ledger = busy(place).await;
    let started = started(&ledger).await;
    let query = |partner| ListQuery {
        partner: words::partner(partner),
        customer: None,
        agreement: None,
        after: Position::START,
        limit: 10,
    };
    let views = started.maintainer.views();
    let acceptances = views.acceptances(&query("a")).await.unwrap();
    let customers: Vec<_> = acceptances.iter().map(|it| it.customer.to_string()).collect();
    assert_eq!(customers, ["x", "y", "x"]);
    assert!(acceptances.is_sorted_by_key(|it| it.position));
    assert_eq!(views.obligations(&query("b")).await.unwrap().len(), 1);
    let after = ListQuery { after: acceptances[0].position, ..query("a") };
    assert_eq!(views.acceptances(&after).await.unwrap(), acceptances[1..]);
    let customers = views.customers(&words::partner("a"), None, 10).await.unwrap();
    assert_eq!(customers, [words::customer("x"), words::customer("y")]);
}

pub(crate) async fn a_hole_in_the_log_is_never_taken_for_its_end(place: Place) {
    let ledger = busy(place).await;
    let delete = Sql {
        sqlite: "DROP TRIGGER events_are_never_deleted; DELETE FROM events WHERE position = 9",
        postgres: "DROP TRIGGER events_are_never_changed ON events; DELETE FROM events WHERE position = 9",
    };
    ledger.place.run_on_log(delete).await;
    let views = Views::open(&ledger.log).await.unwrap();
    assert!(start(&ledger.log, views, |_, _| {}).await.is_err());
}
