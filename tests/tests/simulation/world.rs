//! The replicas of a seed, and what is done to them, one operation after the other.

use assent_domain::Facts as _;
use assent_domain::command::Command;
use assent_domain::values::Instant;
use assent_projections::admin;

use tokio::task::{JoinHandle, yield_now};

use super::append::Outcome;
use super::chance::Chance;
use super::fault::Fault;
use super::ground::{Ground, REPLICAS_MAX, begun_at};
use super::jobs::{Acceptance, Answer, Job, Request};
use super::operation::{Operation, Seen};
use super::replica::{Failure, Replica, Stage};
use super::trace::Trace;

/// How long there may be between two operations, in microseconds.
const PAUSE_MAX: usize = 2_000_000;
/// How far the clocks of two replicas may be apart, in microseconds.
const SKEW_MAX: usize = 1_500_000;
/// How many requests the clients of a seed have.
const JOBS_MAX: usize = 24;
/// How many requests are decided together.
const BATCH_MAX: usize = 3;

/// One of so many requests is sent again though it was answered.
const SENT_AGAIN: usize = 5;

/// Everything of a seed.
pub(crate) struct World<'a> {
    pub(crate) ground: &'a Ground,
    pub(crate) replicas: Vec<Option<Replica>>,
    pub(crate) jobs: Vec<Job>,
    pub(crate) trace: Trace,
    chance: Chance,
    fault: Fault,
    clock: Instant,
    skews: Vec<i64>,
    acceptances: Vec<Acceptance>,
    /// An append waits at the gate that no replica waits for any more.
    has_stray: bool,
}

impl<'a> World<'a> {
    /// A ledger on which nothing is done yet.
    pub(crate) async fn begun(ground: &'a Ground, seed: u64, fault: Fault) -> Self {
        ground.renew().await;
        let mut chance = Chance::of(seed);
        let count = REPLICAS_MAX - usize::from(chance.below(3) > 0);
        let skews = (0..count).map(|_| chance.below(SKEW_MAX) as i64).collect();
        Self {
            ground,
            replicas: (0..count).map(|_| None).collect(),
            jobs: Vec::new(),
            trace: Trace::of(seed),
            chance,
            fault,
            clock: begun_at(),
            skews,
            acceptances: Vec::new(),
            has_stray: false,
        }
    }

    /// Does one operation of one replica.
    pub(crate) async fn step(&mut self) -> Result<(), String> {
        self.clock = self.clock.plus_micros(1 + self.chance.below(PAUSE_MAX) as i64);
        let number = self.chance.below(self.replicas.len());
        let seen = self.seen(number);
        let operation = Operation::drawn(&mut self.chance, &seen);
        self.perform(number, operation).await
    }

    /// What an operation is chosen by.
    pub(crate) fn seen(&self, number: usize) -> Seen {
        let others = || self.replicas.iter().enumerate().filter(|(it, _)| *it != number);
        let others_gate = others().any(|(_, it)| it.as_ref().is_some_and(|it| it.is_gate_closed));
        let is_held_up = |it: &Replica| matches!(it.stage, Stage::HeldUp(..));
        let place_taken = self.has_stray || self.replicas.iter().flatten().any(is_held_up);
        Seen::of(self.replicas[number].as_ref(), others_gate, place_taken)
    }

    /// Does it, and what follows from it for those that waited.
    pub(crate) async fn perform(&mut self, number: usize, operation: Operation) -> Result<(), String> {
        let was_closed = self.is_gate_closed(number);
        if let Some(replica) = &self.replicas[number] {
            replica.until_quiet().await;
        }
        self.trace.begin(number, &operation);
        let done = self.done(number, operation).await;
        let done = done.map_err(|failure| failure.to_string())?;
        self.trace.end(&done);
        if was_closed && !self.is_gate_closed(number) {
            self.release().await?;
        }
        Ok(())
    }

    fn is_gate_closed(&self, number: usize) -> bool {
        self.replicas[number].as_ref().is_some_and(|it| it.is_gate_closed)
    }

    /// The gate is open again: what waited there is done before anything else.
    async fn release(&mut self) -> Result<(), String> {
        if std::mem::take(&mut self.has_stray) {
            self.ground.until_idle().await;
        }
        for number in 0..self.replicas.len() {
            if matches!(&self.replicas[number], Some(it) if matches!(it.stage, Stage::HeldUp(..))) {
                self.trace.begin(number, &Operation::GoOn { takes_turn: false });
                let done = self.go_on(number, false).await.map_err(|failure| failure.to_string())?;
                self.trace.end(&done);
            }
        }
        Ok(())
    }

    async fn done(&mut self, number: usize, operation: Operation) -> Result<String, Failure> {
        let Some(replica) = self.replicas[number].as_mut() else {
            return Ok(match operation {
                Operation::Start => self.start(number).await,
                _ => "is down".to_owned(),
            });
        };
        match operation {
            Operation::Start => Ok("runs".to_owned()),
            Operation::Rest => Ok(String::new()),
            Operation::Take => Ok(self.take(number)),
            Operation::GoOn { takes_turn } => self.go_on(number, takes_turn).await,
            Operation::AppendHeldUp => {
                let Stage::HeldUp(appending, _) = replica.append_held_up() else {
                    unreachable!("it appends")
                };
                let is_held_up = tokio::select! {
                    () = self.ground.until_held_up() => true,
                    // Its connection was broken before.
                    () = finished(appending) => false,
                };
                if is_held_up { Ok(String::new()) } else { self.go_on(number, false).await }
            }
            Operation::Follow => tolerated(replica.follow().await),
            Operation::FollowInPart(most) => tolerated(replica.follow_in_part(most).await),
            Operation::Maintain => Ok(self.maintain(number).await),
            Operation::EndLease => {
                self.ground.end_lease().await;
                Ok(String::new())
            }
            Operation::Cut => self.cut(number).await,
            Operation::Crash => Ok(self.crash(number).await),
            Operation::Rebuild => self.rebuild().await,
            Operation::Trapped(trap, inner) => {
                let sprung = self.ground.set(number, &trap);
                let done = Box::pin(self.done(number, *inner)).await?;
                if let Some(replica) = &self.replicas[number] {
                    replica.until_quiet().await;
                }
                let sprang = self.ground.disarm(number, sprung).await;
                Ok(format!("{done}{}", if sprang { ", cut" } else { "" }))
            }
        }
    }

    async fn start(&mut self, number: usize) -> String {
        self.replicas[number] = Replica::started(&self.ground.url_of(number), self.fault).await;
        self.replicas[number].as_ref().map_or("not let in".to_owned(), |it| format!("at {}", it.applied()))
    }

    /// What clients send: something new, or what was not answered yet, or once more what was.
    fn take(&mut self, number: usize) -> String {
        let mut requests = Vec::new();
        for _ in 0..=self.chance.below(BATCH_MAX) {
            let request = self.request();
            if !requests.contains(&request) {
                requests.push(request);
            }
        }
        let named = requests.iter().map(|it| format!("{}: {:?}", it.0, self.jobs[it.0].command));
        let named = named.collect::<Vec<_>>().join("; ");
        self.send(number, requests);
        named
    }

    /// A replica takes these from its queue.
    pub(crate) fn send(&mut self, number: usize, requests: Vec<Request>) {
        let known = self.jobs.iter().flat_map(|it| &it.answers).filter_map(Answer::stored).max();
        if let Some(replica) = &mut self.replicas[number] {
            replica.take(requests, known.unwrap_or_default());
        }
    }

    /// One more request, for a command that is not chosen by the seed.
    pub(crate) fn sent(&mut self, command: Command) -> Request {
        self.jobs.push(Job { command, answers: Vec::new() });
        Request(self.jobs.len() - 1)
    }

    fn request(&mut self) -> Request {
        let is_sent = |(number, job): &(usize, &Job)| job.answers.is_empty() || number % SENT_AGAIN == 0;
        let sent: Vec<_> = self.jobs.iter().enumerate().filter(is_sent).map(|(it, _)| it).collect();
        if !sent.is_empty() && (self.jobs.len() == JOBS_MAX || self.chance.below(2) == 0) {
            return Request(self.chance.pick(&sent));
        }
        let job = Job::drawn(&mut self.chance, self.jobs.len(), &self.acceptances);
        self.jobs.push(job);
        Request(self.jobs.len() - 1)
    }

    async fn go_on(&mut self, number: usize, takes_turn: bool) -> Result<String, Failure> {
        let clock = self.clock.plus_micros(self.skews[number]);
        let Some(replica) = self.replicas[number].as_mut() else { return Ok("is down".to_owned()) };
        let outcome = replica.go_on(&self.jobs, clock, takes_turn).await?;
        let told = outcome.to_string();
        if let Outcome::Done(answers) | Outcome::Partly(answers) = outcome {
            for (request, answer) in answers {
                if let Answer::Not { prefix, .. } = &answer
                    && *prefix < replica.known
                {
                    return Err(Failure::Wrong(format!("{request:?} is answered from behind: {answer:?}")));
                }
                let acceptance = recorded(replica, &self.jobs[request.0].command, &answer);
                self.acceptances.extend(acceptance);
                self.jobs[request.0].answers.push(answer);
            }
        }
        Ok(told)
    }

    async fn maintain(&mut self, number: usize) -> String {
        let Some(replica) = self.replicas[number].as_mut() else { return "is down".to_owned() };
        if self.fault == Fault::IgnoresTheFence && replica.index.pending_count() > 1 {
            self.ground.move_fence(replica.applied()).await;
        }
        let stepped = replica.maintainer.step().await;
        let written = *replica.maintainer.written().borrow();
        let maintains = replica.maintainer.is_maintaining();
        format!("{} at {written}{}", stepped.is_ok(), if maintains { " as its own" } else { "" })
    }

    async fn cut(&mut self, number: usize) -> Result<String, Failure> {
        self.ground.cut(number).await;
        let Some(replica) = self.replicas[number].as_mut() else { return Ok(String::new()) };
        replica.is_gate_closed = false;
        let mut told = String::new();
        if matches!(replica.stage, Stage::HeldUp(..)) {
            // It still waits on the server, and nobody will hear of it.
            self.has_stray = true;
            told = self.go_on(number, false).await?;
        }
        if let Some(replica) = &self.replicas[number] {
            replica.until_quiet().await;
        }
        self.ground.until_noticed(number).await;
        Ok(told)
    }

    async fn crash(&mut self, number: usize) -> String {
        if let Some(replica) = self.replicas[number].take() {
            if let Stage::HeldUp(appending, _) = &replica.stage {
                appending.abort();
                self.has_stray = true;
            }
            drop(replica);
        }
        self.ground.cut(number).await;
        self.ground.until_noticed(number).await;
        String::new()
    }

    /// Where the read models are behind, it would wait for whoever maintains them.
    async fn rebuild(&mut self) -> Result<String, Failure> {
        let up: Vec<_> = self.replicas.iter().flatten().collect();
        let size = up.iter().map(|it| it.log.head().size).max().unwrap_or_default();
        if !up.iter().any(|it| it.maintainer.written().borrow().0 == size && it.applied() == size) {
            return Ok("not now".to_owned());
        }
        let report = admin::rebuild(&self.ground.url(), |_, _| {}).await;
        let report = report.map_err(|error| Failure::Wrong(format!("a rebuild failed: {error}")))?;
        match report.differences {
            0 => Ok(format!("{} events", report.events)),
            more => Err(Failure::Wrong(format!("a rebuild found {more} rows that differ"))),
        }
    }
}

async fn finished<T>(task: &JoinHandle<T>) {
    while !task.is_finished() {
        yield_now().await;
    }
}

fn tolerated(done: Result<(), Failure>) -> Result<String, Failure> {
    match done {
        Ok(()) => Ok(String::new()),
        Err(Failure::Unreachable(why)) => Ok(why),
        Err(wrong @ Failure::Wrong(_)) => Err(wrong),
    }
}

/// The acceptance that a command recorded, as a client knows it from its answer.
fn recorded(replica: &Replica, command: &Command, answer: &Answer) -> Option<Acceptance> {
    let (Command::RecordAcceptance { parties, .. }, Answer::Stored(position)) = (command, answer) else {
        return None;
    };
    let index = replica.index.read();
    let there = index.relationship(&parties.partner, &parties.customer)?;
    let acceptance = there.acceptances.iter().find(|it| it.recorded.position.0 == *position)?;
    Some((acceptance.recorded, parties.clone()))
}
