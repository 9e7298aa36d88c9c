//! Keeping the read models at the index's position.

use std::time::Duration;

use assent_domain::Event;
use assent_domain::values::Position;
use tokio::sync::watch;
use tracing::{error, warn};

use crate::views::Rows;
use crate::{SharedIndex, Views, ViewsError};

/// How long a failed write is waited after before it is tried again.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// How long events are gathered before their rows are written, unless somebody waits for them: a transaction for
/// each commit would cost as much as the commits do.
const GATHER: Duration = Duration::from_millis(25);

/// Writes the rows of what the index applied. One a ledger: the fence in each write stops a second one.
#[derive(Debug)]
pub struct Maintainer {
    index: SharedIndex,
    views: Views,
    written: watch::Sender<Position>,
    catalogue_events: Vec<u64>,
}

impl Maintainer {
    pub(crate) fn new(
        index: SharedIndex,
        views: Views,
        position: Position,
        catalogue_events: Vec<u64>,
    ) -> Self {
        Self { index, views, written: watch::Sender::new(position), catalogue_events }
    }

    /// The read models.
    pub const fn views(&self) -> &Views {
        &self.views
    }

    /// The position that the read models are at, and every later one.
    pub fn written(&self) -> watch::Receiver<Position> {
        self.written.subscribe()
    }

    /// Follows the index until it is dropped, or until `stop` says so; then writes what is left.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut applied = self.index.applied();
        loop {
            let stopping = *stop.borrow();
            match self.write_pending().await {
                Ok(()) => {}
                Err(error @ ViewsError::Fenced { .. }) => {
                    error!(error = %error, "stopped maintaining the read models");
                    self.index.stop_pending();
                    return;
                }
                Err(error) => {
                    warn!(error = %chain(&error), "could not write the read models, trying again");
                    tokio::time::sleep(RETRY_AFTER).await;
                    if stopping {
                        return;
                    }
                    continue;
                }
            }
            if stopping {
                self.views.close().await;
                return;
            }
            let ended = tokio::select! {
                changed = applied.changed() => changed.is_err(),
                changed = stop.changed() => changed.is_err(),
            };
            if ended {
                return;
            }
            tokio::select! {
                () = self.index.read_models_wanted() => {}
                () = tokio::time::sleep(GATHER) => {}
                _ = stop.wait_for(|stop| *stop) => {}
            }
        }
    }

    async fn write_pending(&mut self) -> Result<(), ViewsError> {
        let from = *self.written.borrow();
        let rows = self.index.with_pending(|index, pending| {
            for event in pending.iter().filter(|it| is_catalogue(&it.recorded.event)) {
                if !self.catalogue_events.contains(&event.recorded.position.0) {
                    self.catalogue_events.push(event.recorded.position.0);
                }
            }
            (!pending.is_empty()).then(|| Rows::of(index, pending, &self.catalogue_events))
        });
        let Some(rows) = rows else { return Ok(()) };
        self.views.write(from, &rows).await?;
        self.index.forget_pending(rows.position);
        self.written.send_replace(rows.position);
        Ok(())
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
