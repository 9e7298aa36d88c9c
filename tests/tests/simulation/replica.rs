//! A replica: a handle on the log, the index, and the maintainer of the read models; and the loop of
//! `crates/service/src/append`, taken apart into the steps between which something can happen.

use std::fmt;

use assent_domain::Facts as _;
use assent_domain::values::Instant;
use assent_event_log::{AppendError, Appended, Batch, Database, EventLog, ReadError, StoredEntry, Turn};
use assent_projections::{DecodeError, Decoded, Maintainer, SharedIndex, Started, Views, decode, start};
use tokio::task::{JoinHandle, yield_now};

use super::fault::Fault;
use super::jobs::{Answer, Request};

/// How many entries are applied at once: few, so that there is something between.
const APPLY_ENTRIES: usize = 3;

/// A process, so far as the ledger can tell.
#[derive(Debug)]
pub(crate) struct Replica {
    pub(crate) log: EventLog,
    pub(crate) index: SharedIndex,
    pub(crate) maintainer: Maintainer,
    pub(crate) turn: Option<Turn>,
    /// Whether its turn keeps others from appending: not once its connection was cut.
    pub(crate) is_gate_closed: bool,
    pub(crate) stage: Stage,
    /// What it carries out.
    pub(crate) requests: Vec<Request>,
    pub(crate) attempts: usize,
    /// How far the log was known to be when it took them.
    pub(crate) known: u64,
    pub(crate) fault: Fault,
}

/// How far it is with what it carries out.
#[derive(Debug)]
pub(crate) enum Stage {
    /// With nothing.
    Idle,
    /// What is asked for was taken from the queue, or is to be begun again.
    Taken,
    /// It has looked which requests were carried out before.
    Looked(Vec<(Request, u64)>),
    /// It has decided.
    Decided(Decided),
    /// It appends, and is held up because it is another's turn.
    HeldUp(JoinHandle<Result<Appended, AppendError>>, Decided),
    /// Another one was first.
    Lost(Decided),
}

/// A batch with what is answered once it is stored.
#[derive(Debug)]
pub(crate) struct Decided {
    pub(crate) batch: Batch,
    pub(crate) events: Vec<Decoded>,
    pub(crate) answers: Vec<(Request, Answer)>,
}

/// Why something was not done.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The network failed: it can be tried again.
    Unreachable(String),
    /// What must never be.
    Wrong(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(why) | Self::Wrong(why) => f.write_str(why),
        }
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Unreachable { .. } => Self::Unreachable(error.to_string()),
            ReadError::Corrupt { .. } | ReadError::Inconsistent { .. } | ReadError::Diverged { .. } => {
                Self::Wrong(error.to_string())
            }
        }
    }
}

impl From<DecodeError> for Failure {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::Read(error) => error.into(),
            DecodeError::Stored { .. } | DecodeError::Misplaced { .. } => Self::Wrong(error.to_string()),
        }
    }
}

impl Replica {
    /// Opens the log anew, and starts from the snapshot. None where the network did not let it.
    pub(crate) async fn started(url: &str, fault: Fault) -> Option<Self> {
        let log = EventLog::open(url).await.ok()?;
        let views = Views::open(&log).await.ok()?;
        let Started { index, maintainer, .. } = start(&log, views, |_, _| {}).await.ok()?;
        let (stage, requests) = (Stage::Idle, Vec::new());
        let (turn, is_gate_closed, attempts, known) = (None, false, 0, 0);
        Some(Self { log, index, maintainer, turn, is_gate_closed, stage, requests, attempts, known, fault })
    }

    /// The prefix that its index holds.
    pub(crate) fn applied(&self) -> u64 {
        self.index.read().ledger().applied.0
    }

    /// The instant of a batch: this machine's time, and never before what is in the log.
    pub(crate) fn now(&self, clock: Instant) -> Instant {
        let last = Instant::from_micros(self.log.head().recorded_at).expect("the log holds no other");
        clock.max(last)
    }

    /// Applies what others appended, up to the log's end.
    pub(crate) async fn follow(&self) -> Result<(), Failure> {
        loop {
            let entries = self.log.follow().await?;
            let is_end = entries.is_empty();
            self.apply(entries).await?;
            if is_end {
                return Ok(());
            }
        }
    }

    /// Reads what others appended, and applies so many at most: as if what it still has to read for the next one
    /// could not be read.
    pub(crate) async fn follow_in_part(&self, most: usize) -> Result<(), Failure> {
        let mut entries = self.log.follow().await?;
        if entries.first().is_some_and(|it| it.position == self.applied() + 1) {
            entries.truncate(most);
            self.apply_these(&entries).await?;
        }
        Ok(())
    }

    async fn apply(&self, followed: Vec<StoredEntry>) -> Result<(), Failure> {
        let mut followed = Some(followed);
        loop {
            let (head, next) = (self.log.head().size, self.applied() + 1);
            if next > head {
                return Ok(());
            }
            let fits = |it: &Vec<StoredEntry>| it.first().is_some_and(|it| it.position == next);
            let entries = match followed.take().filter(fits) {
                Some(entries) => entries,
                None => self.log.read(next, head, APPLY_ENTRIES).await?,
            };
            if entries.is_empty() {
                return Err(Failure::Wrong(format!("the entry at position {next} is missing")));
            }
            self.apply_these(&entries).await?;
        }
    }

    async fn apply_these(&self, entries: &[StoredEntry]) -> Result<(), Failure> {
        let mut events = decode(&self.log, entries).await?;
        if self.fault == Fault::SkipsAnEvent && events.len() > 1 {
            events.remove(0);
        }
        if let Some(last) = entries.last() {
            self.index.apply(events, last.leaf_hash);
        }
        Ok(())
    }

    /// Waits until nothing is under way on its connections: what is next must not depend on how fast the pool is.
    pub(crate) async fn until_quiet(&self) {
        let Database::Postgres(postgres) = self.log.database() else {
            unreachable!("a file has one process")
        };
        loop {
            let held = [self.turn.is_some(), self.maintainer.is_maintaining()];
            let held_up = usize::from(matches!(self.stage, Stage::HeldUp(..)));
            let held = held.into_iter().filter(|it| *it).count() + held_up;
            let pools = postgres.pools();
            let (readers, writers) = (pools.readers.size() as usize, pools.writer.size() as usize);
            if readers <= pools.readers.num_idle() && writers <= pools.writer.num_idle() + held {
                return;
            }
            yield_now().await;
        }
    }
}
