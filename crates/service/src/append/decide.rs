//! From jobs to a batch that is decided: looked up, resolved, and decided one after the other.

use std::collections::{BTreeSet, HashMap};

use assent_domain::Facts;
use assent_domain::command::Command;
use assent_domain::values::{Instant, Position};
use assent_event_log::RequestKey;
use assent_projections::Index;
use assent_proto::event::Event;
use assent_proto::stored::StoredError;
use prost::Message;

use super::ahead::{Ahead, Decided};
use super::duplicates::{self, Known};
use super::plan::Plan;
use super::queue::Job;
use super::request::is_same;
use super::resolve::{Resolved, resolve};
use super::task::{answer, answer_all, missing};
use super::{AppendTask, Written};
use crate::error::Error;

/// A job with the key of its request id and all that it names.
type Ready = (Option<RequestKey>, Job, Resolved);

impl AppendTask {
    /// Decides jobs on what is applied. Who can be answered without a commit is.
    pub(super) async fn decide(&self, jobs: Vec<Job>) -> Decided {
        match self.carried_out(&keys(&jobs)).await {
            Ok(found) => self.decide_new(jobs, &found, None).await,
            Err(error) => refused(jobs, &error),
        }
    }

    /// Decides jobs on what is under way into the log, as if it were stored. Those whose answer hangs on what becomes of
    /// it are `held` back.
    pub(super) async fn decide_ahead(
        &self,
        jobs: Vec<Job>,
        ahead: &mut Ahead,
        held: &mut Vec<Job>,
    ) -> Decided {
        let repeats = |it: &Job| it.key.is_some_and(|key| ahead.requests.contains(&key));
        let (repeated, jobs): (Vec<_>, Vec<_>) = jobs.into_iter().partition(repeats);
        held.splice(..0, repeated);
        let found = match self.ledger.log.requests(&keys(&jobs)).await {
            Ok(found) => found,
            Err(error) => return refused(jobs, &error.into()),
        };
        // Carried out by another process, over which what is under way has lost its race.
        let applied = self.applied();
        let is_later = |it: &Job| it.key.and_then(|key| found.get(&key)).is_some_and(|it| *it > applied.0);
        let (later, jobs): (Vec<_>, Vec<_>) = jobs.into_iter().partition(is_later);
        held.splice(..0, later);
        self.decide_new(jobs, &found, Some(ahead)).await
    }

    async fn decide_new(
        &self,
        jobs: Vec<Job>,
        found: &HashMap<RequestKey, u64>,
        ahead: Option<&mut Ahead>,
    ) -> Decided {
        if let Err(error) = self.check_clock() {
            return refused(jobs, &error);
        }
        let ready = self.resolve(self.replay(jobs, found).await).await;
        let mut contacts = match self.contacts(&ready).await {
            Ok(contacts) => contacts,
            Err(error) => return refused(ready.into_iter().map(|it| it.1).collect(), &error),
        };
        // Only this task applies events, so that the index can't move between here and the commit.
        let index = self.ledger.index.read();
        let (overlay, facts): (_, &dyn Facts);
        let mut at = self.now();
        match ahead {
            None => facts = &*index,
            Some(ahead) => {
                contacts.extend(&ahead.contacts);
                at = at.max(ahead.at);
                overlay = ahead.over(&*index);
                facts = &overlay;
            }
        }
        let mut plan = Plan::new(facts, &self.ledger.vault, at, contacts);
        let (mut decided, mut outcomes) = (Vec::with_capacity(ready.len()), Vec::with_capacity(ready.len()));
        for (key, job, resolved) in ready {
            outcomes.push(plan.command(&job.intent, &job.caller, &resolved, key));
            decided.push(job);
        }
        Decided { jobs: decided, outcomes, adds: plan.finish() }
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
            match resolve(&self.ledger, tag, &job.intent, job.followed.as_ref()).await {
                Ok(resolved) => ready.push((key, job, resolved)),
                Err(error) => answer(job, Err(error)),
            }
        }
        ready
    }

    /// Answers the jobs whose request id was carried out before; gives the others with their keys.
    async fn replay(
        &self,
        jobs: Vec<Job>,
        found: &HashMap<RequestKey, u64>,
    ) -> Vec<(Option<RequestKey>, Job)> {
        let mut new = Vec::with_capacity(jobs.len());
        for job in jobs {
            let key = job.key;
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
            if last <= self.applied().0 {
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

    /// The contacts that the jobs' claims may have to be compared with: of every acceptance with the same stated
    /// instant, whatever its version, because a version that is published in the same batch can change the inferred one.
    async fn contacts(&self, jobs: &[Ready]) -> Result<HashMap<Position, Known>, Error> {
        let positions: BTreeSet<Position> = {
            let index = self.ledger.index.read();
            jobs.iter().flat_map(|(_, job, it)| with_same_instant(&index, it.command(&job.intent))).collect()
        };
        if positions.is_empty() {
            return Ok(HashMap::new());
        }
        duplicates::load(&self.ledger.log, &self.ledger.vault, &positions).await
    }

    /// Time never runs backwards in the log.
    fn now(&self) -> Instant {
        let last = Instant::from_micros(self.ledger.log.head().recorded_at).unwrap_or(Instant::EPOCH);
        self.clock.now().max(last)
    }
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

fn keys(jobs: &[Job]) -> Vec<RequestKey> {
    jobs.iter().filter_map(|it| it.key).collect()
}

/// Nothing could be decided.
fn refused(jobs: Vec<Job>, error: &Error) -> Decided {
    answer_all(jobs, error);
    Decided::default()
}
