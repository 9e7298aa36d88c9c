//! The bounded queue before the append task. Two lanes, so that imports never hold up orders.

use std::sync::Arc;
use std::time::Duration;

use assent_event_log::{EventLog, RequestKey};
use assent_projections::{SharedIndex, Views};
use assent_proto::convert::intent::Intent;
use tokio::sync::{Notify, mpsc, oneshot};

use super::Written;
use super::erasure::{Followable, Followed, follow_ahead};
use super::request::request_key;
use super::telling::Reply;
use crate::app::shutting_down;
use crate::error::Error;

/// How many commands may wait in a lane; one more is refused at once (APPEND_QUEUE_FULL).
const QUEUE_COMMANDS_MAX: usize = 8_192;

/// How many commands have to wait in a lane for the next batch to be decided while one is being committed. Fewer go into
/// the batch that is decided when that is done, with all that has arrived until then: small commits cost more than the
/// time that is won.
pub(super) const MANY_COMMANDS: usize = 256;

/// When a caller whose command found the queue full may try again.
const QUEUE_RETRY_AFTER: Duration = Duration::from_millis(200);

/// Who asks for a write: from the credential, never from the request (rule W8).
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The acting user.
    pub(crate) user_id: String,
    /// The role that permits it.
    pub(crate) role: Option<String>,
}

/// Which lane a command waits in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Single calls.
    Calls,
    /// Rows of an import: at most half a batch while calls wait; a full lane makes the import wait.
    Imports,
}

/// A command on its way.
pub(super) struct Job {
    /// Beside the job: a batch is sorted out several times on its way.
    pub(super) intent: Box<Intent>,
    /// Of its request id.
    pub(super) key: Option<RequestKey>,
    pub(super) caller: Caller,
    /// Of an erasure: what was followed of the customer's chain before.
    pub(super) followed: Option<Followed>,
    pub(super) reply: Reply,
}

impl Job {
    pub(super) fn new(intent: Box<Intent>, caller: Caller) -> (Self, Outcome) {
        let (reply, outcome) = Reply::here();
        let key = request_key(&intent);
        (Self { intent, key, caller, followed: None, reply }, outcome)
    }
}

/// Where the outcome of a command arrives.
pub(crate) type Outcome = oneshot::Receiver<Result<Written, Error>>;

/// Hands commands to the append task.
#[derive(Clone, Debug)]
pub(crate) struct Appender {
    calls: mpsc::Sender<Job>,
    imports: mpsc::Sender<Job>,
    many: Arc<Notify>,
}

/// How much waits, for whoever looks. It does not keep the append task from ending.
#[derive(Clone, Debug)]
pub(crate) struct Depth {
    calls: mpsc::WeakSender<Job>,
    imports: mpsc::WeakSender<Job>,
}

/// How much waits in a lane.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LaneDepth {
    pub(crate) name: &'static str,
    pub(crate) waiting: usize,
    pub(crate) capacity: usize,
}

impl Depth {
    /// How much waits in each lane.
    pub(crate) fn lanes(&self) -> [LaneDepth; 2] {
        let lane = |name, it: &mpsc::WeakSender<Job>| {
            // Once nobody can ask any more, what is left is being carried out.
            let waiting = it.upgrade().map_or(0, |it| it.max_capacity() - it.capacity());
            LaneDepth { name, waiting, capacity: QUEUE_COMMANDS_MAX }
        };
        [lane("calls", &self.calls), lane("imports", &self.imports)]
    }
}

/// The append task's end of the queue.
pub(super) struct Queue {
    pub(super) calls: mpsc::Receiver<Job>,
    pub(super) imports: mpsc::Receiver<Job>,
    /// A lane has become long.
    many: Arc<Notify>,
}

pub(super) fn queue() -> (Appender, Queue) {
    let (calls, calls_end) = mpsc::channel(QUEUE_COMMANDS_MAX);
    let (imports, imports_end) = mpsc::channel(QUEUE_COMMANDS_MAX);
    let many = Arc::new(Notify::new());
    let queue = Queue { calls: calls_end, imports: imports_end, many: many.clone() };
    (Appender { calls, imports, many }, queue)
}

impl Appender {
    /// Queues a command, and gives what its outcome will arrive at. A caller that goes away meanwhile changes nothing:
    /// the command is carried out all the same.
    pub(crate) async fn start(
        &self,
        intent: Box<Intent>,
        caller: Caller,
        lane: Lane,
    ) -> Result<Outcome, Error> {
        self.queue(Job::new(intent, caller), lane).await
    }

    /// The same for an erasure: follows the customer's chain first, as far as it goes now, so that nobody else waits for
    /// that.
    pub(crate) async fn start_erasure(
        &self,
        intent: Box<Intent>,
        caller: Caller,
        (log, views, index): (&EventLog, &Views, &SharedIndex),
    ) -> Result<Outcome, Error> {
        let followed = Box::pin(follow_ahead(&Followable { log, views, index }, &intent)).await;
        let (job, outcome) = Job::new(intent, caller);
        self.queue((Job { followed, ..job }, outcome), Lane::Calls).await
    }

    async fn queue(&self, (job, outcome): (Job, Outcome), lane: Lane) -> Result<Outcome, Error> {
        let lane = match lane {
            Lane::Calls => {
                self.calls.try_send(job).map_err(|error| match error {
                    mpsc::error::TrySendError::Full(_) => {
                        Error::AppendQueueFull { retry_after: QUEUE_RETRY_AFTER }
                    }
                    mpsc::error::TrySendError::Closed(_) => shutting_down(),
                })?;
                &self.calls
            }
            Lane::Imports => {
                self.imports.send(job).await.map_err(|_| shutting_down())?;
                &self.imports
            }
        };
        if lane.max_capacity() - lane.capacity() >= MANY_COMMANDS {
            self.many.notify_one();
        }
        Ok(outcome)
    }

    /// How much waits, for whoever looks.
    pub(crate) fn depth(&self) -> Depth {
        Depth { calls: self.calls.downgrade(), imports: self.imports.downgrade() }
    }

    /// Whether the append task has taken all that was sent.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        [&self.calls, &self.imports].iter().all(|it| it.capacity() == it.max_capacity())
    }
}

impl Queue {
    /// Waits for a command, and takes what else is there: at most `max`. None: nobody can ask any more.
    pub(super) async fn batch(&mut self, max: usize) -> Option<Vec<Job>> {
        // `recv` of a closed and empty lane is none at once; the batch ends only when both are.
        let first = tokio::select! {
            biased;
            Some(job) = self.calls.recv() => job,
            Some(job) = self.imports.recv() => job,
            else => return None,
        };
        let mut batch = Vec::with_capacity(max);
        batch.push(first);
        self.fill(&mut batch, max);
        Some(batch)
    }

    /// Waits until many commands wait in a lane.
    pub(super) async fn many(&self) {
        while self.calls.len().max(self.imports.len()) < MANY_COMMANDS {
            self.many.notified().await;
        }
    }

    /// Takes what is there, until the batch has `max` commands.
    pub(super) fn fill(&mut self, batch: &mut Vec<Job>, max: usize) {
        while batch.len() < max
            && let Ok(job) = self.calls.try_recv()
        {
            batch.push(job);
        }
        let room = max - batch.len();
        let room = if batch.len() > 1 { room.min(max / 2) } else { room };
        for _ in 0..room {
            let Ok(job) = self.imports.try_recv() else { break };
            batch.push(job);
        }
    }
}
