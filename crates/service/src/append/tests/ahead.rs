//! Batches that are decided while the one before them is being committed.

use std::sync::Arc;

use assent_domain::values::{Environment, Position};
use assent_event_log::{EventLog, Turn, Verdict, verify};
use assent_projections::{Views, start};
use assent_proto::convert::{Intent, intent};
use assent_proto::event::Event;
use assent_proto::event::event::Payload;
use assent_proto::stored::boxes;
use assent_proto::v1::{CorrectAcceptanceRequest, Program, RegisterCustomerRequest};
use assent_testing::postgres::{self, Cluster, ClusterOptions, TestDatabase};
use assent_testing::{Proxy, requests};
use assent_vault::{MasterKey, Vault};
use bytes::Bytes;
use prost::Message;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::{caller, erasure};
use crate::append::queue::{Job, MANY_COMMANDS};
use crate::append::{AppendTask, Appender, BootstrapError, Lane, Ledger, Outcome, Written, bootstrap};
use crate::clock::SystemClock;
use crate::error::{Error, Reason};
use crate::replica::Trust;
use crate::telemetry::Figures;
use crate::tombstones::Tombstones;

const REQUEST: &str = "018bcfe5-687b-7969-9a5a-5a123456789a";

/// A ledger, the task of one replica, and another replica that keeps every commit waiting until its turn ends.
struct Scene {
    database: TestDatabase,
    log: EventLog,
    vault: Vault,
    /// The id of litware's acceptance.
    accepted: String,
    appender: Appender,
    running: JoinHandle<()>,
    other: AppendTask,
    turn: Turn,
}

impl Scene {
    /// Partner `contoso` has a relationship with `wingtip`, and one with `litware`, which has accepted; there is nobody else.
    async fn new() -> Self {
        Self::prepared("").await
    }

    /// The same, with SQL that is run before the first commit waits.
    async fn prepared(sql: &str) -> Self {
        let database = postgres::shared().await.database().await;
        let url = database.url();
        Self::at(database, &url, sql).await
    }

    /// The same, with the URL at which the task reaches the database.
    async fn at(database: TestDatabase, url: &str, sql: &str) -> Self {
        let (task, appender) = replica(url).await;
        let (other, _) = replica(&database.url()).await;
        let (log, vault) = (task.ledger.log.clone(), task.ledger.vault.clone());
        let running = tokio::spawn(task.run());
        let mut accepted = String::new();
        for intent in [
            partner("contoso"),
            customer("wingtip", None),
            relationship("wingtip"),
            customer("litware", None),
            relationship("litware"),
            confirmation("litware"),
        ] {
            accepted = send(&appender, intent).await.await.unwrap().unwrap().event.unwrap().event_id;
        }
        database.run(sql).await;
        other.follow().await.unwrap();
        let turn = other.ledger.log.turn().await.unwrap();
        Self { database, log, vault, accepted, appender, running, other, turn }
    }

    /// Sends a command, of which the commit begins and waits; and then just so many that they are decided meanwhile.
    async fn held_up(&self, first: impl Into<Box<Intent>>, next: impl Into<Box<Intent>>) -> Held {
        let first = send(&self.appender, first).await;
        self.until_taken().await;
        let next = send(&self.appender, next).await;
        let mut others = Vec::new();
        for number in 1..MANY_COMMANDS {
            others.push(send(&self.appender, customer(&format!("customer-{number}"), None)).await);
        }
        // Nobody can have taken them but to decide them ahead: the first commit still waits.
        self.until_taken().await;
        let mut held = Held { first, next, others };
        let told = [&mut held.first, &mut held.next].into_iter().chain(&mut held.others);
        for outcome in told {
            let told = outcome.try_recv();
            assert!(told.is_err(), "nothing is told before it is stored: {told:?}");
        }
        held
    }

    async fn until_taken(&self) {
        while !self.appender.is_empty() {
            tokio::task::yield_now().await;
        }
    }

    /// Stores an intent on another replica, before the commit that waits.
    async fn stored_by_another(&self, intent: impl Into<Box<Intent>>) -> u64 {
        let (job, _outcome) = Job::new(intent.into(), caller());
        let decided = self.other.decide(vec![job]).await;
        let (batch, _) = decided.adds.expect("that replica knows of nothing that speaks against it");
        let position = batch.start + 1;
        self.other.ledger.log.append_in_turn(batch, &self.turn).await.unwrap();
        position
    }

    /// Lets the commit go on, waits for all outcomes, and holds each against the log.
    async fn go_on(self, held: Held) -> (Told, Told) {
        let Self { database, log, vault, accepted: _, appender, running, other, turn } = self;
        turn.end().await;
        let (first, next) = (held.first.await.unwrap(), held.next.await.unwrap());
        let mut told = vec![first.clone(), next.clone()];
        for outcome in held.others {
            told.push(outcome.await.unwrap());
        }
        drop((appender, other));
        running.await.unwrap();
        for written in told.iter().flatten().filter(|it| it.event.is_some()) {
            let entry = log.entry(written.position.0).await.unwrap().expect("what is told is stored");
            let mut stored = Event::decode(entry.entry).unwrap();
            // Links are the log's own.
            stored.links = written.event.as_ref().and_then(|it| it.links);
            assert_eq!(written.event.as_deref(), Some(&stored));
            let erased = erased_by(written);
            assert!(vault.rows(&erased).await.unwrap().is_empty(), "what is erased is gone");
        }
        assert!(told[2..].iter().all(Result::is_ok), "nothing speaks against the others");
        let verdict = verify(&database.url(), |_, _| {}).await.unwrap();
        assert!(matches!(verdict, Verdict::Whole(_)), "{verdict:?}");
        (first, next)
    }
}

type Told = Result<Written, Error>;

/// Commands that wait for a commit.
struct Held {
    first: Outcome,
    next: Outcome,
    others: Vec<Outcome>,
}

async fn replica(url: &str) -> (AppendTask, Appender) {
    let log = EventLog::open(url).await.unwrap();
    let vault = Vault::open(log.database().clone(), MasterKey::from_bytes([7; 32])).await.unwrap();
    let built_in = assent_policy_file::built_in();
    let policy = (Bytes::from_static(built_in.bytes), built_in.document);
    if log.head().size == 0 {
        let begun = bootstrap(&log, &vault, Environment::Sandbox, policy, SystemClock.now()).await;
        assert!(!matches!(begun, Err(BootstrapError::Failed(_))), "{begun:?}");
    }
    let views = Views::open(&log).await.unwrap();
    let started = start(&log, views.clone(), |_, _| {}).await.unwrap();
    let read_models = started.maintainer.written();
    let (trust, tombstones) = (Trust::new(None), Tombstones::default());
    let ledger = Ledger {
        log,
        vault,
        index: started.index,
        views,
        trust,
        tombstones,
        figures: Arc::new(Figures::new(1)),
    };
    AppendTask::new(ledger, read_models, SystemClock, Arc::new(Notify::new()))
}

async fn send(appender: &Appender, intent: impl Into<Box<Intent>>) -> Outcome {
    appender.start(intent.into(), caller(), Lane::Imports).await.unwrap()
}

fn partner(id: &str) -> Intent {
    intent::register_partner(requests::partner(id, Program::DirectBill)).unwrap()
}

fn customer(id: &str, request_id: Option<&str>) -> Intent {
    let request_id = request_id.map(str::to_owned);
    intent::register_customer(RegisterCustomerRequest { request_id, ..requests::customer(id) }).unwrap()
}

fn relationship(customer: &str) -> Intent {
    intent::establish_relationship(requests::relationship("contoso", customer)).unwrap()
}

fn confirmation(customer: &str) -> Intent {
    intent::confirm_acceptance(requests::confirm("contoso", customer)).unwrap()
}

/// A correction that leaves the contact as it was recorded.
fn correction(acceptance_id: &str) -> Intent {
    let request = CorrectAcceptanceRequest {
        acceptance_id: acceptance_id.to_owned(),
        reason: "the date was mistyped".to_owned(),
        accepted_on: Some("2026-01-11".to_owned()),
        ..CorrectAcceptanceRequest::default()
    };
    intent::correct_acceptance(request).unwrap()
}

/// The vault rows that it erased.
fn erased_by(written: &Written) -> Vec<[u8; 16]> {
    match written.event.as_ref().and_then(|it| it.payload.as_ref()) {
        Some(Payload::PersonalDataErased(it)) => {
            it.key_ids.iter().map(|it| it.as_ref().try_into().unwrap()).collect()
        }
        _ => Vec::new(),
    }
}

/// A database that refuses the next commit, and none after it: a sequence does not go back.
const REFUSES_ONE: &str = "
    CREATE SEQUENCE refused;
    CREATE FUNCTION refuse_one() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF nextval('refused') = 1 THEN
            RAISE EXCEPTION 'this one is refused';
        END IF;
        RETURN NEW;
    END;
    $$;
    CREATE TRIGGER refuse_one BEFORE INSERT ON commits FOR EACH ROW EXECUTE FUNCTION refuse_one();";

#[tokio::test]
async fn what_was_decided_on_a_batch_is_stored_right_behind_it() {
    let scene = Scene::new().await;
    let held = scene.held_up(customer("fabrikam", None), relationship("fabrikam")).await;
    let (first, next) = scene.go_on(held).await;
    let (first, next) = (first.unwrap(), next.unwrap());
    assert_eq!(next.position, Position(first.position.0 + 1), "nothing was decided again");
}

#[tokio::test]
async fn what_was_decided_on_a_batch_whose_connection_broke_is_stored_behind_it() {
    let cluster = Cluster::spawn(ClusterOptions { tcp: true, ..ClusterOptions::default() }).await;
    let proxy = Proxy::to(cluster.address()).await;
    let database = cluster.database().await;
    let url = format!("{}?sslmode=disable", database.url_at(proxy.address()));
    let scene = Scene::at(database, &url, "").await;
    let held = scene.held_up(customer("fabrikam", None), relationship("fabrikam")).await;
    proxy.cut().await;
    let (first, next) = scene.go_on(held).await;
    let (first, next) = (first.unwrap(), next.unwrap());
    assert_eq!(next.position, Position(first.position.0 + 1), "both are stored, and once");
}

#[tokio::test]
async fn what_was_decided_on_a_batch_that_lost_its_race_is_decided_again() {
    let scene = Scene::new().await;
    let held = scene.held_up(customer("fabrikam", None), relationship("fabrikam")).await;
    let there = scene.stored_by_another(customer("fabrikam", None)).await;
    let (first, next) = scene.go_on(held).await;
    let (first, next) = (first.unwrap(), next.unwrap());
    assert_eq!(first.event, None, "the other one has registered it");
    assert_eq!(next.position, Position(there + 1), "right behind what the other one has stored");
}

#[tokio::test]
async fn what_was_decided_on_a_batch_that_failed_is_decided_without_it() {
    let scene = Scene::prepared(REFUSES_ONE).await;
    let held = scene.held_up(customer("fabrikam", None), relationship("fabrikam")).await;
    let (first, next) = scene.go_on(held).await;
    assert!(first.is_err(), "{first:?}");
    assert!(matches!(next, Err(Error::Refused { .. })), "there is no such customer: {next:?}");
}

#[tokio::test]
async fn what_is_so_already_by_a_batch_that_failed_is_stored() {
    let scene = Scene::prepared(REFUSES_ONE).await;
    let held = scene.held_up(customer("fabrikam", None), customer("fabrikam", None)).await;
    let (first, next) = scene.go_on(held).await;
    assert!(first.is_err(), "{first:?}");
    assert!(next.unwrap().event.is_some(), "it was not so already");
}

#[tokio::test]
async fn contacts_are_compared_with_those_of_the_batch_under_way() {
    let scene = Scene::new().await;
    let held = scene.held_up(confirmation("wingtip"), confirmation("wingtip")).await;
    let (first, next) = scene.go_on(held).await;
    assert!(first.unwrap().event.is_some());
    assert_eq!(next.unwrap_err().reason(), Reason::AcceptanceAlreadyConfirmed);

    let scene = Scene::prepared(REFUSES_ONE).await;
    let held = scene.held_up(confirmation("wingtip"), confirmation("wingtip")).await;
    let (first, next) = scene.go_on(held).await;
    assert!(first.is_err(), "{first:?}");
    assert!(next.unwrap().event.is_some(), "it is the first one that is stored");
}

#[tokio::test]
async fn a_request_that_is_under_way_is_answered_by_what_becomes_of_it() {
    let (once, another) = (customer("fabrikam", Some(REQUEST)), customer("tailspin", Some(REQUEST)));
    let scene = Scene::new().await;
    let held = scene.held_up(once.clone(), once.clone()).await;
    let (first, next) = scene.go_on(held).await;
    let (first, next) = (first.unwrap(), next.unwrap());
    assert_eq!((first.replayed, next.replayed), (false, true));
    assert_eq!(next.position, first.position);

    let scene = Scene::new().await;
    let held = scene.held_up(once.clone(), another).await;
    let (_, next) = scene.go_on(held).await;
    assert_eq!(next.unwrap_err().reason(), Reason::RequestIdReused);

    let scene = Scene::prepared(REFUSES_ONE).await;
    let held = scene.held_up(once.clone(), once).await;
    let (first, next) = scene.go_on(held).await;
    assert!(first.is_err(), "{first:?}");
    assert!(!next.unwrap().replayed, "nothing was carried out before");
}

#[tokio::test]
async fn an_erasure_erases_what_the_batch_under_way_stores() {
    let scene = Scene::new().await;
    let held = scene.held_up(confirmation("wingtip"), erasure("wingtip")).await;
    let (first, next) = scene.go_on(held).await;
    let (first, next) = (first.unwrap().event.unwrap(), next.unwrap());
    let erased = erased_by(&next);
    assert!(!boxes(&first).is_empty());
    for sealed in boxes(&first) {
        assert!(erased.iter().any(|it| it[..] == sealed.key_id), "{erased:?} of {first:?}");
    }
    assert_eq!(next.position, Position(first.position + 1), "what was sent after it is stored after it");
}

#[tokio::test]
async fn an_erasure_behind_a_batch_that_failed_erases_what_was_there() {
    let scene = Scene::prepared(REFUSES_ONE).await;
    let held = scene.held_up(correction(&scene.accepted), erasure("litware")).await;
    let (first, next) = scene.go_on(held).await;
    assert!(first.is_err(), "{first:?}");
    assert!(!erased_by(&next.unwrap()).is_empty());
}

#[tokio::test]
async fn what_is_sent_while_an_erasure_is_under_way_finds_nothing_of_what_it_erases() {
    // A correction would seal the contact that it finds anew.
    let scene = Scene::new().await;
    let held = scene.held_up(erasure("litware"), correction(&scene.accepted)).await;
    let (first, next) = scene.go_on(held).await;
    assert!(!erased_by(&first.unwrap()).is_empty());
    assert_eq!(next.unwrap_err().reason(), Reason::FieldInvalid, "the contact has to be given anew");

    let scene = Scene::new().await;
    let held = scene.held_up(erasure("litware"), confirmation("litware")).await;
    let (first, next) = scene.go_on(held).await;
    assert!(!erased_by(&first.unwrap()).is_empty());
    assert!(next.unwrap().event.is_some(), "there is no contact any more that it could be the same as");
}

#[tokio::test]
async fn what_was_decided_ahead_is_decided_again_behind_another_replicas_erasure() {
    let scene = Scene::new().await;
    let held = scene.held_up(customer("fabrikam", None), correction(&scene.accepted)).await;
    scene.stored_by_another(erasure("litware")).await;
    let (first, next) = scene.go_on(held).await;
    assert!(first.unwrap().event.is_some());
    assert_eq!(next.unwrap_err().reason(), Reason::FieldInvalid, "the contact has to be given anew");
}
