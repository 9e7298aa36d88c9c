//! The loop: batch, decide, commit and decide the next one meanwhile, apply, answer.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant as Stopwatch};

use assent_domain::Facts;
use assent_domain::values::Position;
use assent_event_log::{AppendError, EventLog, Turn};
use assent_projections::{Decoded, LeafHash, SharedIndex, Views};
use assent_vault::Vault;
use tokio::sync::{Notify, watch};
use tracing::warn;

use super::ahead::{Decided, Flight, Landed};
use super::erasure::{erases, split_at_erasure};
use super::queue::{Job, Queue, queue};
use super::telling::tell_all;
use super::{Appender, Written};
use crate::clock::SystemClock;
use crate::error::Error;
use crate::replica::Trust;
use crate::telemetry::{Batched, Figures};
use crate::tombstones::{Tombstones, erased_by};

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
    pub(crate) figures: Arc<Figures>,
}

/// The task; one a process. Nobody else applies events to the index, so that it can't move between a decision and its
/// commit.
pub(crate) struct AppendTask {
    pub(super) ledger: Ledger,
    read_models: watch::Receiver<Position>,
    pub(super) clock: SystemClock,
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
        let (mut held, mut next) = (Vec::new(), None);
        loop {
            let decided = match next.take() {
                Some(decided) => decided,
                None => {
                    let Some(jobs) = self.jobs(&mut held).await else { return };
                    self.decide(jobs).await
                }
            };
            next = self.carry_out(decided, &mut held).await;
            self.wait_for_read_models().await;
        }
    }

    /// Waits for commands, and follows the log meanwhile; those that were held back come first. None: nobody can ask any
    /// more.
    async fn jobs(&mut self, held: &mut Vec<Job>) -> Option<Vec<Job>> {
        loop {
            if !held.is_empty() {
                return Some(self.waiting(held));
            }
            tokio::select! {
                () = self.wake.notified() => {
                    if let Err(error) = self.follow().await {
                        warn!(%error, "could not follow the log");
                    }
                }
                jobs = self.queue.batch(BATCH_COMMANDS_MAX) => return Some(one_batch(jobs?, held)),
            }
        }
    }

    /// Takes what was held back, and what waits, as far as it can be in one batch.
    fn waiting(&mut self, held: &mut Vec<Job>) -> Vec<Job> {
        let mut jobs: Vec<_> = held.drain(..held.len().min(BATCH_COMMANDS_MAX)).collect();
        self.queue.fill(&mut jobs, BATCH_COMMANDS_MAX);
        one_batch(jobs, held)
    }

    /// Stores a batch, and answers it. Gives what was decided meanwhile, on this batch: the next one.
    async fn carry_out(&mut self, decided: Decided, held: &mut Vec<Job>) -> Option<Decided> {
        let Decided { jobs, outcomes, adds } = decided;
        let Some(adds) = adds else {
            if let Err(again) = self.answer_unless_others_appended(jobs, outcomes).await {
                self.carry_out_again(again).await;
            }
            return None;
        };
        let mut flight = Flight::begin(&self.ledger.log, jobs, outcomes, adds);
        let next = self.meanwhile(&mut flight, held).await;
        match self.settle(flight.end().await).await {
            Settled::Stored => return next,
            Settled::Not => {}
            Settled::Lost(jobs) => self.carry_out_again(jobs).await,
        }
        // What it was decided on is not what was stored.
        held.splice(..0, next.into_iter().flat_map(|it| it.jobs));
        None
    }

    /// While a batch is on its way: decides the next one, where enough is there for one.
    ///
    /// Nothing is decided beside an erasure under way: the vault still has what it erases, and a correction would seal
    /// that anew. Nor is an erasure: it erases what the log holds, the batch under way included.
    async fn meanwhile(&mut self, flight: &mut Flight, held: &mut Vec<Job>) -> Option<Decided> {
        tokio::select! {
            biased;
            () = flight.landed() => return None,
            () = self.queue.many() => {}
        }
        let jobs = self.waiting(held);
        if flight.ahead.erases() || jobs.iter().any(erases) {
            held.splice(..0, jobs);
            return None;
        }
        let decided = self.decide_ahead(jobs, &mut flight.ahead, held).await;
        (!decided.jobs.is_empty()).then_some(decided)
    }

    /// Decides and stores anew what another process was first with: it may have carried out the very same requests. From
    /// now on it is this process's turn.
    async fn carry_out_again(&self, mut jobs: Vec<Job>) {
        let mut turn = None;
        for _ in 1..ATTEMPTS_MAX {
            if let Err(error) = self.take_turn(&mut turn).await {
                answer_all(jobs, &error);
                return end(turn).await;
            }
            let Decided { jobs: decided, outcomes, adds } = self.decide(jobs).await;
            let settled = match (adds, &turn) {
                (Some((batch, ahead)), Some(turn)) => {
                    let began = Stopwatch::now();
                    let appended = self.ledger.log.append_in_turn(batch, turn).await;
                    let took = began.elapsed();
                    self.settle(Landed { jobs: decided, outcomes, ahead, appended, took }).await
                }
                _ => match self.answer_unless_others_appended(decided, outcomes).await {
                    Ok(()) => Settled::Not,
                    Err(again) => Settled::Lost(again),
                },
            };
            match settled {
                Settled::Lost(again) => jobs = again,
                Settled::Stored | Settled::Not => return end(turn).await,
            }
        }
        end(turn).await;
        warn!("gave up appending: other processes were first every time");
        answer_all(jobs, &contended());
    }

    /// Keeps the other processes from appending, once, and applies what they appended.
    async fn take_turn(&self, turn: &mut Option<Turn>) -> Result<(), Error> {
        if turn.is_none() {
            *turn = Some(self.ledger.log.turn().await?);
        }
        self.follow().await
    }

    /// Applies what was stored, and answers; gives the jobs back where another process was first.
    async fn settle(&self, landed: Landed) -> Settled {
        let Landed { jobs, outcomes, ahead, appended, took } = landed;
        let became = match &appended {
            Ok(_) => Batched::Stored,
            Err(AppendError::Conflict { .. }) => Batched::Lost,
            Err(_) => Batched::Failed,
        };
        self.ledger.figures.appended(became, jobs.len(), ahead.events.len(), took);
        match appended {
            Ok(appended) => {
                if let Some(last) = appended.entries.last() {
                    self.apply_events(ahead.events, last.leaf_hash);
                }
                tell_all(jobs.into_iter().map(|it| it.reply).zip(outcomes));
                Settled::Stored
            }
            Err(AppendError::Conflict { .. }) => Settled::Lost(jobs),
            Err(failed) => {
                answer_all(jobs, &failed.into());
                // The commit may have taken effect all the same: then its events are there to be applied.
                if let Err(error) = self.follow().await {
                    warn!(%error, "could not look for what a failed commit left");
                }
                Settled::Not
            }
        }
    }

    /// No commit has proven that nothing was appended meanwhile, where nothing is to be stored: refusals, and what is
    /// so already. So the log is asked; the jobs are given back where there is more in it.
    async fn answer_unless_others_appended(
        &self,
        jobs: Vec<Job>,
        outcomes: Vec<Result<Written, Error>>,
    ) -> Result<(), Vec<Job>> {
        if jobs.is_empty() {
            return Ok(());
        }
        let before = self.applied();
        match self.follow().await {
            Err(error) => answer_all(jobs, &error),
            Ok(()) if self.applied() != before => return Err(jobs),
            Ok(()) => tell_all(jobs.into_iter().map(|it| it.reply).zip(outcomes)),
        }
        Ok(())
    }

    /// Applies events of the log, the last of which has this leaf hash; what they erased is told to the vault, and added to
    /// the list of erased keys.
    pub(super) fn apply_events(&self, events: Vec<Decoded>, leaf_hash: LeafHash) {
        let erased = erased_by(&events);
        self.ledger.vault.note_erased(&erased);
        self.ledger.tombstones.note(&erased);
        self.ledger.index.apply(events, leaf_hash);
    }

    /// The position applied.
    pub(super) fn applied(&self) -> Position {
        self.ledger.index.read().ledger().applied
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

/// What became of a batch.
enum Settled {
    /// It is in the log, and told.
    Stored,
    /// It is not, so far as is known, and told.
    Not,
    /// Another process was first: it has to be decided again.
    Lost(Vec<Job>),
}

/// What can be in one batch; the rest is held back, before what is held already. An erasure is alone; and of two jobs
/// with one request id the second one waits for the first one's outcome.
pub(super) fn one_batch(jobs: Vec<Job>, held: &mut Vec<Job>) -> Vec<Job> {
    let (jobs, later) = split_at_erasure(jobs);
    let mut seen = HashSet::new();
    let is_first = |job: &Job| job.key.is_none_or(|key| seen.insert(key));
    let (jobs, repeated): (Vec<_>, Vec<_>) = jobs.into_iter().partition(is_first);
    held.splice(..0, repeated.into_iter().chain(later));
    jobs
}

pub(super) fn answer_all(jobs: Vec<Job>, error: &Error) {
    tell_all(jobs.into_iter().map(|it| (it.reply, Err(error.clone()))));
}

pub(super) fn answer(job: Job, outcome: Result<Written, Error>) {
    job.reply.tell(outcome);
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
