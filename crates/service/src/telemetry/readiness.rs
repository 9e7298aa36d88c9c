//! Whether this server should be sent calls, and why not.

use std::path::Path;
use std::time::Duration;

use assent_event_log::{Database, EventLog};
use tokio::sync::watch;
use tokio::time::sleep;
use tracing::{info, warn};

use crate::replica::{Doubt, Trust};

/// How often a file is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Whether this server should be sent calls. Clones share it.
#[derive(Clone)]
pub(crate) struct Readiness {
    pub(crate) trust: Trust,
    /// The server was asked to stop.
    pub(crate) leaving: watch::Receiver<bool>,
    /// Why the log's file can't be reached.
    pub(crate) file: watch::Receiver<Option<String>>,
}

impl Readiness {
    /// Why no calls should be sent; none: they should.
    pub(super) fn why_not(&self) -> Option<String> {
        if *self.leaving.borrow() {
            return Some("STOPPING: the server finishes what is under way".to_owned());
        }
        if let Err(doubt) = self.trust.check() {
            return Some(match doubt {
                Doubt::Corrupt => "LOG_CORRUPT: the facts are not what the log says".to_owned(),
                Doubt::Reloading => "LOG_UNREACHABLE: the log is being read anew".to_owned(),
                Doubt::Stale => format!(
                    "REPLICA_TOO_STALE: the log was last heard of {} s ago",
                    self.trust.staleness().as_secs()
                ),
            });
        }
        self.file.borrow().as_ref().map(|it| format!("LOG_UNREACHABLE: {it}"))
    }

    /// The same as it changes.
    pub(crate) fn told(mut self) -> watch::Receiver<bool> {
        let (told, telling) = watch::channel(self.why_not().is_none());
        tokio::spawn(async move {
            let mut serving = self.trust.serving();
            loop {
                tokio::select! {
                    changed = serving.changed() => if changed.is_err() { return },
                    changed = self.leaving.changed() => if changed.is_err() { return },
                    // On a server's database there is no file to be watched.
                    Ok(()) = self.file.changed() => {}
                }
                let is_ready = self.why_not().is_none();
                told.send_if_modified(|it| std::mem::replace(it, is_ready) != is_ready);
            }
        });
        telling
    }
}

/// Watches the file of a log that is in one: it can be moved away or replaced under a server, which then writes where
/// nobody will look. Of a server's database the heartbeat tells.
pub(crate) fn watch_file(
    log: &EventLog,
    mut leaving: watch::Receiver<bool>,
) -> watch::Receiver<Option<String>> {
    let (found, finding) = watch::channel(None);
    let Database::Sqlite(sqlite) = log.database() else { return finding };
    let (path, log) = (sqlite.file.clone(), log.clone());
    let opened = identity(&path).ok();
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = sleep(LOOK_EVERY) => {}
                // The log is closed soon. A closed channel means that the server is gone.
                _ = leaving.wait_for(|it| *it) => return,
            }
            let finding = look(&log, &path, opened).await.err();
            if *found.borrow() != finding {
                match &finding {
                    Some(finding) => warn!(%finding, "the log's file can't be reached"),
                    None => info!("the log's file can be reached again"),
                }
                found.send_replace(finding);
            }
        }
    });
    finding
}

async fn look(log: &EventLog, path: &Path, opened: Option<Identity>) -> Result<(), String> {
    let name = path.display();
    let now = identity(path).map_err(|error| format!("{name}: {error}"))?;
    if opened.is_some_and(|it| it != now) {
        return Err(format!("{name} is another file than the one that was opened"));
    }
    match log.root_at(log.head().size).await {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("{name}: {error}")),
    }
}

/// What a file is, whatever it is called.
type Identity = (u64, u64);

#[cfg(unix)]
fn identity(path: &Path) -> std::io::Result<Identity> {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(path).map(|it| (it.dev(), it.ino()))
}

#[cfg(not(unix))]
fn identity(path: &Path) -> std::io::Result<Identity> {
    std::fs::metadata(path).map(|_| (0, 0))
}
