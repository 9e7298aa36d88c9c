//! Keeping the read models at the index's position, or following the process that does.

use std::time::Duration;

use assent_domain::Event;
use assent_domain::values::Position;
use assent_event_log::EventLog;
use tokio::sync::watch;
use tokio::time::Instant;
use tracing::{error, info, warn};

use crate::decode::{DecodeError, decode};
use crate::folding::Folding;
use crate::shared::PENDING_EVENTS_MAX;
use crate::views::{Lease, Rows};
use crate::{SharedIndex, Views, ViewsError};

/// How long a failed write is waited after before it is tried again.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// How long events are gathered before their rows are written, unless somebody waits for them: a transaction for
/// each commit would cost as much as the commits do.
const GATHER: Duration = Duration::from_millis(25);
/// The same where so many have come in that time, as during an import or by many callers: what falls on the same pages is
/// written once, then.
const GATHER_MANY: Duration = Duration::from_millis(250);
const MANY_EVENTS: usize = 64;

/// How often a process that follows looks where the read models are: while they are behind what it has applied, and
/// otherwise. It also tries to take the lease as often as the latter.
const FOLLOW_BEHIND: Duration = Duration::from_millis(20);
const FOLLOW_IDLE: Duration = Duration::from_millis(500);

/// How many events are read from the log at once, where nobody kept them.
const REFILL_EVENTS: usize = 4_096;

/// Writes the rows of what the index applied, where this process has the lease; otherwise learns what the process that
/// has it wrote. The fence in each write stops a second one.
#[derive(Debug)]
pub struct Maintainer {
    log: EventLog,
    index: SharedIndex,
    views: Views,
    lease: Option<Lease>,
    written: watch::Sender<Position>,
    /// What brings read models that are far behind to where the index is.
    making_up: Option<Folding>,
}

impl Maintainer {
    pub(crate) fn new(
        log: EventLog,
        index: SharedIndex,
        views: Views,
        lease: Option<Lease>,
        position: Position,
    ) -> Self {
        Self { log, index, views, lease, written: watch::Sender::new(position), making_up: None }
    }

    /// The read models.
    pub const fn views(&self) -> &Views {
        &self.views
    }

    /// The position that the read models are at, and every later one.
    pub fn written(&self) -> watch::Receiver<Position> {
        self.written.subscribe()
    }

    /// Whether this process maintains the read models, so far as it knows.
    pub const fn is_maintaining(&self) -> bool {
        self.lease.is_some()
    }

    /// Goes on until the index is dropped, or until `stop` says so; then writes what is left.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut applied = self.index.applied();
        let mut lease_tried = Instant::now();
        loop {
            let stopping = *stop.borrow();
            let tries = !stopping && self.lease.is_none() && lease_tried.elapsed() >= FOLLOW_IDLE;
            if tries {
                lease_tried = Instant::now();
            }
            match self.advance(tries).await {
                Ok(()) => {}
                Err(error @ ViewsError::Fenced { .. }) if matches!(self.lease, Some(Lease::Sqlite)) => {
                    error!(error = %error, "stopped maintaining the read models");
                    self.index.stop_pending();
                    return;
                }
                Err(error) => {
                    warn!(error = %chain(&error), "could not bring the read models up to date, trying again");
                    if stopping {
                        return;
                    }
                    tokio::time::sleep(RETRY_AFTER).await;
                    continue;
                }
            }
            if stopping {
                self.views.close().await;
                return;
            }
            if self.making_up.is_none() && self.wait(&mut applied, &mut stop).await.is_err() {
                return;
            }
        }
    }

    /// One step of [`Maintainer::run`], without its pauses: takes the lease where nobody has it; then writes what the
    /// index applied, or learns what the process that has the lease wrote.
    ///
    /// After an error it can be called again: what was not written is still kept.
    pub async fn step(&mut self) -> Result<(), ViewsError> {
        self.advance(true).await
    }

    async fn advance(&mut self, takes_lease: bool) -> Result<(), ViewsError> {
        let advanced = self.try_to_advance(takes_lease).await;
        // A file's lock stays; a session in which something failed is given up, and the lease with it.
        if advanced.is_err() && matches!(self.lease, Some(Lease::Postgres(_))) {
            self.lease = None;
        }
        advanced
    }

    async fn try_to_advance(&mut self, takes_lease: bool) -> Result<(), ViewsError> {
        if takes_lease && self.lease.is_none() {
            self.lease = self.views.try_lease().await?;
            if self.lease.is_some() {
                info!("this process maintains the read models from now on");
                self.learn().await?;
            }
        }
        match self.lease {
            Some(_) => self.write_pending().await,
            None => self.learn().await,
        }
    }

    /// Waits until there may be something to do. An error: nobody needs the read models any more.
    async fn wait(
        &self,
        applied: &mut watch::Receiver<Position>,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<(), watch::error::RecvError> {
        if self.lease.is_none() {
            let is_behind = *self.written.borrow() < *applied.borrow();
            let pause = if is_behind { FOLLOW_BEHIND } else { FOLLOW_IDLE };
            tokio::select! {
                changed = applied.changed(), if !is_behind => changed?,
                () = tokio::time::sleep(pause) => {}
                changed = stop.changed() => changed?,
            }
            return Ok(());
        }
        tokio::select! {
            changed = applied.changed() => changed?,
            changed = stop.changed() => changed?,
            () = tokio::time::sleep(FOLLOW_IDLE) => {}
        }
        let gathered = async {
            tokio::time::sleep(GATHER).await;
            if self.index.pending_count() >= MANY_EVENTS {
                tokio::time::sleep(GATHER_MANY).await;
            }
        };
        tokio::select! {
            () = self.index.read_models_wanted() => {}
            () = gathered => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
        Ok(())
    }

    /// Learns where the read models are: another process, or a rebuild, may have moved them.
    async fn learn(&self) -> Result<(), ViewsError> {
        let position = self.views.position().await?;
        self.index.forget_pending(position);
        self.written.send_if_modified(|it| std::mem::replace(it, position) != position);
        Ok(())
    }

    /// Reads from the log what the read models do not have and nobody kept: a crash of the database can take back their
    /// last rows, and of very many events none is kept.
    async fn refill(&self, from: Position) -> Result<(), ViewsError> {
        let Some(to) = self.index.missing_behind(from) else { return Ok(()) };
        let mut events = Vec::new();
        let mut next = from.0 + 1;
        while next <= to.0 {
            let entries = self.log.read(next, to.0, REFILL_EVENTS).await.map_err(DecodeError::from)?;
            let Some(last) = entries.last() else { return Ok(()) };
            next = last.position + 1;
            events.extend(decode(&self.log, &entries).await?);
        }
        self.index.refill_pending(events);
        Ok(())
    }

    /// Whether reading what is missing at once would take more memory than an index of their own.
    fn is_far_behind(&self, from: Position) -> bool {
        let missing = self.index.missing_behind(from).map_or(0, |it| it.0 - from.0) as usize;
        from == Position::START || missing > PENDING_EVENTS_MAX.max(self.index.read().relationship_count())
    }

    /// Brings read models that are far behind, or that nobody has begun with, one step nearer to where the index is, as a
    /// start does.
    async fn make_up(&mut self) -> Result<(), ViewsError> {
        let Some(lease) = self.lease.as_mut() else { return Ok(()) };
        let mut folding = match self.making_up.take() {
            Some(folding) => folding,
            None => {
                // Nobody is to believe that they have what they had.
                self.written.send_replace(Position::START);
                Folding::resumed(&self.log, &self.views, lease).await?
            }
        };
        let applied = *self.index.applied().borrow();
        folding.step(&self.log, &self.views, lease, applied.0).await?;
        let made = folding.position();
        self.index.forget_pending(made);
        self.written.send_replace(made);
        self.making_up = (made < applied).then_some(folding);
        Ok(())
    }

    async fn write_pending(&mut self) -> Result<(), ViewsError> {
        let from = *self.written.borrow();
        // A rebuild can be ahead of what this process has applied.
        self.index.forget_pending(from);
        if self.making_up.is_some() || self.is_far_behind(from) {
            return match self.make_up().await {
                Err(ViewsError::Fenced { .. }) if matches!(self.lease, Some(Lease::Postgres(_))) => {
                    self.learn().await
                }
                made_up => made_up,
            };
        }
        self.refill(from).await?;
        let rows = self.index.with_pending(|index, pending| {
            let pending = pending?;
            let first = pending.events.first()?.recorded.position;
            // Otherwise another step refills it.
            let rows = || Rows::of(index, &pending.events, &pending.catalogue_events, pending.leaf_hash);
            (first.0 == from.0 + 1).then(rows)
        });
        let (Some(rows), Some(lease)) = (rows, self.lease.as_mut()) else {
            // A rebuild may have put others in the place of these, which the next one drops.
            return if matches!(self.lease, Some(Lease::Postgres(_))) { self.learn().await } else { Ok(()) };
        };
        match self.views.write(lease, from, &rows).await {
            Ok(()) => {
                self.index.forget_pending(rows.position);
                self.written.send_replace(rows.position);
                Ok(())
            }
            // A rebuild has put others in their place, or this process has lost the lease without noticing.
            Err(ViewsError::Fenced { .. }) if matches!(lease, Lease::Postgres(_)) => self.learn().await,
            Err(error) => Err(error),
        }
    }
}

/// Whether the event is one of those that a start folds again.
pub(crate) const fn is_catalogue(event: &Event) -> bool {
    matches!(
        event,
        Event::AgreementVersionPublished { .. }
            | Event::AgreementRetired { .. }
            | Event::PolicyPublished { .. }
    )
}

/// An error with its sources, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
