//! The one place that reads the wall clock.

use assent_domain::values::Instant;

/// The machine's clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemClock;

impl SystemClock {
    /// Now.
    #[expect(clippy::disallowed_methods, reason = "this is the clock that all others are given")]
    pub(crate) fn now(self) -> Instant {
        Instant::from_micros(chrono::Utc::now().timestamp_micros()).unwrap_or(Instant::EPOCH)
    }
}
