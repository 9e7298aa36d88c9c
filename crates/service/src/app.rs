//! What every handler works with.

use std::sync::Arc;
use std::time::Duration;

use assent_domain::Facts;
use assent_domain::command::Command;
use assent_domain::values::{Instant, Position};
use assent_event_log::EventLog;
use assent_projections::{DecodeError, SharedIndex, Views, ViewsError};
use assent_proto::convert::{Ids, Intent, What};
use assent_proto::event::Event;
use assent_proto::stored::StoredError;
use assent_vault::Vault;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tonic::Status;

use crate::append::{Appender, Lane, Outcome, Written};
use crate::clock::SystemClock;
use crate::error::Error;
use crate::evidence::{Evidence, Form};
use crate::export::Exports;
use crate::permission::Permit;
use crate::replay::Replays;
use crate::replica::{Doubt, Trust};
use crate::telemetry::Figures;
use crate::vault::Unsealing;

/// How long a call waits for a position that this replica has not applied yet: less than the five seconds that clients with the
/// service config wait, so that they hear why.
pub(crate) const POSITION_WAIT_MAX: Duration = Duration::from_secs(4);

/// What every handler works with.
pub(crate) struct App {
    pub(crate) log: EventLog,
    pub(crate) vault: Vault,
    pub(crate) index: SharedIndex,
    pub(crate) views: Views,
    pub(crate) read_models: watch::Receiver<Position>,
    pub(crate) appender: Appender,
    pub(crate) clock: SystemClock,
    pub(crate) ids: Ids,
    /// Whether this replica may answer: its facts are the log's, and fresh.
    pub(crate) trust: Trust,
    /// Proofs and signed checkpoints.
    pub(crate) evidence: Evidence,
    /// Exports under way.
    pub(crate) exports: Exports,
    /// Where what takes long is done, away from whoever waits for an order.
    pub(crate) storage: Handle,
    /// How fast the log is replayed.
    pub(crate) replays: Replays,
    /// What is counted.
    pub(crate) figures: Arc<Figures>,
    /// Whether decisions are: a benchmark measures what that costs.
    pub(crate) counts_decisions: bool,
    /// Ends the streams of a server that shuts down.
    pub(crate) stopping: watch::Receiver<bool>,
}

/// A write as its caller is told of it.
pub(crate) struct Answered {
    /// The position of its event; the prefix that it was decided on, where the facts already said what it asks for.
    pub(crate) position: Position,
    /// It was carried out before: this is what was stored then.
    pub(crate) replayed: bool,
    /// The relationship's revision after it.
    pub(crate) revision: u64,
    /// Its first event; none where it stored nothing.
    pub(crate) event: Option<Box<Event>>,
    /// The inclusion proof of that event, where it was asked for and could be made in time.
    pub(crate) proof: Option<String>,
    /// Whether it was asked for and is still to come.
    pub(crate) proof_pending: Option<bool>,
}

impl App {
    /// What sealed boxes are opened with.
    pub(crate) const fn unsealing(&self) -> Unsealing<'_> {
        Unsealing { vault: &self.vault, log: &self.log, index: &self.index }
    }

    /// Writes, and proves what was written where that is asked for.
    pub(crate) fn write<'a>(
        &'a self,
        intent: impl Into<Box<Intent>>,
        permit: &'a Permit,
    ) -> impl Future<Output = Result<Answered, Error>> + Send + 'a {
        // Beside the future: a future is moved with all that is in it, or could be at some time, and every call makes several.
        self.write_boxed(intent.into(), permit)
    }

    async fn write_boxed(&self, intent: Box<Intent>, permit: &Permit) -> Result<Answered, Error> {
        let wanted = intent.with_proof.then_some(match intent.what {
            What::Command(Command::RecordDecision { .. }) => Form::Receipt,
            _ => Form::Proof,
        });
        let request_id = intent.request_id;
        let unlinked = self.unlinked(&intent, permit);
        let outcome = self.start(intent, permit, Lane::Calls).await?.await.map_err(|_| shutting_down())?;
        let Written { position, replayed, revision, event } =
            outcome.map_err(|it| permit.told(it, unlinked.as_ref()))?;
        // Once erased, a request is known by its id alone: it may be another partner's.
        let is_another = replayed && event.as_ref().is_some_and(|it| !permit.wrote(it));
        if let Some(request_id) = request_id.filter(|_| is_another) {
            return Err(permit.told(Error::RequestIdReused { request_id }, unlinked.as_ref()));
        }
        let (proof, proof_pending) = match wanted.filter(|_| event.is_some()) {
            Some(form) => {
                let proof = Box::pin(self.evidence.prove_soon(position, form)).await?;
                let pending = proof.is_none();
                (proof, Some(pending))
            }
            None => (None, None),
        };
        Ok(Answered { position, replayed, revision, event, proof, proof_pending })
    }

    /// Queues a write that is the caller's to make, and gives what its outcome will arrive at.
    pub(crate) async fn start(
        &self,
        intent: Box<Intent>,
        permit: &Permit,
        lane: Lane,
    ) -> Result<Outcome, Error> {
        self.narrow_write(&intent, permit).await?;
        // However old its facts are, a replica may write: it decides on what the log holds then.
        self.trust.check_facts().map_err(|it| self.doubted(it))?;
        match intent.what {
            What::ErasePersonalData { .. } => {
                let ledger = (&self.log, &self.views, &self.index);
                self.appender.start_erasure(intent, permit.actor(), ledger).await
            }
            _ => self.appender.start(intent, permit.actor(), lane).await,
        }
    }

    /// Refuses to answer from facts that are not what the log says, or too old: the gate fails closed.
    pub(crate) fn check_trusted(&self) -> Result<(), Error> {
        self.trust.check().map_err(|it| self.doubted(it))
    }

    #[cold]
    fn doubted(&self, doubt: Doubt) -> Error {
        match doubt {
            Doubt::Corrupt => {
                let finding = std::io::Error::other("the read models' snapshot is not what the log says");
                Error::corrupt(None, finding)
            }
            Doubt::Reloading => {
                let why = "the log is not the one that was read, and is being read anew";
                Error::unreachable(std::io::Error::other(why))
            }
            Doubt::Stale => Error::ReplicaTooStale { wanted: None, applied: self.applied() },
        }
    }

    /// Waits until this replica has applied a position, at most so long as the contract says.
    pub(crate) async fn wait_for(&self, wanted: Option<Position>) -> Result<(), Error> {
        self.check_trusted()?;
        let Some(wanted) = wanted else { return Ok(()) };
        if self.applied() >= wanted {
            return Ok(());
        }
        wait(self.index.applied(), wanted).await
    }

    /// Waits until the read models have all that was applied, so that a list has a server's own writes.
    pub(crate) async fn wait_for_read_models(&self) -> Result<(), Error> {
        self.wait_for_read_models_at(self.applied()).await
    }

    /// Waits until the read models have everything up to a position of the log.
    pub(crate) async fn wait_for_read_models_at(&self, wanted: Position) -> Result<(), Error> {
        self.check_trusted()?;
        if *self.read_models.borrow() < wanted {
            self.index.want_read_models();
        }
        wait(self.read_models.clone(), wanted).await
    }

    /// Resolves when the server begins to shut down: streams end, so that it can.
    pub(crate) fn stopped(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut stopping = self.stopping.clone();
        async move {
            // A closed channel means that the server is gone.
            let _ = stopping.wait_for(|it| *it).await;
        }
    }

    /// The end of a stream that the server cuts, because it shuts down.
    pub(crate) fn cut_short(&self) -> Result<(), Status> {
        match *self.stopping.borrow() {
            true => Err(shutting_down().into()),
            false => Ok(()),
        }
    }

    /// The end of a stream that has shown what is not in the log any more.
    pub(crate) fn reloaded(&self) -> Error {
        self.doubted(Doubt::Reloading)
    }

    /// The last position applied.
    pub(crate) fn applied(&self) -> Position {
        self.index.read().ledger().applied
    }

    /// Now, or the instant asked about. Now is never before the last event: time never runs backwards in the log.
    pub(crate) fn instant(&self, asked: Option<Instant>) -> Instant {
        asked.unwrap_or_else(|| {
            let last = Instant::from_micros(self.log.head().recorded_at).unwrap_or(Instant::EPOCH);
            self.clock.now().max(last)
        })
    }
}

/// The server no longer carries out what is asked.
pub(crate) fn shutting_down() -> Error {
    Error::unreachable(std::io::Error::other("the server is shutting down"))
}

async fn wait(mut reached: watch::Receiver<Position>, wanted: Position) -> Result<(), Error> {
    let arrived = async { reached.wait_for(|it| *it >= wanted).await.is_ok() };
    let outcome = tokio::time::timeout(POSITION_WAIT_MAX, arrived).await;
    match outcome {
        Ok(true) => Ok(()),
        Ok(false) => Err(shutting_down()),
        Err(_) => Err(Error::ReplicaTooStale { wanted: Some(wanted), applied: *reached.borrow() }),
    }
}

impl From<StoredError> for Error {
    fn from(error: StoredError) -> Self {
        Self::corrupt(None, error)
    }
}

impl From<DecodeError> for Error {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::Read(error) => error.into(),
            DecodeError::Stored { position, .. } | DecodeError::Misplaced { position, .. } => {
                Self::corrupt(Some(Position(position)), error)
            }
        }
    }
}

impl From<ViewsError> for Error {
    fn from(error: ViewsError) -> Self {
        Self::unreachable(error)
    }
}
