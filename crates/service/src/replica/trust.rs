//! Whether answers can be trusted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::watch;

const STANDS: u8 = 0;
const RELOADING: u8 = 1;
const LOST: u8 = 2;

/// Whether answers can be trusted: the facts are what the log says, and this replica is as fresh as it must be.
#[derive(Clone, Debug)]
pub(crate) struct Trust(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    state: AtomicU8,
    began: Instant,
    /// Milliseconds after `began`, and one: everything that was committed before is applied. 0: that was never proven.
    fresh_as_of: AtomicU64,
    /// How long ago that may be; none: nobody else writes, and this replica is always fresh.
    staleness_max: Option<Duration>,
    /// Whether this machine's clock and the database's agree.
    clock_agrees: AtomicBool,
    /// Whether health says that this replica serves.
    serving: watch::Sender<bool>,
    /// How often what was read had to be thrown away.
    reloads: watch::Sender<u64>,
}

/// Why this replica does not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// The facts are not what the log says.
    Corrupt,
    /// The log is being read anew.
    Reloading,
    /// Too much may have happened since this replica last heard of the log.
    Stale,
}

impl Trust {
    /// Nothing is known against the facts. Where others write, too, this replica has yet to prove that it is fresh.
    pub(crate) fn new(staleness_max: Option<Duration>) -> Self {
        Self(Arc::new(Inner {
            state: AtomicU8::new(STANDS),
            began: Instant::now(),
            fresh_as_of: AtomicU64::new(0),
            staleness_max,
            clock_agrees: AtomicBool::new(true),
            serving: watch::Sender::new(staleness_max.is_none()),
            reloads: watch::Sender::new(0),
        }))
    }

    /// Whether this replica may answer. Asked for every decision.
    pub(crate) fn check(&self) -> Result<(), Doubt> {
        self.check_facts()?;
        let Some(staleness_max) = self.0.staleness_max else { return Ok(()) };
        let Some(millis) = self.0.fresh_as_of.load(Ordering::Acquire).checked_sub(1) else {
            return Err(Doubt::Stale);
        };
        match self.0.began.elapsed().saturating_sub(Duration::from_millis(millis)) > staleness_max {
            true => Err(Doubt::Stale),
            false => Ok(()),
        }
    }

    /// How old what was applied may be: nothing on the only process of a ledger.
    pub(crate) fn staleness(&self) -> Duration {
        if self.0.staleness_max.is_none() {
            return Duration::ZERO;
        }
        let fresh_as_of = self.0.fresh_as_of.load(Ordering::Acquire).saturating_sub(1);
        self.0.began.elapsed().saturating_sub(Duration::from_millis(fresh_as_of))
    }

    /// How old it may be before nothing is answered any more; none: it is never old.
    pub(crate) fn staleness_max(&self) -> Option<Duration> {
        self.0.staleness_max
    }

    /// Whether the facts are what the log says, however old they are.
    pub(crate) fn check_facts(&self) -> Result<(), Doubt> {
        match self.0.state.load(Ordering::Relaxed) {
            STANDS => Ok(()),
            RELOADING => Err(Doubt::Reloading),
            _ => Err(Doubt::Corrupt),
        }
    }

    /// Everything that was committed before this instant is applied.
    pub(crate) fn is_fresh_as_of(&self, instant: Instant) {
        let millis = instant.saturating_duration_since(self.0.began).as_millis();
        let millis = u64::try_from(millis).unwrap_or(u64::MAX - 1);
        self.0.fresh_as_of.fetch_max(millis + 1, Ordering::Release);
        self.tell();
    }

    /// The facts are not what the log says: for good.
    pub(crate) fn lose(&self) {
        self.0.state.store(LOST, Ordering::Relaxed);
        self.tell();
    }

    /// What was read is not in the log any more: no answers until it is read anew.
    pub(crate) fn suspend(&self) {
        let _ = self.0.state.compare_exchange(STANDS, RELOADING, Ordering::Relaxed, Ordering::Relaxed);
        self.0.reloads.send_modify(|it| *it += 1);
        self.tell();
    }

    /// The log was read anew.
    pub(crate) fn resume(&self) {
        let _ = self.0.state.compare_exchange(RELOADING, STANDS, Ordering::Relaxed, Ordering::Relaxed);
        self.tell();
    }

    /// Whether this machine's clock and the database's agree; where they do not, nothing is written.
    pub(crate) fn clock_agrees(&self) -> bool {
        self.0.clock_agrees.load(Ordering::Relaxed)
    }

    pub(crate) fn set_clock_agrees(&self, agrees: bool) {
        self.0.clock_agrees.store(agrees, Ordering::Relaxed);
    }

    /// Looks whether this replica serves, for health: time alone can end it.
    pub(crate) fn tell(&self) {
        let serves = self.check().is_ok();
        self.0.serving.send_if_modified(|it| std::mem::replace(it, serves) != serves);
    }

    /// Whether this replica serves, and when that changes.
    pub(crate) fn serving(&self) -> watch::Receiver<bool> {
        self.0.serving.subscribe()
    }

    /// How often the log was read anew because it had diverged.
    pub(crate) fn reload_count(&self) -> u64 {
        *self.0.reloads.borrow()
    }

    /// Changes when what was read is thrown away: streams that showed it end.
    pub(crate) fn reloads(&self) -> watch::Receiver<u64> {
        self.0.reloads.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replica_that_hears_nothing_becomes_stale_and_fresh_again() {
        let trust = Trust::new(Some(Duration::ZERO));
        let serving = trust.serving();
        assert_eq!(trust.check(), Err(Doubt::Stale), "nothing was proven yet");
        trust.is_fresh_as_of(Instant::now());
        while trust.check().is_ok() {
            std::thread::yield_now();
        }
        assert_eq!(trust.check(), Err(Doubt::Stale));
        trust.tell();
        assert!(!*serving.borrow());
        trust.is_fresh_as_of(Instant::now() + Duration::from_secs(60));
        assert_eq!(trust.check(), Ok(()));
        assert!(*serving.borrow());
    }

    #[test]
    fn the_only_process_of_a_ledger_is_never_stale() {
        assert_eq!(Trust::new(None).check(), Ok(()));
    }

    #[test]
    fn a_reload_ends_and_lost_trust_does_not() {
        let trust = Trust::new(None);
        let reloads = trust.reloads();
        trust.suspend();
        assert_eq!(trust.check_facts(), Err(Doubt::Reloading));
        assert!(reloads.has_changed().unwrap());
        trust.resume();
        assert_eq!(trust.check_facts(), Ok(()));
        trust.lose();
        trust.suspend();
        trust.resume();
        assert_eq!(trust.check(), Err(Doubt::Corrupt));
    }
}
