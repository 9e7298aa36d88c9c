//! What is looked at only when somebody asks for figures.

use std::time::Duration;

use assent_domain::Facts;
use assent_domain::values::Position;
use assent_event_log::{EventLog, PoolUse};
use assent_projections::SharedIndex;
use tokio::sync::watch;

use super::trail::{Lag, Trail};
use crate::append::Depth;
use crate::evidence::Standing;
use crate::replica::Trust;

/// The parts of a running server whose state is a figure. It keeps none of them from ending.
#[derive(Clone)]
pub(crate) struct Observed {
    pub(crate) log: EventLog,
    pub(crate) index: SharedIndex,
    pub(crate) read_models: watch::Receiver<Position>,
    pub(crate) trust: Trust,
    /// How signing stands, where this process signs.
    pub(crate) signing: Option<watch::Receiver<Standing>>,
    pub(crate) queue: Depth,
    pub(crate) trail: Trail,
}

impl Observed {
    /// How many entries the log has, as far as this process knows.
    pub(super) fn entries(&self) -> u64 {
        self.log.head().size
    }

    /// Everybody in this process who follows the log, with how far they are behind it.
    pub(super) fn followers(&self) -> Vec<(&'static str, Lag)> {
        let index = self.index.read().ledger().applied;
        let read_models = *self.read_models.borrow();
        let mut followers =
            vec![("index", self.trail.lag(index.0)), ("read_models", self.trail.lag(read_models.0))];
        if let Some(standing) = self.standing() {
            followers.push(("checkpoint", self.trail.lag(standing.last.map_or(0, |it| it.size))));
        }
        followers
    }

    /// How signing stands, where this process signs.
    pub(super) fn standing(&self) -> Option<Standing> {
        self.signing.as_ref().map(|it| *it.borrow())
    }

    /// How old what this replica answers from may be; on a file, nothing is ever old.
    pub(super) fn staleness(&self) -> Duration {
        self.trust.staleness()
    }

    pub(super) fn pools(&self) -> [PoolUse; 2] {
        self.log.database().pool_use()
    }
}
