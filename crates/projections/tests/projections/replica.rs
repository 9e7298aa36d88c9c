//! A process that follows the log and keeps its index and, where it has the lease, the read models.

use std::time::Duration;

use assent_domain::Facts as _;
use assent_domain::values::Position;
use assent_event_log::EventLog;
use assent_projections::{SharedIndex, Started, Views, decode, start};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How long anything may take.
const SOON: Duration = Duration::from_secs(60);

pub(crate) struct Replica {
    pub(crate) log: EventLog,
    pub(crate) index: SharedIndex,
    written: watch::Receiver<Position>,
    stop: watch::Sender<bool>,
    maintaining: JoinHandle<()>,
}

impl Replica {
    /// Opens the log anew, and starts.
    pub(crate) async fn started(url: &str) -> Self {
        let log = EventLog::open(url).await.unwrap();
        let views = Views::open(&log).await.unwrap();
        let Started { index, maintainer, .. } = start(&log, views, |_, _| {}).await.unwrap();
        let written = maintainer.written();
        let (stop, stopped) = watch::channel(false);
        let maintaining = tokio::spawn(maintainer.run(stopped));
        Self { log, index, written, stop, maintaining }
    }

    /// Applies what others appended.
    pub(crate) async fn follow(&self) {
        loop {
            let entries = self.log.follow().await.unwrap();
            if entries.is_empty() {
                return;
            }
            let leaf_hash = entries.last().unwrap().leaf_hash;
            self.index.apply(decode(&self.log, &entries).await.unwrap(), leaf_hash);
        }
    }

    /// Waits until the read models have, so far as this one knows, all that it has applied.
    pub(crate) async fn until_written(&self) {
        let applied = self.index.read().ledger().applied;
        let mut written = self.written.clone();
        self.index.want_read_models();
        timeout(SOON, written.wait_for(|it| *it >= applied)).await.unwrap().unwrap();
    }

    pub(crate) async fn stop(self) {
        self.stop.send_replace(true);
        timeout(SOON, self.maintaining).await.unwrap().unwrap();
        self.log.close().await;
    }
}
