//! What goes on beside a running server about its index: what it began with is compared with the log, and its image is kept
//! near the log's end.

use std::time::Duration;

use assent_domain::values::Position;
use assent_event_log::EventLog;
use assent_projections::{Began, DecodeError, Image, Proven, SharedIndex, Started, verify};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tracing::{error, info, warn};

use crate::replica::{Doubt, Trust};

/// How often it is looked whether the image is to be made anew: that takes an index of its own for seconds.
const LOOK_EVERY: Duration = Duration::from_secs(600);

/// A task.
pub(super) struct Keeping {
    log: EventLog,
    index: SharedIndex,
    trust: Trust,
    image: Option<Image>,
    /// The image's position, where there is one.
    at: Option<Position>,
    /// How often the log had been read anew when the facts were known to be what it says: only those become an image.
    proven: Option<u64>,
}

impl Keeping {
    pub(super) fn new(log: EventLog, started: &Started, trust: Trust, image: Option<Image>) -> Self {
        let Started { index, maintainer: _, began, snapshot: _, image: at } = started;
        let proven = (*began == Began::Log).then(|| trust.reload_count());
        Self { log, index: index.clone(), trust, image, at: *at, proven }
    }

    /// Goes on until it is told to stop.
    pub(super) async fn run(mut self, mut stop: watch::Receiver<bool>) -> Self {
        tokio::select! {
            () = self.keep() => {}
            // A closed channel means that the server is gone.
            _ = stop.wait_for(|it| *it) => {}
        }
        self
    }

    /// Writes the image that the next start begins with. The server has ended otherwise: nothing waits for the index.
    pub(super) async fn end(self) {
        let is_proven = self.is_proven();
        let Self { log, index, image, at, trust: _, proven: _ } = self;
        if let Some(image) = image.filter(|_| is_proven && Image::is_due(&index.read(), at)) {
            image.write_shared(&log, &index).await;
        }
    }

    /// Whether the facts are known to be what the log says.
    fn is_proven(&self) -> bool {
        self.proven == Some(self.trust.reload_count()) && self.trust.check_facts().is_ok()
    }

    async fn keep(&mut self) {
        loop {
            let image = self.image.clone();
            if !self.is_proven() {
                if let Some(proven) = self.check().await
                    && let Some(image) = image
                    && Image::is_due(proven.index(), self.at)
                {
                    self.at = image.write(&self.log, proven).await.or(self.at);
                }
                if self.trust.check_facts() == Err(Doubt::Corrupt) {
                    return;
                }
            } else if let (Some(image), Some(_)) = (image, self.at)
                && Image::is_due(&self.index.read(), self.at)
            {
                self.at = image.refresh(&self.log).await.or(self.at);
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// Folds the log beside a server that began with a snapshot, or has read the log anew. A difference takes away the trust in
    /// every answer.
    async fn check(&mut self) -> Option<Proven> {
        let reloads = self.trust.reload_count();
        let (log, index) = (self.log.clone(), self.index.clone());
        // A task of its own, which ends with this one: facts that it panics at are not what the log says, either.
        let mut comparing = JoinSet::new();
        comparing.spawn(async move { verify(&log, &index).await });
        let verified = comparing.join_next().await?;
        if self.trust.reload_count() != reloads {
            // It was read anew meanwhile: what was compared is neither the one nor the other.
            return None;
        }
        match verified {
            Ok(Ok(Ok(proven))) => {
                info!("the snapshot is what the log says");
                self.proven = Some(reloads);
                return Some(proven);
            }
            Ok(Ok(Err(difference))) => {
                error!(%difference, "the snapshot is not what the log says: rebuild it with `assent projections rebuild`");
                self.lose();
            }
            Ok(Err(DecodeError::Read(error))) if !error.is_corrupt() => {
                warn!(error = %error, "could not compare the snapshot with the log");
            }
            Ok(Err(error)) => {
                error!(error = %error, "the log is not what it was");
                self.lose();
            }
            Err(broken) if broken.is_panic() => {
                error!(
                    "the snapshot can't be compared with the log: rebuild it with `assent projections rebuild`"
                );
                self.lose();
            }
            Err(_) => {}
        }
        None
    }

    fn lose(&mut self) {
        self.trust.lose();
        // Whatever is wrong, the next start does not begin with it.
        if let Some(image) = &self.image {
            image.remove();
        }
        self.at = None;
    }
}
