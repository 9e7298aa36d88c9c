//! The heartbeat and the wake-ups of a replica.

use std::sync::Arc;
use std::time::{Duration, Instant};

use assent_domain::values::Position;
use assent_event_log::{Beat, EventLog};
use assent_projections::SharedIndex;
use tokio::sync::Notify;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tracing::{info, warn};

use super::Trust;
use crate::clock::SystemClock;
use crate::telemetry::Trail;

/// How often a replica proves that it is connected to the primary.
const BEAT_EVERY: Duration = Duration::from_secs(1);
/// How long what a heartbeat saw may take to be applied, before the next one is tried.
const APPLY_MAX: Duration = Duration::from_secs(5);
/// How far this machine's clock and the database's may differ, in microseconds (house rule: 1 s).
const SKEW_MAX: i64 = 1_000_000;
/// How long to wait before listening anew.
const LISTEN_AGAIN: Duration = Duration::from_millis(500);

/// Proves once a second that this replica is connected to the primary, and tells how fresh it is.
pub(crate) struct Pulse {
    pub(crate) log: EventLog,
    pub(crate) index: SharedIndex,
    pub(crate) trust: Trust,
    pub(crate) clock: SystemClock,
    /// Wakes whoever applies what other replicas appended.
    pub(crate) wake: Arc<Notify>,
    /// Is told how long the log is known to be.
    pub(crate) trail: Trail,
}

impl Pulse {
    /// Beats for as long as the process lives.
    pub(crate) async fn run(self) {
        let mut ticks = interval(BEAT_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut failing = false;
        loop {
            tokio::select! {
                // Time alone makes a replica stale, whatever the heartbeat waits for.
                () = self.tell() => {}
                failed = async { ticks.tick().await; self.beat().await } => match (failed, failing) {
                    (Some(error), false) => {
                        warn!(%error, "the database does not take a heartbeat");
                        failing = true;
                    }
                    (None, true) => {
                        info!("the database takes heartbeats again");
                        failing = false;
                    }
                    (Some(_), true) | (None, false) => {}
                },
            }
        }
    }

    async fn tell(&self) {
        loop {
            sleep(BEAT_EVERY).await;
            self.trust.tell();
        }
    }

    /// One heartbeat; gives why it failed.
    pub(crate) async fn beat(&self) -> Option<String> {
        let (began, before) = (Instant::now(), self.clock.now().micros());
        let known = self.log.head().size;
        let beat = match self.log.heartbeat().await {
            Ok(beat) => beat,
            Err(error) => return Some(format!("{error}: {}", source(&error))),
        };
        self.compare_clocks(beat, before);
        self.trail.note(beat.size);
        self.wake.notify_one();
        if beat.size < known {
            // Whoever follows will find that the log is another one. What is applied of the old one proves nothing.
            return Some(format!("the log has {} events, and had {known}", beat.size));
        }
        let mut applied = self.index.applied();
        match timeout(APPLY_MAX, applied.wait_for(|it| *it >= Position(beat.size))).await {
            Ok(_) => {
                self.trust.is_fresh_as_of(began);
                None
            }
            Err(_) => Some(format!("the log has {} events, and not all of them are applied yet", beat.size)),
        }
    }

    /// The database's clock was read between two readings of this machine's.
    fn compare_clocks(&self, beat: Beat, before: i64) {
        let Some(theirs) = beat.clock else { return };
        let after = self.clock.now().micros();
        let skew = if theirs < before { theirs - before } else { (theirs - after).max(0) };
        let agrees = skew.abs() <= SKEW_MAX;
        if agrees != self.trust.clock_agrees() {
            warn!(skew_micros = skew, agrees, "this machine's clock and the database's");
        }
        self.trust.set_clock_agrees(agrees);
    }
}

/// Wakes on every commit of another process, for as long as there can be one.
pub(crate) async fn listen(log: EventLog, wake: Arc<Notify>) {
    loop {
        match log.wakes().await {
            Ok(None) => return,
            Ok(Some(mut wakes)) => {
                wake.notify_one();
                let error = loop {
                    match wakes.next().await {
                        // This process's own commits are heard of, too.
                        Ok(size) if size <= log.head().size => {}
                        Ok(_) => wake.notify_one(),
                        Err(error) => break error,
                    }
                };
                warn!(%error, "no longer hears of commits, listens anew");
            }
            Err(error) => warn!(error = %source(&error), "can't listen for commits, tries again"),
        }
        sleep(LISTEN_AGAIN).await;
    }
}

fn source(error: &dyn std::error::Error) -> String {
    error.source().map(ToString::to_string).unwrap_or_default()
}
