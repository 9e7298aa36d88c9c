//! The loop: batch, decide, commit, apply, answer.

use std::collections::{BTreeSet, HashMap, HashSet};

use assent_domain::Facts;
use assent_domain::command::Command;
use assent_domain::values::{Instant, Position};
use assent_event_log::{AppendError, EventLog, RequestKey};
use assent_projections::{Index, SharedIndex, decode};
use assent_proto::event::Event;
use assent_proto::stored::StoredError;
use assent_vault::Vault;
use prost::Message;
use tokio::sync::watch;
use tracing::warn;

use super::plan::Plan;
use super::queue::{Job, Queue, queue};
use super::request::{is_same, request_key};
use super::resolve::{Resolved, resolve};
use super::{Appender, Written, duplicates};
use crate::clock::SystemClock;
use crate::error::Error;

/// How many commands go into one commit at most.
const BATCH_COMMANDS_MAX: usize = 256;
/// How often a batch is decided again because another process appended first.
const ATTEMPTS_MAX: usize = 16;
/// How many events the read models may be behind before appending waits for them.
const READ_MODEL_LAG_MAX: usize = 50_000;
/// How many entries are read at once while catching up.
const CATCH_UP_ENTRIES: usize = 1_024;

/// The task; one a process.
pub(crate) struct AppendTask {
    log: EventLog,
    vault: Vault,
    index: SharedIndex,
    read_models: watch::Receiver<Position>,
    clock: SystemClock,
    queue: Queue,
}

impl AppendTask {
    /// The task, and what hands commands to it. It ends when every [`Appender`] is dropped and its queue is empty.
    pub(crate) fn new(
        log: EventLog,
        vault: Vault,
        index: SharedIndex,
        read_models: watch::Receiver<Position>,
        clock: SystemClock,
    ) -> (Self, Appender) {
        let (appender, queue) = queue();
        (Self { log, vault, index, read_models, clock, queue }, appender)
    }

    /// Carries out commands until nobody can ask any more.
    pub(crate) async fn run(mut self) {
        let mut deferred = Vec::new();
        loop {
            let jobs = if deferred.is_empty() {
                let Some(jobs) = self.queue.batch(BATCH_COMMANDS_MAX).await else { return };
                jobs
            } else {
                std::mem::take(&mut deferred)
            };
            deferred = self.carry_out(jobs).await;
            self.wait_for_read_models().await;
        }
    }

    /// Answers every job but those that have to wait for the outcome of one before them. Everything is done again
    /// where another process was first: it may have carried out the very same requests.
    async fn carry_out(&self, jobs: Vec<Job>) -> Vec<Job> {
        let (mut jobs, deferred) = split_repeated(jobs);
        for _ in 0..ATTEMPTS_MAX {
            let ready = self.resolve(self.replay(jobs).await).await;
            match self.commit(ready).await {
                Ok(()) => return deferred,
                Err(again) => jobs = again,
            }
            if let Err(error) = self.catch_up().await {
                answer_all(jobs, &error);
                return deferred;
            }
        }
        warn!("gave up appending: other processes were first every time");
        answer_all(jobs, &contended());
        deferred
    }

    /// Reads what the jobs name by id.
    async fn resolve(&self, jobs: Vec<(Option<RequestKey>, Job)>) -> Vec<Ready> {
        let tag = self.index.read().ledger().tag;
        let mut ready = Vec::with_capacity(jobs.len());
        for (key, job) in jobs {
            match resolve(&self.log, &self.vault, tag, &job.intent).await {
                Ok(resolved) => ready.push((key, job, resolved)),
                Err(error) => answer(job, Err(error)),
            }
        }
        ready
    }

    /// Answers the jobs whose request id was carried out before; gives the others with their keys.
    async fn replay(&self, jobs: Vec<Job>) -> Vec<(Option<RequestKey>, Job)> {
        let keys: Vec<_> = jobs.iter().filter_map(|it| request_key(&it.intent)).collect();
        let found = match self.log.requests(&keys).await {
            Ok(found) => found,
            Err(error) => {
                answer_all(jobs, &error.into());
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

    async fn stored_outcome(&self, key: &RequestKey, position: u64, job: &Job) -> Result<Written, Error> {
        let entry = self.log.entry(position).await?.ok_or_else(|| missing(position))?;
        let event = Event::decode(entry.entry).map_err(StoredError::from)?;
        if !is_same(&self.vault, key, &event, &job.intent).await? {
            let request_id = job.intent.request_id.expect("a request key is made of a request id");
            return Err(Error::RequestIdReused { request_id });
        }
        Ok(Written::replay(event))
    }

    /// Decides the jobs and stores what they add; gives them back where another process was first.
    async fn commit(&self, jobs: Vec<Ready>) -> Result<(), Vec<Job>> {
        if jobs.is_empty() {
            return Ok(());
        }
        let outcomes = self.attempt(&jobs).await;
        let jobs = jobs.into_iter().map(|it| it.1);
        match outcomes {
            Ok(outcomes) => jobs.zip(outcomes).for_each(|(job, outcome)| answer(job, outcome)),
            Err(AttemptError::Conflict) => return Err(jobs.collect()),
            Err(AttemptError::Failed(failed)) => {
                answer_all(jobs.collect(), &failed);
                // The commit may have taken effect all the same: then its events are there to be applied.
                if let Err(error) = self.catch_up().await {
                    warn!(error = %error, "could not look for what a failed commit left");
                }
            }
        }
        Ok(())
    }

    async fn attempt(&self, jobs: &[Ready]) -> Result<Vec<Result<Written, Error>>, AttemptError> {
        let contacts = self.contacts(jobs).await?;
        let at = self.now();
        // Only this task applies events, so that the index can't move between here and the commit.
        let (outcomes, batch, events) = {
            let index = self.index.read();
            let mut plan = Plan::new(&index, &self.vault, at, contacts);
            let outcomes: Vec<_> = jobs
                .iter()
                .map(|(key, job, resolved)| plan.command(&job.intent, &job.caller, resolved, *key))
                .collect();
            let (batch, events) = plan.finish();
            (outcomes, batch, events)
        };
        if !batch.drafts.is_empty() {
            match self.log.append(batch).await {
                Ok(_) => self.index.apply(events),
                Err(AppendError::Conflict { .. }) => return Err(AttemptError::Conflict),
                Err(error) => return Err(AttemptError::Failed(error.into())),
            }
        }
        Ok(outcomes)
    }

    /// The contacts that the jobs' claims may have to be compared with: of every acceptance with the same stated
    /// instant, whatever its version, because a version that is published in the same batch can change the inferred one.
    async fn contacts(&self, jobs: &[Ready]) -> Result<HashMap<Position, duplicates::Known>, AttemptError> {
        let positions: BTreeSet<Position> = {
            let index = self.index.read();
            jobs.iter().flat_map(|(_, _, resolved)| with_same_instant(&index, &resolved.command)).collect()
        };
        if positions.is_empty() {
            return Ok(HashMap::new());
        }
        duplicates::load(&self.log, &self.vault, &positions).await.map_err(AttemptError::Failed)
    }

    /// Applies what other processes appended.
    async fn catch_up(&self) -> Result<(), Error> {
        let head = self.log.refresh().await?.size;
        loop {
            let applied = self.index.read().ledger().applied.0;
            if applied >= head {
                return Ok(());
            }
            let entries = self.log.read(applied + 1, head, CATCH_UP_ENTRIES).await?;
            if entries.is_empty() {
                return Err(missing(applied + 1));
            }
            self.index.apply(decode(&self.log, &entries).await?);
        }
    }

    /// Time never runs backwards in the log.
    fn now(&self) -> Instant {
        let last = Instant::from_micros(self.log.head().recorded_at).unwrap_or(Instant::EPOCH);
        self.clock.now().max(last)
    }

    async fn wait_for_read_models(&mut self) {
        while self.index.pending_count() > READ_MODEL_LAG_MAX {
            if self.read_models.changed().await.is_err() {
                return;
            }
        }
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

fn missing(position: u64) -> Error {
    let finding = std::io::Error::other("an entry of the log is missing");
    Error::corrupt(Some(Position(position)), finding)
}

fn contended() -> Error {
    Error::unreachable(std::io::Error::other("other processes appended first every time"))
}
