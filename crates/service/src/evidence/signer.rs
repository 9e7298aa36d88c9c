//! The task that signs: at most once a second while the log grows, and when somebody waits for it.

use std::sync::Arc;
use std::time::Duration;

use assent_event_log::{EventLog, Head, StoredCheckpoint};
use assent_evidence::{Checkpoint, Origin, SigningKey};
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep_until, timeout};
use tracing::{error, warn};

use super::tree::Tree;
use super::{Anchor, AnchorError, LastSigned, Standing};
use crate::clock::SystemClock;
use crate::replica::Trust;

/// How often a growing log is signed where nobody waits for it.
const EVERY: Duration = Duration::from_secs(1);
/// The least pause between two signatures that somebody waits for: those who ask meanwhile share the next one.
const AT_MOST_EVERY: Duration = Duration::from_millis(50);
/// How long the last checkpoint may take when the process ends.
const LAST_MAX: Duration = Duration::from_secs(5);
/// How often a fork is told, until somebody hears it.
const TELL_EVERY: Duration = Duration::from_secs(60);

/// What a process signs with.
pub(crate) struct Signing {
    /// The log's name: every key's.
    pub(crate) origin: Origin,
    /// All of them sign, so that one can be rotated.
    pub(crate) keys: Vec<SigningKey>,
    /// Remembers what was signed last.
    pub(crate) anchor: Anchor,
    /// Whether what this process has read is the log.
    pub(crate) trust: Trust,
}

/// The task.
pub(crate) struct Signer {
    log: EventLog,
    tree: Tree,
    signing: Signing,
    clock: SystemClock,
    ask: Arc<Notify>,
    standing: watch::Sender<Standing>,
}

impl Signer {
    pub(super) fn new(
        log: EventLog,
        tree: Tree,
        signing: Signing,
        ask: Arc<Notify>,
        standing: watch::Sender<Standing>,
    ) -> Self {
        Self { log, tree, signing, clock: SystemClock, ask, standing }
    }

    /// Learns what was signed before this process began: its figures say so from the first, also where it can't sign. What
    /// it signs itself does not depend on it: that the log is still that one is for the anchor to say.
    pub(crate) async fn learn_last(&self) {
        match self.log.newest_checkpoint().await {
            Ok(Some(StoredCheckpoint { size, signed_at, .. })) => {
                let age = self.clock.now().micros().saturating_sub(signed_at);
                let age = Duration::from_micros(u64::try_from(age).unwrap_or(0));
                self.standing.send_modify(|it| it.last = Some(LastSigned::aged(size, age)));
            }
            Ok(None) => {}
            Err(error) => warn!(%error, "what was signed last is not known until something is signed"),
        }
    }

    /// Signs until told to stop, or until the log turns out to be another one than was signed.
    pub(crate) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut heads = self.log.heads();
        // What there is already may not be signed yet, and may be another log than was signed.
        heads.mark_changed();
        let mut last = Instant::now() - EVERY;
        loop {
            let grown = async {
                // A closed channel means that the log is gone; the stop comes, too.
                if heads.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
                sleep_until(last + EVERY).await;
            };
            let asked = async {
                self.ask.notified().await;
                sleep_until(last + AT_MOST_EVERY).await;
            };
            let stops = tokio::select! {
                _ = stop.wait_for(|it| *it) => true,
                () = grown => false,
                () = asked => false,
            };
            if stops {
                return self.sign_last().await;
            }
            last = Instant::now();
            if let Err(signed) = self.sign_head().await {
                self.standing.send_modify(|it| it.forked = Some(signed));
                return self.tell(signed, stop).await;
            }
        }
    }

    /// Signs what was appended since the last time, before the process ends. A witness that does not answer is not waited
    /// for long: whoever signs next does it.
    async fn sign_last(&mut self) {
        match timeout(LAST_MAX, self.sign_head()).await {
            Ok(Ok(())) => {}
            Ok(Err(signed)) => {
                warn!(signed, "the log is not the one that was signed: nothing was signed at the end")
            }
            Err(_) => warn!("the last checkpoint took too long, and is left to whoever signs next"),
        }
    }

    /// Signs the log as it is now, unless it is signed already. What can't be done now is tried again when the log grows
    /// or somebody asks; a fork is for ever.
    async fn sign_head(&mut self) -> Result<(), u64> {
        let head = self.log.head();
        let newest = self.standing.borrow().newest;
        if head.size == newest || self.signing.trust.check().is_err() {
            return Ok(());
        }
        if head.size < newest {
            // The log was read anew, and is shorter than what this process has signed: the anchor says what that means.
            self.standing.send_modify(|it| it.newest = 0);
        }
        match self.sign(head).await {
            Ok(()) => {
                let last = Some(LastSigned::aged(head.size, Duration::ZERO));
                self.standing.send_modify(|it| (it.newest, it.last) = (head.size, last));
                Ok(())
            }
            Err(AnchorError::Forked { signed }) => Err(signed),
            Err(AnchorError::Behind) => Ok(()),
            Err(AnchorError::Failed(error)) => {
                warn!(error = %error, size = head.size, "no checkpoint was signed; it is tried again");
                Ok(())
            }
        }
    }

    /// Only what the database holds now is signed: a commit that this process saw may be gone.
    async fn sign(&mut self, head: Head) -> Result<(), AnchorError> {
        if self.log.root_at(head.size).await.map_err(AnchorError::failed)? != Some(head.root) {
            return Err(AnchorError::Behind);
        }
        // A commit behind it, on the second machine where that is asked for: a restarted primary can show commits that no
        // standby has, and what is signed may not be lost. The database's own append did no more.
        self.log.heartbeat().await.map_err(AnchorError::failed)?;
        let Signing { origin, keys, anchor, .. } = &mut self.signing;
        let checkpoint = Checkpoint { origin: origin.clone(), size: head.size, root: head.root };
        let signed = checkpoint.sign(keys).map_err(AnchorError::failed)?;
        let signed = anchor.swap(&self.log, &self.tree, signed).await?;
        let stored = StoredCheckpoint {
            size: head.size,
            note: signed.to_string(),
            signed_at: self.clock.now().micros(),
        };
        self.log.store_checkpoint(&stored).await.map_err(AnchorError::failed)
    }

    async fn tell(self, signed: u64, mut stop: watch::Receiver<bool>) {
        loop {
            error!(
                signed,
                size = self.log.head().size,
                "this log is not the one whose checkpoints were signed: it was restored to an earlier state, or changed. \
                 Nothing is signed any more. `assent verify --anchor` names where the histories part"
            );
            tokio::select! {
                _ = stop.wait_for(|it| *it) => return,
                () = tokio::time::sleep(TELL_EVERY) => {}
            }
        }
    }
}
