//! Writers at work while things break, and the look at the log afterwards.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use assent_proto::v1::{ConfirmAcceptanceRequest, ConfirmAcceptanceResponse};
use assent_testing::{Server, requests};
use futures::future::join_all;
use prost_types::Timestamp;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{interval, timeout};
use tonic::Status;
use uuid::Uuid;

use super::fleet::{Fleet, customer};
use crate::support::{decoded, events, run, within};

/// How long a writer waits for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the writers of a test did, over all its cycles.
#[derive(Debug, Default)]
pub(crate) struct Work {
    next: Arc<AtomicU64>,
    /// Requests that were answered, with the acceptance's id and position.
    acknowledged: BTreeMap<u64, (String, u64)>,
    /// Requests that nobody knows the outcome of.
    unknown: Vec<u64>,
    /// Every entry that was ever read.
    entries: BTreeMap<u64, Vec<u8>>,
}

/// Writers that are at work.
#[derive(Debug)]
pub(crate) struct Writers {
    tasks: Vec<JoinHandle<Done>>,
    stop: watch::Sender<bool>,
    acknowledged: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Done {
    acknowledged: Vec<(u64, String, u64)>,
    unknown: Vec<u64>,
}

/// The confirmation with this number: none is another's duplicate.
pub(crate) fn confirmation(number: u64) -> ConfirmAcceptanceRequest {
    let seconds = 1_770_000_000 + i64::try_from(number).expect("it is small");
    ConfirmAcceptanceRequest {
        accepted_on: None,
        accepted_at: Some(Timestamp { seconds, nanos: 0 }),
        request_id: Some(request_id(number)),
        ..requests::confirm("contoso", &customer(number))
    }
}

fn request_id(number: u64) -> String {
    Uuid::from_u128(u128::from(number) + 1).to_string()
}

async fn confirm(server: &Server, number: u64) -> Result<ConfirmAcceptanceResponse, Status> {
    server.acceptance().confirm_acceptance(confirmation(number)).await.map(|it| it.into_inner())
}

impl Work {
    /// Lets so many writers work on each server until they are stopped; with `persist` also after a failure.
    pub(crate) fn begin(&self, servers: &[Server], writers: usize, persist: bool) -> Writers {
        let (stop, acknowledged) = (watch::Sender::new(false), watch::Sender::new(0));
        let each = servers.iter().flat_map(|it| std::iter::repeat_n(it, writers));
        let tasks = each.map(|server| {
            let (next, stopped, counted) = (self.next.clone(), stop.subscribe(), acknowledged.clone());
            tokio::spawn(write(server.acceptance(), next, stopped, counted, persist))
        });
        Writers { tasks: tasks.collect(), stop, acknowledged }
    }

    /// Takes what writers did.
    pub(crate) async fn end(&mut self, writers: Writers) {
        writers.stop.send_replace(true);
        for done in within(join_all(writers.tasks)).await {
            let done = done.expect("a writer does not panic");
            self.unknown.extend(done.unknown);
            for (number, id, position) in done.acknowledged {
                self.acknowledged.insert(number, (id, position));
            }
        }
    }

    /// How many requests were answered.
    pub(crate) fn count(&self) -> usize {
        self.acknowledged.len()
    }

    /// Sends again what was not answered, and holds the whole log against what was.
    pub(crate) async fn check(&mut self, fleet: &Fleet) {
        for number in std::mem::take(&mut self.unknown) {
            let place = usize::try_from(number).expect("it is small") % fleet.servers.len();
            let again = within(confirm(&fleet.servers[place], number)).await.expect("it can be sent again");
            let id = again.acceptance.expect("an answer names it").acceptance_id;
            self.acknowledged.insert(number, (id, again.position));
        }
        let head = fleet.settled().await;
        for server in &fleet.servers {
            let read = events(server).await;
            assert!(read.len() as u64 >= head, "a replica misses events");
            let mut found = HashMap::new();
            for (place, event) in read.iter().enumerate() {
                let message = decoded(event);
                assert_eq!(message.position, place as u64 + 1, "the log is dense");
                let before = self.entries.entry(message.position).or_insert_with(|| event.entry.to_vec());
                assert!(event.entry == *before, "position {} is what it was", message.position);
                if let Some(request_id) = message.request_id {
                    let stored = (message.event_id, message.position);
                    assert_eq!(found.insert(request_id, stored), None, "a request is carried out once");
                }
            }
            for (number, stored) in &self.acknowledged {
                assert_eq!(
                    found.get(&request_id(*number)),
                    Some(stored),
                    "request {number} was acknowledged"
                );
            }
        }
        assert_whole(&fleet.url()).await;
    }
}

/// Leaves, density, commits, roots, tiles, links and the rows of the read models, all of it from the stored bytes.
async fn assert_whole(url: &str) {
    let verified = run(["verify", "--database", url]).await;
    assert_eq!(verified.code, Some(0), "{verified:?}");
}

impl Writers {
    /// Waits until so many requests were answered since these writers began.
    pub(crate) async fn until(&self, acknowledged: u64) {
        let mut counted = self.acknowledged.subscribe();
        within(counted.wait_for(|it| *it >= acknowledged)).await.expect("the sender is held here");
    }

    /// Waits until so many more were answered.
    pub(crate) async fn go_on(&self, more: u64) {
        let now = *self.acknowledged.borrow();
        self.until(now + more).await;
    }
}

async fn write(
    mut acceptance: assent_proto::v1::acceptance_service_client::AcceptanceServiceClient<
        tonic::transport::Channel,
    >,
    next: Arc<AtomicU64>,
    stopped: watch::Receiver<bool>,
    counted: watch::Sender<u64>,
    persist: bool,
) -> Done {
    let mut done = Done::default();
    let mut pause = interval(Duration::from_millis(20));
    while !*stopped.borrow() {
        let number = next.fetch_add(1, Ordering::Relaxed);
        match timeout(PATIENCE, acceptance.confirm_acceptance(confirmation(number))).await {
            Ok(Ok(answer)) => {
                let answer = answer.into_inner();
                let id = answer.acceptance.expect("an answer names it").acceptance_id;
                done.acknowledged.push((number, id, answer.position));
                counted.send_modify(|it| *it += 1);
            }
            Ok(Err(_)) | Err(_) => {
                done.unknown.push(number);
                if !persist {
                    return done;
                }
                pause.tick().await;
            }
        }
    }
    done
}
