//! Read models can be thrown away: the log makes the same ones.

use assent_domain::Facts as _;
use assent_domain::command::{Command, Recording};
use assent_domain::scenario as words;
use assent_event_log::EventLog;
use assent_projections::admin::{rebuild, status};
use assent_projections::{Alike, Began, Started, Views, audit, start, verify};

use crate::ledger::{Ledger, busy, busy_in_steps, request_keys};
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

pub(crate) async fn rebuilding_makes_read_models_where_there_are_none(place: Place) {
    let ledger = busy(place).await;
    let size = ledger.log.head().size;
    ledger.log.close().await;
    let first = rebuild(&ledger.url, |_, _| {}).await.unwrap();
    assert_eq!((first.events, first.differences), (size, 0), "nothing was there that could differ");
    assert_eq!(status(&ledger.url).await.unwrap()[0].position, size);
    assert_eq!(rebuild(&ledger.url, |_, _| {}).await.unwrap().differences, 0);
}

/// Starts from the rows that are there, and adds those of what came since.
async fn written(ledger: &Ledger) {
    let views = Views::open(&ledger.log).await.unwrap();
    let Started { mut maintainer, index, .. } = start(&ledger.log, views, |_, _| {}).await.unwrap();
    verify(&ledger.log, &index).await.unwrap().unwrap();
    // The session of the start before may hold the lease a little longer.
    while maintainer.written().borrow().0 < ledger.log.head().size {
        maintainer.step().await.unwrap();
    }
    maintainer.views().close().await;
}

pub(crate) async fn rows_written_step_by_step_are_those_written_at_once(place: Place) {
    let mut ledger = busy_in_steps(place, written).await;
    for instant in ["2024-05-02T00:00:00Z", "2024-05-03T00:00:00Z"] {
        let again = Command::RecordAcceptance {
            parties: words::parties("a", "y"),
            recording: Recording::Confirm,
            claim: words::claim(instant),
        };
        assert!(ledger.did(&again).await);
        written(&ledger).await;
    }
    let views = Views::open_read_only(&ledger.log).await.unwrap();
    let audited = audit(&ledger.log, Some(&views), request_keys, |_, _| {}).await.unwrap();
    let size = ledger.log.head().size;
    assert_eq!(audited, Ok(Alike { events: size, read_models: Some(size), unknown_vault_rows: 0 }));
    views.close().await;
    ledger.log.close().await;
    assert_eq!(rebuild(&ledger.url, |_, _| {}).await.unwrap().differences, 0);
}

/// More than are read from the log at once, and than states are written at once.
const MANY: usize = 4_500;

pub(crate) async fn read_models_of_many_events_are_the_same_written_step_by_step_and_at_once(place: Place) {
    let mut ledger = Ledger::begun(place).await;
    ledger.parties("a", "x").await;
    assert!(ledger.did(&words::confirm("a", "x")).await);
    ledger.parties("b", "y").await;
    assert!(ledger.did(&words::confirm("b", "y")).await);
    let withdraw = Command::WithdrawAcceptance {
        parties: words::parties("b", "y"),
        agreement: words::agreement("microsoft-customer-agreement"),
        withdrawn_at: None,
    };
    assert!(ledger.did(&withdraw).await);
    let parties = words::parties("b", "y");
    let relationship = ledger.facts.relationship(&parties.partner, &parties.customer).unwrap();
    let obligation = relationship.withdrawals()[0].recorded;
    let cancel = Command::RecordCancellation { parties, obligation, cancelled_at: None };
    let parties = words::parties("a", "x");
    let first =
        ledger.facts.relationship(&parties.partner, &parties.customer).unwrap().acceptances[0].recorded;
    written(&ledger).await;
    let customers: Vec<_> = (0..MANY).map(|it| format!("customer-{it}")).collect();
    let register = |it: &String| Command::RegisterCustomer {
        customer: words::customer(it),
        facts: words::customer_facts(),
    };
    ledger.did_together(customers.iter().map(register)).await;
    written(&ledger).await;
    let establish = |it: &String| Command::EstablishRelationship { parties: words::parties("a", it) };
    ledger.did_together(customers.iter().map(establish)).await;
    // Of what lies many pages before.
    assert!(ledger.did(&cancel).await);
    assert!(ledger.did(&Command::VoidAcceptance { parties, acceptance: first }).await);
    assert!(ledger.did(&words::confirm("a", "customer-7")).await);
    written(&ledger).await;
    ledger.log.close().await;

    assert_eq!(rebuild(&ledger.url, |_, _| {}).await.unwrap().differences, 0);
    let log = EventLog::open(&ledger.url).await.unwrap();
    let restored = start(&log, Views::open(&log).await.unwrap(), |_, _| {}).await.unwrap();
    assert_eq!((restored.began, restored.snapshot.0), (Began::ReadModels, log.head().size));
    verify(&log, &restored.index).await.unwrap().unwrap();
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
