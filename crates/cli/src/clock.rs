//! The clock of the commands that are servers of their own. The ledger has its own: a command never tells it the time.

use std::time::{Duration, SystemTime};

/// The seconds since 1970.
#[expect(clippy::disallowed_methods, reason = "this is the clock that a witness is given")]
pub(crate) fn now_seconds() -> u64 {
    // A clock that was never set is as good as any other: a witness's time is its own statement.
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs()
}
