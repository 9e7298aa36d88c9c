//! The loop: batch, decide, commit, apply, answer.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use assent_domain::Facts;
use assent_domain::command::Command;
use assent_domain::values::{Instant, Position};
use assent_event_log::{AppendError, EventLog, RequestKey, Turn};
use assent_projections::{Decoded, Index, SharedIndex, Views};
use assent_proto::event::Event;
use assent_proto::stored::StoredError;
use assent_vault::Vault;
use prost::Message;
use tokio::sync::{Notify, watch};
use tracing::warn;

use super::erasure::split_at_erasure;
use super::plan::Plan;
use super::queue::{Job, Queue, queue};
use super::request::{is_same, request_key};
use super::resolve::{Resolved, resolve};
use super::{Appender, Written, duplicates};
use crate::clock::SystemClock;
use crate::error::Error;
use crate::replica::Trust;
use crate::tombstones::Tombstones;

/// How many commands go into one commit at most.
const BATCH_COMMANDS_MAX: usize = 512;
/// How often a batch is decided again because another process appended first.
const ATTEMPTS_MAX: usize = 16;
/// How many events the read models may be behind before appending waits for them.
const READ_MODEL_LAG_MAX: usize = 50_000;
/// How long.
const READ_MODEL_WAIT_MAX: Duration = Duration::from_secs(1);

/// What the task writes to, and what it keeps up to date.
pub(crate) struct Ledger {
    pub(crate) log: EventLog,
    pub(crate) vault: Vault,
    pub(crate) index: SharedIndex,
    pub(crate) views: Views,
    pub(crate) trust: Trust,
    pub(crate) tombstones: Tombstones,
}

/// The task; one a process. Nobody else applies events to the index, so that it can't move between a decision and its
/// commit.
pub(crate) struct AppendTask {
    pub(super) ledger: Ledger,
    read_models: watch::Receiver<Position>,
    clock: SystemClock,
    /// Another process may have appended.
    wake: Arc<Notify>,
    queue: Queue,
}

impl AppendTask {
    /// The task, and what hands commands to it. It ends when every [`Appender`] is dropped and its queue is empty.
    pub(crate) fn new(
        ledger: Ledger,
        read_models: watch::Receiver<Position>,
        clock: SystemClock,
        wake: Arc<Notify>,
    ) -> (Self, Appender) {
        let (appender, queue) = queue();
        (Self { ledger, read_models, clock, wake, queue }, appender)
    }

    /// Carries out commands until nobody can ask any more, and follows the log meanwhile.
    pub(crate) async fn run(mut self) {
        let mut deferred = Vec::new();
        loop {
            let jobs = if deferred.is_empty() {
                tokio::select! {
                    () = self.wake.notified() => {
                        if let Err(error) = self.follow().await {
                            warn!(%error, "could not follow the log");
                        }
                        continue;
                    }
                    jobs = self.queue.batch(BATCH_COMMANDS_MAX) => match jobs {
                        Some(jobs) => jobs,
                        None => return,
                    },
                }
            } else {
                std::mem::take(&mut deferred)
            };
            deferred = self.carry_out(jobs).await;
            self.wait_for_read_models().await;
        }
    }

    /// Answers every job but those that have to wait for the outcome of one before them. Everything is done again
    /// where another process was first: it may have carried out the very same requests. The second time it is this
    /// process's turn.
    async fn carry_out(&self, jobs: Vec<Job>) -> Vec<Job> {
        let (jobs, later) = split_at_erasure(jobs);
        let (mut jobs, mut deferred) = split_repeated(jobs);
        deferred.extend(later);
        if let Err(error) = self.check_clock() {
            answer_all(jobs, &error);
            return deferred;
        }
        let mut turn = None;
        for _ in 0..ATTEMPTS_MAX {
            let ready = self.resolve(self.replay(jobs).await).await;
            match self.commit(ready, turn.as_ref()).await {
                Ok(()) => {
                    end(turn).await;
                    return deferred;
                }
                Err(again) => jobs = again,
            }
            if let Err(error) = self.take_turn(&mut turn).await {
                answer_all(jobs, &error);
                end(turn).await;
                return deferred;
            }
        }
        end(turn).await;
        warn!("gave up appending: other processes were first every time");
        answer_all(jobs, &contended());
        deferred
    }

    /// Keeps the other processes from appending, once, and applies what they appended.
    async fn take_turn(&self, turn: &mut Option<Turn>) -> Result<(), Error> {
        if turn.is_none() {
            *turn = Some(self.ledger.log.turn().await?);
        }
        self.follow().await
    }

    /// Instants of the log are of one clock, as nearly as can be.
    fn check_clock(&self) -> Result<(), Error> {
        if self.ledger.trust.clock_agrees() {
            return Ok(());
        }
        let why = "this machine's clock and the database's differ by more than a second: nothing is written";
        Err(Error::unreachable(std::io::Error::other(why)))
    }

    /// Reads what the jobs name by id.
    async fn resolve(&self, jobs: Vec<(Option<RequestKey>, Job)>) -> Vec<Ready> {
        let tag = self.ledger.index.read().ledger().tag;
        let mut ready = Vec::with_capacity(jobs.len());
        for (key, job) in jobs {
            match resolve(&self.ledger, tag, &job.intent).await {
                Ok(resolved) => ready.push((key, job, resolved)),
                Err(error) => answer(job, Err(error)),
            }
        }
        ready
    }

    /// Answers the jobs whose request id was carried out before; gives the others with their keys.
    async fn replay(&self, jobs: Vec<Job>) -> Vec<(Option<RequestKey>, Job)> {
        let keys: Vec<_> = jobs.iter().filter_map(|it| request_key(&it.intent)).collect();
        let found = match self.carried_out(&keys).await {
            Ok(found) => found,
            Err(error) => {
                answer_all(jobs, &error);
                return Vec::new();
            }
        };
        let mut new = Vec::with_capacity(jobs.len());
        for job in jobs {
            let key = request_key(&job.intent);
            match key.and_then(|key| found.get(&key).map(|position| (key, *position))) {
                None => new.push((key, job)),
                Some((key, position)) => {
                    let outcome = self.stored_outcome(&key, position, &job).await;
                    answer(job, outcome);
                }
            }
        }
        new
    }

    /// The requests that were carried out, none of them by an event that is not applied here: following after the look
    /// could bring in another of them, so that it is looked again.
    async fn carried_out(&self, keys: &[RequestKey]) -> Result<HashMap<RequestKey, u64>, Error> {
        loop {
            let found = self.ledger.log.requests(keys).await?;
            let last = found.values().max().copied().unwrap_or_default();
            if last <= self.ledger.index.read().ledger().applied.0 {
                return Ok(found);
            }
            self.follow().await?;
        }
    }

    async fn stored_outcome(&self, key: &RequestKey, position: u64, job: &Job) -> Result<Written, Error> {
        let entry = self.ledger.log.entry(position).await?.ok_or_else(|| missing(position))?;
        let event = Event::decode(entry.entry).map_err(StoredError::from)?;
        if !is_same(&self.ledger.vault, key, &event, &job.intent).await? {
            let request_id = job.intent.request_id.expect("a request key is made of a request id");
            return Err(Error::RequestIdReused { request_id });
        }
        Ok(Written::replay(event))
    }

    /// Decides the jobs and stores what they add; gives them back where another process was first.
    async fn commit(&self, jobs: Vec<Ready>, turn: Option<&Turn>) -> Result<(), Vec<Job>> {
        if jobs.is_empty() {
            return Ok(());
        }
        let outcomes = self.attempt(&jobs, turn).await;
        let jobs = jobs.into_iter().map(|it| it.1);
        match outcomes {
            Ok(outcomes) => jobs.zip(outcomes).for_each(|(job, outcome)| answer(job, outcome)),
            Err(AttemptError::Conflict) => return Err(jobs.collect()),
            Err(AttemptError::Failed(failed)) => {
                answer_all(jobs.collect(), &failed);
                // The commit may have taken effect all the same: then its events are there to be applied.
                if let Err(error) = self.follow().await {
                    warn!(error = %error, "could not look for what a failed commit left");
                }
            }
        }
        Ok(())
    }

    async fn attempt(
        &self,
        jobs: &[Ready],
        turn: Option<&Turn>,
    ) -> Result<Vec<Result<Written, Error>>, AttemptError> {
        let contacts = self.contacts(jobs).await?;
        let at = self.now();
        // Only this task applies events, so that the index can't move between here and the commit.
        let (outcomes, batch, events) = {
            let index = self.ledger.index.read();
            let mut plan = Plan::new(&index, &self.ledger.vault, at, contacts);
            let outcomes: Vec<_> = jobs
                .iter()
                .map(|(key, job, resolved)| plan.command(&job.intent, &job.caller, resolved, *key))
                .collect();
            let (batch, events) = plan.finish();
            (outcomes, batch, events)
        };
        if batch.drafts.is_empty() {
            return self.unless_others_appended(outcomes).await;
        }
        let appended = match turn {
            Some(turn) => self.ledger.log.append_in_turn(batch, turn).await,
            None => self.ledger.log.append(batch).await,
        };
        match appended {
            Ok(_) => self.apply_events(events),
            Err(AppendError::Conflict { .. }) => return Err(AttemptError::Conflict),
            Err(error) => return Err(AttemptError::Failed(error.into())),
        }
        Ok(outcomes)
    }

    /// Applies events of the log; what they erased is added to the list of erased keys.
    pub(super) fn apply_events(&self, events: Vec<Decoded>) {
        self.ledger.tombstones.note(&events);
        self.ledger.index.apply(events);
    }

    /// No commit has proven that nothing was appended meanwhile, where nothing is to be stored: refusals, and what is
    /// so already. So the log is asked.
    async fn unless_others_appended(
        &self,
        outcomes: Vec<Result<Written, Error>>,
    ) -> Result<Vec<Result<Written, Error>>, AttemptError> {
        let before = self.ledger.index.read().ledger().applied;
        self.follow().await.map_err(AttemptError::Failed)?;
        match self.ledger.index.read().ledger().applied == before {
            true => Ok(outcomes),
            false => Err(AttemptError::Conflict),
        }
    }

    /// The contacts that the jobs' claims may have to be compared with: of every acceptance with the same stated
    /// instant, whatever its version, because a version that is published in the same batch can change the inferred one.
    async fn contacts(&self, jobs: &[Ready]) -> Result<HashMap<Position, duplicates::Known>, AttemptError> {
        let positions: BTreeSet<Position> = {
            let index = self.ledger.index.read();
            jobs.iter().flat_map(|(_, _, resolved)| with_same_instant(&index, &resolved.command)).collect()
        };
        if positions.is_empty() {
            return Ok(HashMap::new());
        }
        duplicates::load(&self.ledger.log, &self.ledger.vault, &positions).await.map_err(AttemptError::Failed)
    }

    /// Time never runs backwards in the log.
    fn now(&self) -> Instant {
        let last = Instant::from_micros(self.ledger.log.head().recorded_at).unwrap_or(Instant::EPOCH);
        self.clock.now().max(last)
    }

    /// Lets the read models catch up a little before more is appended. Not for long: what they do not have is read from
    /// the log again, and neither writes nor following may hang on them.
    async fn wait_for_read_models(&mut self) {
        let caught_up = async {
            while self.ledger.index.pending_count() > READ_MODEL_LAG_MAX {
                if self.read_models.changed().await.is_err() {
                    return;
                }
            }
        };
        // Appending goes on either way.
        let _ = tokio::time::timeout(READ_MODEL_WAIT_MAX, caught_up).await;
    }
}

/// A job with the key of its request id and all that it names.
type Ready = (Option<RequestKey>, Job, Resolved);

enum AttemptError {
    Conflict,
    Failed(Error),
}

/// The acceptances of a command's relationship that state the same instant.
fn with_same_instant(index: &Index, command: &Command) -> Vec<Position> {
    let (Command::RecordAcceptance { parties, claim, .. }
    | Command::CorrectAcceptance { parties, claim, .. }) = command
    else {
        return Vec::new();
    };
    let Some(relationship) = index.relationship(&parties.partner, &parties.customer) else {
        return Vec::new();
    };
    let stated = claim.accepted_at.instant();
    let same = relationship.acceptances.iter().filter(|it| it.accepted_at == stated);
    same.map(|it| it.recorded.position).collect()
}

/// Two jobs with one request id can't be in one batch: the second one waits for the first one's outcome.
fn split_repeated(jobs: Vec<Job>) -> (Vec<Job>, Vec<Job>) {
    let mut seen = HashSet::new();
    jobs.into_iter().partition(|job| request_key(&job.intent).is_none_or(|key| seen.insert(key)))
}

fn answer_all(jobs: Vec<Job>, error: &Error) {
    for job in jobs {
        answer(job, Err(error.clone()));
    }
}

fn answer(job: Job, outcome: Result<Written, Error>) {
    // The caller may have gone; the write stands.
    let _ = job.reply.send(outcome);
}

pub(super) fn missing(position: u64) -> Error {
    let finding = std::io::Error::other("an entry of the log is missing");
    Error::corrupt(Some(Position(position)), finding)
}

async fn end(turn: Option<Turn>) {
    if let Some(turn) = turn {
        turn.end().await;
    }
}

fn contended() -> Error {
    Error::unreachable(std::io::Error::other("other processes appended first every time"))
}
