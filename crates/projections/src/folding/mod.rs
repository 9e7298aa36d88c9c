//! Read models made from the log's first event.
//!
//! The rows of records, which belong to a position, are written as the events come. Those of states (partners, customers,
//! relationships) are written once, when everything is folded, in the order of their keys: as the events come, each would
//! fall on a page of its own, again and again.

mod states;

use assent_domain::values::Position;
use assent_event_log::EventLog;
use prost::Message as _;
use tracing::info;

use crate::prefix::Prefix;
use crate::start::{StartError, next_events};
use crate::state::LedgerState;
use crate::views::{Lease, Making, Rows};
use crate::{EDITION, Views};
use states::{LastOthers, add_states};

/// Read models with an index at their position.
#[derive(Debug)]
pub(crate) struct Folding(Prefix);

impl Folding {
    /// Makes those of the log up to this position. What breaks off before all of it is there has made none.
    pub(crate) async fn anew(
        log: &EventLog,
        views: &Views,
        lease: &mut Lease,
        to: u64,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<Self, StartError> {
        info!(events = to, "making the read models from the log's first event");
        let first = log.entry(1).await?.ok_or(StartError::Empty)?;
        let mut making = Making::begin(views, lease, &first.leaf_hash).await?;
        let mut prefix = Prefix::default();
        let mut last = LastOthers::default();
        while prefix.position().0 < to {
            progress(prefix.position().0, to);
            let (events, leaf_hash) = next_events(log, prefix.position(), to).await?;
            prefix.apply(&events, leaf_hash);
            let (rows, touched) = Rows::of_records(&prefix.index, &events);
            last.take(&prefix.index, &touched);
            making.add(&Rows { leaf_hash, ..rows }).await?;
        }
        let Prefix { index, leaf_hash, catalogue_events } = &prefix;
        add_states(&mut making, index, &last, *leaf_hash).await?;
        let ledger = LedgerState::of(index, catalogue_events.clone());
        making.finish(&ledger.encode_to_vec()).await?;
        Ok(Self(prefix))
    }

    /// Those that are there, or empty ones: each step from then on is one that another process can go on from.
    pub(crate) async fn resumed(
        log: &EventLog,
        views: &Views,
        lease: &mut Lease,
    ) -> Result<Self, StartError> {
        let first = log.entry(1).await?.ok_or(StartError::Empty)?;
        if let Some(prefix) = views.load(log, &first.leaf_hash).await? {
            return Ok(Self(prefix));
        }
        views.clear(EDITION, lease, &first.leaf_hash).await?;
        Ok(Self(Prefix::default()))
    }

    /// The facts that they are of.
    pub(crate) fn into_prefix(self) -> Prefix {
        self.0
    }

    /// How far it has got.
    pub(crate) fn position(&self) -> Position {
        self.0.position()
    }

    /// Folds and writes up to a later position of the log.
    pub(crate) async fn to(
        &mut self,
        log: &EventLog,
        views: &Views,
        lease: &mut Lease,
        to: u64,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<(), StartError> {
        while self.position().0 < to {
            progress(self.position().0, to);
            self.step(log, views, lease, to).await?;
        }
        progress(self.position().0, to);
        Ok(())
    }

    /// The same with the next events alone, where there are some.
    pub(crate) async fn step(
        &mut self,
        log: &EventLog,
        views: &Views,
        lease: &mut Lease,
        to: u64,
    ) -> Result<(), StartError> {
        let from = self.position();
        if from.0 >= to {
            return Ok(());
        }
        let (events, leaf_hash) = next_events(log, from, to).await?;
        self.0.apply(&events, leaf_hash);
        let rows = Rows::of(&self.0.index, &events, &self.0.catalogue_events, leaf_hash);
        views.write(lease, from, &rows).await?;
        Ok(())
    }
}
