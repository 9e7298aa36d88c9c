//! The stages of carrying out a batch, each a step of the seed: between any two others go on.

use std::collections::HashMap;
use std::fmt;

use assent_domain::values::Instant;
use assent_event_log::{AppendError, Appended};

use super::fault::Fault;
use super::jobs::{Answer, Job, Request};
use super::plan::Plan;
use super::replica::{Decided, Failure, Replica, Stage};

/// How often a batch is decided again because another one appended first.
const ATTEMPTS_MAX: usize = 16;

/// What a stage came to.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// There is more to do.
    GoesOn(&'static str),
    /// These are told, and it is done with the batch.
    Done(Vec<(Request, Answer)>),
    /// These are told, and it is not done with the others.
    Partly(Vec<(Request, Answer)>),
    /// Nobody is told anything.
    GivenUp(String),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GoesOn(what) => f.write_str(what),
            Self::Done(told) => write!(f, "told {told:?}"),
            Self::Partly(told) => write!(f, "told {told:?}, decided the others"),
            Self::GivenUp(why) => write!(f, "gave up: {why}"),
        }
    }
}

impl Replica {
    /// Takes requests from its queue; clients know what is stored up to `known` by then.
    pub(crate) fn take(&mut self, requests: Vec<Request>, known: u64) {
        (self.requests, self.stage, self.attempts, self.known) = (requests, Stage::Taken, 0, known);
    }

    /// Does the next stage. With `takes_turn` it keeps the others from appending, where it lost a race.
    pub(crate) async fn go_on(
        &mut self,
        jobs: &[Job],
        clock: Instant,
        takes_turn: bool,
    ) -> Result<Outcome, Failure> {
        let outcome = match std::mem::replace(&mut self.stage, Stage::Idle) {
            Stage::Idle => Ok(Outcome::GoesOn("idle")),
            Stage::Taken => self.look().await,
            Stage::Looked(found) => self.decide(jobs, found, clock).await,
            Stage::Decided(decided) => self.append(decided).await,
            Stage::HeldUp(appending, decided) => {
                let appended = appending.await.expect("an append does not panic");
                self.appended(appended, decided).await
            }
            Stage::Lost(decided) => self.again(decided, takes_turn).await,
        };
        match outcome {
            Ok(outcome @ (Outcome::GoesOn(_) | Outcome::Partly(_))) => Ok(outcome),
            Ok(outcome @ (Outcome::Done(_) | Outcome::GivenUp(_))) => {
                self.end().await;
                Ok(outcome)
            }
            Err(Failure::Unreachable(why)) => {
                self.end().await;
                Ok(Outcome::GivenUp(why))
            }
            Err(wrong @ Failure::Wrong(_)) => Err(wrong),
        }
    }

    async fn end(&mut self) {
        (self.stage, self.requests, self.is_gate_closed) = (Stage::Idle, Vec::new(), false);
        if let Some(turn) = self.turn.take() {
            turn.end().await;
        }
    }

    async fn look(&mut self) -> Result<Outcome, Failure> {
        let keys: Vec<_> = self.requests.iter().map(|it| it.key()).collect();
        let found: HashMap<_, _> = self.log.requests(&keys).await?;
        let found = self.requests.iter().filter_map(|it| Some((*it, *found.get(&it.key())?))).collect();
        self.stage = Stage::Looked(found);
        Ok(Outcome::GoesOn("looked"))
    }

    /// Answers what was carried out before, and decides the others on what is applied here.
    async fn decide(
        &mut self,
        jobs: &[Job],
        found: Vec<(Request, u64)>,
        clock: Instant,
    ) -> Result<Outcome, Failure> {
        let last = found.iter().map(|(_, position)| *position).max().unwrap_or_default();
        if last > self.applied() {
            self.follow().await?;
            if self.fault != Fault::LooksOnce {
                // What was followed may have carried out another one of them.
                self.stage = Stage::Taken;
                return Ok(Outcome::GoesOn("followed, and looks again"));
            }
        }
        let told: Vec<_> = found.iter().map(|(it, position)| (*it, Answer::Stored(*position))).collect();
        self.requests.retain(|it| !found.iter().any(|(found, _)| found == it));
        if self.requests.is_empty() {
            return Ok(Outcome::Done(told));
        }
        self.stage = Stage::Decided(self.decided(jobs, self.now(clock)));
        Ok(if told.is_empty() { Outcome::GoesOn("decided") } else { Outcome::Partly(told) })
    }

    fn decided(&self, jobs: &[Job], now: Instant) -> Decided {
        let index = self.index.read();
        let mut plan = Plan::new(&*index, now);
        let mut answers = Vec::new();
        for request in &self.requests {
            let prefix = plan.position();
            let answer = match plan.command(Some(*request), &jobs[request.0].command) {
                Ok(Some(position)) => Answer::Stored(position),
                Ok(None) => Answer::Not { prefix, now, refused: None },
                Err(refused) => Answer::Not { prefix, now, refused: Some(refused) },
            };
            answers.push((*request, answer));
        }
        let (mut batch, events) = plan.finish();
        if self.fault == Fault::ForgetsRequests {
            batch.requests.clear();
        }
        Decided { batch, events, answers }
    }

    async fn append(&mut self, decided: Decided) -> Result<Outcome, Failure> {
        if decided.batch.drafts.is_empty() {
            return self.unless_others_appended(decided).await;
        }
        let batch = decided.batch.clone();
        let appended = match &self.turn {
            Some(turn) => self.log.append_in_turn(batch, turn).await,
            None => self.log.append(batch).await,
        };
        self.appended(appended, decided).await
    }

    /// Appends while it is another's turn: it is answered once that has ended.
    pub(crate) fn append_held_up(&mut self) -> &Stage {
        let Stage::Decided(decided) = std::mem::replace(&mut self.stage, Stage::Idle) else {
            unreachable!("only what is decided is appended")
        };
        let (log, batch) = (self.log.clone(), decided.batch.clone());
        let appending = tokio::spawn(async move { log.append(batch).await });
        self.stage = Stage::HeldUp(appending, decided);
        &self.stage
    }

    async fn appended(
        &mut self,
        appended: Result<Appended, AppendError>,
        decided: Decided,
    ) -> Result<Outcome, Failure> {
        match appended {
            Ok(appended) => {
                let last = appended.entries.last().expect("an append stores something");
                self.index.apply(decided.events, last.leaf_hash);
                Ok(Outcome::Done(decided.answers))
            }
            Err(AppendError::Conflict { .. }) if self.fault == Fault::AcknowledgesWhatItLost => {
                Ok(Outcome::Done(decided.answers))
            }
            Err(AppendError::Conflict { .. }) => {
                self.stage = Stage::Lost(decided);
                Ok(Outcome::GoesOn("lost"))
            }
            Err(error @ (AppendError::Unreachable { .. } | AppendError::OutcomeUnknown { .. })) => {
                // It may be stored all the same: then its events are there to be applied.
                match self.follow().await {
                    Err(wrong @ Failure::Wrong(_)) => Err(wrong),
                    Ok(()) | Err(Failure::Unreachable(_)) => Ok(Outcome::GivenUp(error.to_string())),
                }
            }
            Err(other) => {
                let source = std::error::Error::source(&other).map(ToString::to_string).unwrap_or_default();
                Err(Failure::Wrong(format!("an append was not taken: {other}: {source}")))
            }
        }
    }

    /// No commit proves that nothing was appended meanwhile, where nothing is to be stored.
    async fn unless_others_appended(&mut self, decided: Decided) -> Result<Outcome, Failure> {
        let before = self.applied();
        if self.fault != Fault::RefusesFromBehind {
            self.follow().await?;
        }
        if self.applied() == before {
            return Ok(Outcome::Done(decided.answers));
        }
        self.stage = Stage::Lost(decided);
        Ok(Outcome::GoesOn("others appended"))
    }

    async fn again(&mut self, mut decided: Decided, takes_turn: bool) -> Result<Outcome, Failure> {
        self.attempts += 1;
        if self.attempts == ATTEMPTS_MAX {
            return Ok(Outcome::GivenUp("contended".to_owned()));
        }
        if takes_turn && self.turn.is_none() {
            self.turn = Some(self.log.turn().await?);
            self.is_gate_closed = true;
        }
        if self.fault == Fault::KeepsItsDecision && !decided.batch.drafts.is_empty() {
            let head = self.log.refresh().await?;
            let moved = head.size - decided.batch.start;
            decided.batch.start = head.size;
            decided.batch.at = decided.batch.at.max(head.recorded_at);
            decided.batch.requests.iter_mut().for_each(|(_, position)| *position += moved);
            decided.events.iter_mut().for_each(|it| it.recorded.position.0 += moved);
            self.stage = Stage::Decided(decided);
            return Ok(Outcome::GoesOn("keeps its decision"));
        }
        self.follow().await?;
        self.stage = Stage::Taken;
        Ok(Outcome::GoesOn(if self.turn.is_some() { "again, in turn" } else { "again" }))
    }
}
