//! How much one caller may ask for: so many calls a second, and so many streams at a time.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use parking_lot::Mutex;

use crate::error::{Error, Limit};

/// After how many calls callers that have been quiet are forgotten.
const FORGET_EVERY: u32 = 1 << 16;
/// When a caller who has too many streams may try again: one of them has to end first.
const STREAM_RETRY_AFTER: Duration = Duration::from_secs(1);
/// Whoever watches health, together: it takes no credential, so that there is nobody to count them by. A watch takes some
/// kilobytes, and a ledger has far fewer load balancers.
const HEALTH_WATCHES_MAX: usize = 1_024;
/// Whom those are counted as: no credential names a caller so.
const NOBODY: &str = "";

/// How much one caller may ask for. Each server counts for itself.
#[derive(Clone, Debug)]
pub struct CallLimits {
    /// Calls a second; none: as many as it can send.
    pub rate_per_second: Option<NonZeroU32>,
    /// Calls at once that a quiet caller may make beyond that.
    pub burst: NonZeroU32,
    /// Streams (and imports and exports) at a time.
    pub streams: usize,
}

impl Default for CallLimits {
    fn default() -> Self {
        Self { rate_per_second: None, burst: NonZeroU32::new(1_000).expect("it is not zero"), streams: 1_024 }
    }
}

type Rate = RateLimiter<String, HashMapStateStore<String>, DefaultClock>;

/// Counts what each caller asks for. Callers are those whom credentials name, so that there are not many.
pub(crate) struct CallerLimits {
    rate: Option<Rate>,
    clock: DefaultClock,
    calls: AtomicU32,
    streams_max: usize,
    streams: Mutex<HashMap<String, usize>>,
}

impl CallerLimits {
    /// Nobody has called yet.
    pub(crate) fn new(limits: &CallLimits) -> Self {
        let quota = limits.rate_per_second.map(|rate| Quota::per_second(rate).allow_burst(limits.burst));
        Self {
            rate: quota.map(RateLimiter::hashmap),
            clock: DefaultClock::default(),
            calls: AtomicU32::new(0),
            streams_max: limits.streams,
            streams: Mutex::new(HashMap::new()),
        }
    }

    /// Counts a call; or says when the next one will be taken.
    pub(super) fn call(&self, user_id: &String) -> Result<(), Error> {
        let Some(rate) = &self.rate else { return Ok(()) };
        if self.calls.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            rate.retain_recent();
        }
        rate.check_key(user_id).map_err(|until| {
            let wait = until.wait_time_from(self.clock.now());
            // A caller that comes back a moment too early would only be refused again.
            Error::RateLimited { limit: Limit::Calls, retry_after: wait.max(Duration::from_millis(1)) }
        })
    }

    /// Counts a stream until what is returned is dropped.
    pub(super) fn stream(self: &Arc<Self>, user_id: &str) -> Result<Streaming, Error> {
        self.count(user_id, self.streams_max, Limit::Streams)
    }

    /// The same for somebody who watches health.
    pub(super) fn health_watch(self: &Arc<Self>) -> Result<Streaming, Error> {
        self.count(NOBODY, HEALTH_WATCHES_MAX, Limit::HealthWatches)
    }

    fn count(self: &Arc<Self>, user_id: &str, max: usize, limit: Limit) -> Result<Streaming, Error> {
        let mut streams = self.streams.lock();
        let count = streams.get(user_id).copied().unwrap_or(0);
        if count >= max {
            return Err(Error::RateLimited { limit, retry_after: STREAM_RETRY_AFTER });
        }
        streams.insert(user_id.to_owned(), count + 1);
        drop(streams);
        Ok(Streaming { limits: Arc::clone(self), user_id: user_id.to_owned() })
    }
}

/// A stream that is under way.
pub(super) struct Streaming {
    limits: Arc<CallerLimits>,
    user_id: String,
}

impl Drop for Streaming {
    fn drop(&mut self) {
        let mut streams = self.limits.streams.lock();
        match streams.get_mut(&self.user_id) {
            Some(count) if *count > 1 => *count -= 1,
            Some(_) | None => drop(streams.remove(&self.user_id)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(rate: Option<u32>, streams: usize) -> Arc<CallerLimits> {
        let burst = NonZeroU32::new(3).expect("it is not zero");
        let rate_per_second = rate.and_then(NonZeroU32::new);
        Arc::new(CallerLimits::new(&CallLimits { rate_per_second, burst, streams }))
    }

    #[test]
    fn a_caller_over_its_rate_is_told_when_to_come_back_and_others_are_not_held_up() {
        let limits = limits(Some(1), 0);
        let (one, other) = ("one".to_owned(), "other".to_owned());
        let taken = (0..5).filter(|_| limits.call(&one).is_ok()).count();
        assert!((3..5).contains(&taken), "{taken}");
        let Err(Error::RateLimited { limit: Limit::Calls, retry_after }) = limits.call(&one) else {
            panic!("it is over")
        };
        assert!(retry_after > Duration::ZERO && retry_after <= Duration::from_secs(1), "{retry_after:?}");
        assert!(limits.call(&other).is_ok());
    }

    #[test]
    fn without_a_rate_everybody_is_taken() {
        let limits = limits(None, 0);
        assert!((0..10_000).all(|_| limits.call(&"one".to_owned()).is_ok()));
    }

    #[test]
    fn a_stream_that_ends_makes_room_for_another() {
        let limits = limits(None, 2);
        let first = limits.stream("one").expect("there is room");
        let second = limits.stream("one").expect("there is room");
        assert!(limits.stream("one").is_err());
        assert!(limits.stream("other").is_ok());
        drop(first);
        assert!(limits.stream("one").is_ok());
        drop(second);
        assert!(limits.streams.lock().is_empty());
    }

    #[test]
    fn watches_of_health_are_counted_together_and_take_no_callers_place() {
        let limits = limits(None, 1);
        let mut watches: Vec<_> =
            (0..HEALTH_WATCHES_MAX).filter_map(|_| limits.health_watch().ok()).collect();
        assert_eq!(watches.len(), HEALTH_WATCHES_MAX);
        assert!(limits.health_watch().is_err());
        assert!(limits.stream("one").is_ok());
        watches.pop();
        assert!(limits.health_watch().is_ok());
    }
}
