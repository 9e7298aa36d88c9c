//! The one place that reads the wall clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use assent_domain::values::Instant;

/// Tells the time.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's.
    System,
    /// One that tests set, in microseconds since the epoch.
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// Now.
    #[expect(clippy::disallowed_methods, reason = "this is the clock that all others are given")]
    pub fn now(&self) -> Instant {
        let micros = match self {
            Self::System => chrono::Utc::now().timestamp_micros(),
            Self::Fixed(micros) => micros.load(Ordering::Relaxed),
        };
        Instant::from_micros(micros).unwrap_or(Instant::EPOCH)
    }
}
