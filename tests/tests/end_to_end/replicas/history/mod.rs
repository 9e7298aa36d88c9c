//! Linearizability: what concurrent calls were answered by three replicas is what the domain alone would have answered
//! to the same calls, one after the other, in an order that no caller can tell from the real one.
//!
//! A run is short: a new customer, and a few clients that each make some calls, one after the other. Their history
//! ([`calls::Done`]) is then held against the events that were stored ([`check`]). The domain is the sequential model:
//! it decides again, on exactly the prefix, every write, refusal and decision. The interleaving is the machine's, and
//! another one each time; a seed repeats the calls.

mod calls;
mod check;
mod forge;
mod forged;
mod model;
mod plan;
mod told;

use std::cell::Cell;

use assent_domain::Recorded;
use assent_event_log::EventLog;
use assent_projections::decode;
use assent_proto::v1::{AuthorizeOrderRequest, Program};
use assent_testing::requests;
use futures::future::join_all;

use self::calls::{Call, Done};
use self::model::Model;
use self::plan::{PARTNERS, Step, plan, setup};
use super::chance::{Chance, cycles};
use super::fleet::Fleet;
use crate::support::within;

/// How many runs there are where nothing else is said.
const RUNS: u64 = 200;

/// Orders what clients do, and knows the highest position that any of them was answered.
#[derive(Debug, Default)]
struct Clock {
    ticks: Cell<u64>,
    highest: Cell<u64>,
}

impl Clock {
    fn tick(&self) -> u64 {
        self.ticks.set(self.ticks.get() + 1);
        self.ticks.get()
    }
}

#[tokio::test]
async fn a_recorded_history_of_concurrent_calls_is_one_that_the_domain_could_have_answered_alone() {
    let fleet = Fleet::of(3).await;
    for (partner, _) in PARTNERS {
        within(fleet.servers[0].register_partner(partner, Program::DirectBill)).await;
    }
    let log = EventLog::open_read_only(&fleet.url()).await.unwrap();
    let mut model = Model::default();
    for recorded in decoded(&log, log.read(1, log.head().size, usize::MAX).await.unwrap()).await {
        model.apply(&recorded);
    }
    let (mut chance, mut answered) = (Chance::new(), [0; 4]);
    for run in 0..cycles(RUNS) {
        settle(&fleet, model.position()).await;
        let clock = Clock::default();
        clock.highest.set(model.position());
        let mut history = Vec::new();
        for clients in setup(run).into_iter().chain([plan(&mut chance, run)]) {
            history.extend(all_at_once(&fleet, &clock, clients).await);
        }
        let events = followed(&log).await;
        let checked = check::check(&mut model, &history, &events);
        checked.unwrap_or_else(|fault| panic!("run {run}: {fault}\n{history:#?}\n{events:#?}"));
        for done in &history {
            answered[done.answer.kind()] += 1;
        }
    }
    assert!(answered.iter().all(|it| *it > 0), "not every kind of answer was met: {answered:?}");
}

/// Waits until no replica answers from before the next run any more.
async fn settle(fleet: &Fleet, position: u64) {
    let order = requests::order("nobody", "nobody");
    let order = AuthorizeOrderRequest { min_position: Some(position), ..order };
    within(join_all(fleet.servers.iter().map(|it| it.decide(order.clone())))).await;
}

/// Clients that work beside each other.
async fn all_at_once(fleet: &Fleet, clock: &Clock, clients: Vec<Vec<Step>>) -> Vec<Done> {
    let clients = clients.into_iter().map(|steps| client(fleet, clock, steps));
    within(join_all(clients)).await.into_iter().flatten().collect()
}

/// A client, which calls again only once it has its answer.
async fn client(fleet: &Fleet, clock: &Clock, steps: Vec<Step>) -> Vec<Done> {
    let mut history = Vec::new();
    for Step { mut call, server, up_to_date } in steps {
        if let (Call::Order(order), true) = (&mut call, up_to_date) {
            order.min_position = Some(clock.highest.get());
        }
        let began = clock.tick();
        let answer = call.send(&fleet.servers[server]).await;
        let ended = clock.tick();
        clock.highest.set(clock.highest.get().max(answer.position().unwrap_or_default()));
        history.push(Done { call, server, began, ended, answer });
    }
    history
}

/// What was appended since; each part of it has the root that its commits say.
async fn followed(log: &EventLog) -> Vec<Recorded> {
    let mut events = Vec::new();
    loop {
        let entries = log.follow().await.expect("the log can be read");
        if entries.is_empty() {
            return events;
        }
        events.extend(decoded(log, entries).await);
    }
}

async fn decoded(log: &EventLog, entries: Vec<assent_event_log::StoredEntry>) -> Vec<Recorded> {
    decode(log, &entries)
        .await
        .expect("the log can be understood")
        .into_iter()
        .map(|it| it.recorded)
        .collect()
}
