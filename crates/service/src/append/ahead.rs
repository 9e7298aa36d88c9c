//! What is decided and not stored yet.
//!
//! While a batch is being committed, the next one is decided on the log as it will be then. Nothing of it is told, and
//! nothing is stored, before the batch under way is: it begins at the size that that one ends with, over its root. Where
//! that one is not stored, what was decided on it is thrown away, and decided again.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant as Stopwatch};

use assent_domain::values::{Instant, Position};
use assent_domain::{Changes, Event, Facts, Overlay};
use assent_event_log::{AppendError, Appended, Batch, EventLog, RequestKey};
use assent_projections::Decoded;
use futures::future::{MaybeDone, maybe_done};
use tokio::task::JoinHandle;

use super::Written;
use super::duplicates::Known;
use super::queue::Job;
use crate::error::Error;

/// A batch that is decided.
#[derive(Default)]
pub(super) struct Decided {
    pub(super) jobs: Vec<Job>,
    /// One for each job, to be told once the batch is stored.
    pub(super) outcomes: Vec<Result<Written, Error>>,
    /// What is to be stored, and what it adds; none where that is nothing.
    pub(super) adds: Option<(Batch, Ahead)>,
}

/// What a batch adds to the log, once it is stored.
#[derive(Debug)]
pub(super) struct Ahead {
    pub(super) at: Instant,
    pub(super) events: Vec<Decoded>,
    /// What these events change of the facts before them. Whoever decides on them takes it: it is done once at most.
    pub(super) changes: Changes,
    pub(super) requests: HashSet<RequestKey>,
    /// The contacts of its acceptances.
    pub(super) contacts: HashMap<Position, Known>,
}

/// A batch on its way into the log.
pub(super) struct Flight {
    pub(super) jobs: Vec<Job>,
    pub(super) outcomes: Vec<Result<Written, Error>>,
    pub(super) ahead: Ahead,
    appended: MaybeDone<JoinHandle<(Result<Appended, AppendError>, Duration)>>,
}

impl Ahead {
    /// Whether personal data is erased with it.
    pub(super) fn erases(&self) -> bool {
        self.events.iter().any(|it| matches!(it.recorded.event, Event::PersonalDataErased { .. }))
    }

    /// The facts as they will be: what these events add to what is applied.
    pub(super) fn over<'a>(&mut self, applied: &'a dyn Facts) -> Overlay<'a> {
        Overlay::with(applied, std::mem::take(&mut self.changes))
    }
}

impl Flight {
    /// Hands a batch to the log.
    pub(super) fn begin(
        log: &EventLog,
        jobs: Vec<Job>,
        outcomes: Vec<Result<Written, Error>>,
        (batch, ahead): (Batch, Ahead),
    ) -> Self {
        let log = log.clone();
        let appended = maybe_done(tokio::spawn(async move {
            let began = Stopwatch::now();
            (log.append(batch).await, began.elapsed())
        }));
        Self { jobs, outcomes, ahead, appended }
    }

    /// Waits until it is known what became of it.
    pub(super) async fn landed(&mut self) {
        (&mut self.appended).await;
    }

    /// The same, and gives what became of it.
    pub(super) async fn end(mut self) -> Landed {
        self.landed().await;
        let appended = std::pin::Pin::new(&mut self.appended).take_output();
        let appended = appended.expect("what has landed has an output, and nobody has taken it");
        let Self { jobs, outcomes, ahead, appended: _ } = self;
        let (appended, took) =
            appended.unwrap_or_else(|source| (Err(AppendError::Interrupted { source }), Duration::ZERO));
        Landed { jobs, outcomes, ahead, appended, took }
    }
}

/// A batch that was stored, or was not.
pub(super) struct Landed {
    pub(super) jobs: Vec<Job>,
    pub(super) outcomes: Vec<Result<Written, Error>>,
    pub(super) ahead: Ahead,
    pub(super) appended: Result<Appended, AppendError>,
    /// How long the log had it.
    pub(super) took: Duration,
}
