//! How fast the log is read by whoever replays it.

use std::num::NonZeroU32;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::sync::{Mutex, Semaphore, SemaphorePermit};
use tokio::time::sleep;

/// How many events are checked, and sent in one message. A worker does that at one go, and an order that has come meanwhile
/// waits for it.
pub(super) const EVENTS_AT_ONCE: usize = 64;
/// How many events a page has at most where no rate is set: reading more at a time is hardly faster.
const PAGE_EVENTS_MAX: usize = 1_024;
/// Where a rate is set, a page has no more than is given in so much of a second, but a message's worth: reading it keeps a core
/// busy for some microseconds an event, and who sets a rate does it so that no order waits for a replay.
const PAGES_A_SECOND: usize = 300;
/// What is given in so much of a second is made up for: timers wake some milliseconds late.
const MADE_UP_FOR: u32 = 250;
/// How many pages are read from the log at once: half of the connections for reading, so that whoever asks for something else has
/// one, however many replays begin and go away.
const PAGES_AT_ONCE: usize = 4;

/// What all replays of a server are given together.
#[derive(Debug)]
pub(crate) struct Replays {
    /// None: as much as they take. Who waits has its turn in the order in which they came: else whoever wants a few events at
    /// a time would take all that there is from those that want many.
    rate: Option<Mutex<DefaultDirectRateLimiter>>,
    clock: DefaultClock,
    reading: Semaphore,
    /// How many events are read from the log at once, at most.
    pub(super) page_events_max: usize,
}

impl Replays {
    /// So many events a second; none: as many as they take.
    pub(crate) fn new(events_per_second: Option<NonZeroU32>) -> Self {
        let messages = |rate: NonZeroU32| rate.get() as usize / PAGES_A_SECOND / EVENTS_AT_ONCE;
        Self {
            rate: events_per_second.map(|it| Mutex::new(RateLimiter::direct(quota(it)))),
            clock: DefaultClock::default(),
            reading: Semaphore::new(PAGES_AT_ONCE),
            page_events_max: events_per_second
                .map_or(PAGE_EVENTS_MAX, |it| messages(it) * EVENTS_AT_ONCE)
                .clamp(EVENTS_AT_ONCE, PAGE_EVENTS_MAX),
        }
    }

    /// Waits until a message of so many events may be given, at most [`EVENTS_AT_ONCE`].
    pub(super) async fn pace(&self, events: usize) {
        let events = NonZeroU32::new(events.min(EVENTS_AT_ONCE) as u32);
        let (Some(rate), Some(events)) = (&self.rate, events) else { return };
        let rate = rate.lock().await;
        while let Ok(Err(until)) = rate.check_n(events) {
            sleep(until.wait_time_from(self.clock.now())).await;
        }
    }

    /// Waits for the turn to read a page.
    pub(super) async fn turn(&self) -> SemaphorePermit<'_> {
        self.reading.acquire().await.expect("nobody closes it")
    }
}

/// A message at once, and what is made up for.
fn quota(rate: NonZeroU32) -> Quota {
    let message = NonZeroU32::new(EVENTS_AT_ONCE as u32).expect("it is not zero");
    Quota::per_second(rate).allow_burst(message.saturating_add(rate.get() / MADE_UP_FOR))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use governor::clock::FakeRelativeClock;

    use super::*;

    #[tokio::test]
    async fn replays_together_are_given_so_many_events_a_second_and_no_more() {
        let replays = Replays::new(NonZeroU32::new(1_000));
        let began = Instant::now();
        let replay = || async {
            for _ in 0..2 {
                replays.pace(EVENTS_AT_ONCE).await;
            }
        };
        tokio::join!(replay(), replay());
        // The first message is there at once, and what is made up for; the three others take their time, however slow this
        // machine is.
        assert!(began.elapsed() >= Duration::from_millis(3 * 64 - 4), "{:?}", began.elapsed());
    }

    #[tokio::test]
    async fn whoever_wants_few_events_at_a_time_leaves_others_their_turn() {
        let replays = Replays::new(NonZeroU32::new(10_000));
        let few = || async {
            loop {
                replays.pace(1).await;
            }
        };
        let many = async {
            for _ in 0..10 {
                replays.pace(EVENTS_AT_ONCE).await;
            }
        };
        tokio::select! {
            () = async { tokio::join!(few(), few(), few()); } => {}
            it = tokio::time::timeout(Duration::from_secs(60), many) => it.expect("it has its turn"),
        }
    }

    #[test]
    fn a_replay_that_timers_wake_late_is_given_its_rate_all_the_same() {
        let clock = FakeRelativeClock::default();
        let rate = NonZeroU32::new(20_000).unwrap();
        let limiter = RateLimiter::direct_with_clock(quota(rate), clock.clone());
        let message = NonZeroU32::new(EVENTS_AT_ONCE as u32).unwrap();
        let mut given = 0;
        // Of 3.2 milliseconds to wait, timers of whole ones make 4.
        for _ in 0..1_000 {
            clock.advance(Duration::from_millis(1));
            given += if limiter.check_n(message).unwrap().is_ok() { message.get() } else { 0 };
        }
        assert!((20_000 - 64..=20_000 + 64 + 80).contains(&given), "{given}");
    }

    #[test]
    fn the_most_that_a_page_has_is_a_message_or_as_many_as_a_rate_gives_in_some_milliseconds() {
        let of = |rate| Replays::new(NonZeroU32::new(rate)).page_events_max;
        assert_eq!([of(1), of(20_000), of(90_000), of(1_000_000), of(0)], [64, 64, 256, 1_024, 1_024]);
    }

    #[tokio::test]
    async fn replays_without_a_rate_wait_for_nothing() {
        let replays = Replays::new(None);
        let pacing = async {
            for _ in 0..100 {
                replays.pace(1_000_000).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), pacing).await.expect("nothing has to be waited for");
    }
}
