//! What is counted while the server works.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use assent_domain::authorize::{Decision, Outcome, ReasonCode};
use tonic::Code;

use super::histogram::{Histogram, Read};
use super::methods::Methods;

/// How many codes gRPC has.
pub(super) const CODES: usize = 17;
const REASONS: usize = ReasonCode::ALL.len();
/// The shard of every thread that does not serve.
const SHARED: usize = 0;

thread_local! {
    /// Which shard this thread counts in.
    static SHARD: Cell<usize> = const { Cell::new(SHARED) };
}

/// From now on this thread counts as the worker of this number (from 0). Only figures that a worker alone counts are
/// cheap: a cache line that two cores write costs more than a decision.
pub(crate) fn serve_as(worker: usize) {
    SHARD.set(worker + 1);
}

/// Everything that is counted.
#[derive(Debug)]
pub(crate) struct Figures {
    pub(super) methods: Methods,
    shards: Vec<Arc<Shard>>,
    pub(super) connections: Connections,
    pub(super) append: Append,
}

/// What one thread counts. A cache line's width (two on some machines) from what others do.
#[derive(Debug)]
#[repr(align(128))]
pub(super) struct Shard {
    methods: Box<[Method]>,
    decisions: [AtomicU64; 2],
    reasons: [AtomicU64; REASONS],
    /// How many calls were named.
    pub(super) ids_made: AtomicU64,
    /// What makes them those of this shard of this process.
    pub(super) ids_seed: u64,
}

/// The calls of a method.
#[derive(Debug, Default)]
struct Method {
    begun: AtomicU64,
    ended: [AtomicU64; CODES],
    lasted: Histogram,
}

/// Connections of the server's own port.
#[derive(Debug, Default)]
pub(super) struct Connections {
    pub(super) accepted: AtomicU64,
    pub(super) closed: AtomicU64,
}

/// The append task, which alone counts these.
#[derive(Debug, Default)]
pub(super) struct Append {
    batches: [AtomicU64; Batched::ALL.len()],
    pub(super) commands: Histogram,
    pub(super) events: Histogram,
    pub(super) commits: Histogram,
}

/// What became of a batch of commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Batched {
    /// It is in the log.
    Stored,
    /// Another process appended first: it was decided again.
    Lost,
    /// The database did not take it.
    Failed,
}

impl Batched {
    pub(super) const ALL: [(Self, &'static str); 3] =
        [(Self::Stored, "stored"), (Self::Lost, "lost"), (Self::Failed, "failed")];
}

/// What was counted of one method.
#[derive(Clone, Copy, Debug)]
pub(super) struct MethodRead {
    pub(super) begun: u64,
    pub(super) ended: [u64; CODES],
    pub(super) lasted: Read,
}

impl Figures {
    /// Nothing counted yet, for so many threads that serve.
    pub(crate) fn new(workers: usize) -> Self {
        let methods = Methods::new();
        let shards = (0..=workers).map(|_| Arc::new(Shard::new(methods.len()))).collect();
        Self { methods, shards, connections: Connections::default(), append: Append::default() }
    }

    /// Where the worker of this number counts.
    pub(super) fn shard(&self, worker: usize) -> Arc<Shard> {
        Arc::clone(self.shards.get(worker + 1).unwrap_or(&self.shards[SHARED]))
    }

    /// An order was decided.
    pub(crate) fn decided(&self, decision: &Decision) {
        let outcome = match decision.outcome {
            Outcome::Allowed => 0,
            Outcome::Denied => 1,
        };
        let at = SHARD.get();
        let (shard, count): (_, fn(&AtomicU64, u64)) = match self.shards.get(at).filter(|_| at != SHARED) {
            Some(shard) => (shard, add),
            None => (&self.shards[SHARED], add_among_others),
        };
        count(&shard.decisions[outcome], 1);
        for reason in &decision.reasons {
            count(&shard.reasons[reason.code as usize], 1);
        }
    }

    /// A batch went to the log, and came back after so long.
    pub(crate) fn appended(&self, became: Batched, commands: usize, events: usize, took: Duration) {
        let Append { batches, commands: sizes, events: stored, commits } = &self.append;
        batches[became as usize].fetch_add(1, Ordering::Relaxed);
        if became == Batched::Stored {
            sizes.counted(commands);
            stored.counted(events);
            commits.lasted(took);
        }
    }

    pub(super) fn batches(&self, became: Batched) -> u64 {
        self.append.batches[became as usize].load(Ordering::Relaxed)
    }

    /// How many orders were allowed, and how many denied.
    pub(super) fn decisions(&self) -> [(&'static str, u64); 2] {
        [("ALLOWED", self.sum(|it| &it.decisions[0])), ("DENIED", self.sum(|it| &it.decisions[1]))]
    }

    /// How often each reason was given.
    pub(super) fn reasons(&self) -> impl Iterator<Item = (&'static str, u64)> {
        ReasonCode::ALL.iter().map(|it| (it.name(), self.sum(|shard| &shard.reasons[*it as usize])))
    }

    /// What was counted of a method.
    pub(super) fn method(&self, at: usize) -> MethodRead {
        let lasted = self.shards.iter().map(|it| it.methods[at].lasted.read());
        MethodRead {
            // Read first: what ends meanwhile has begun before.
            ended: std::array::from_fn(|code| self.sum(|it| &it.methods[at].ended[code])),
            begun: self.sum(|it| &it.methods[at].begun),
            lasted: lasted.fold(Read::default(), Read::plus),
        }
    }

    fn sum(&self, counter: impl Fn(&Shard) -> &AtomicU64) -> u64 {
        self.shards.iter().map(|it| counter(it).load(Ordering::Relaxed)).sum()
    }
}

/// Counts where no other thread does: nothing is lost, and no core waits for another.
pub(super) fn add(counter: &AtomicU64, more: u64) {
    counter.store(counter.load(Ordering::Relaxed).wrapping_add(more), Ordering::Relaxed);
}

/// Counts where others do, too.
fn add_among_others(counter: &AtomicU64, more: u64) {
    counter.fetch_add(more, Ordering::Relaxed);
}

impl Shard {
    fn new(methods: usize) -> Self {
        let mut seed = [0; 8];
        // Without random bytes request ids are told apart by their counter alone.
        let _ = getrandom::fill(&mut seed);
        Self {
            methods: (0..methods).map(|_| Method::default()).collect(),
            decisions: Default::default(),
            reasons: Default::default(),
            ids_made: AtomicU64::new(0),
            ids_seed: u64::from_be_bytes(seed),
        }
    }

    /// A call of a method begins; its number, from 0. Only the worker whose shard this is says so.
    pub(super) fn begin(&self, method: usize) -> u64 {
        add(&self.methods[method].begun, 1);
        let number = self.ids_made.load(Ordering::Relaxed);
        add(&self.ids_made, 1);
        number
    }

    /// A call ends. Only the worker whose shard this is says so.
    pub(super) fn end(&self, method: usize, code: Code, lasted: Duration) {
        let method = &self.methods[method];
        add(&method.ended[code as usize], 1);
        method.lasted.lasted(lasted);
    }
}
