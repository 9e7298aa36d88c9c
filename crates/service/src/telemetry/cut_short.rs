//! Callers who go away before all of their call has arrived.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a call was cut short, in its request's extensions: its caller has gone, has taken it back, for whatever reason it
/// gave, or has broken the protocol so that its stream ended. What reads the request sees a message that is missing or not
/// whole, and answers what nobody hears.
#[derive(Clone, Debug, Default)]
pub(crate) struct CutShort(Arc<AtomicBool>);

impl CutShort {
    /// It was.
    pub(crate) fn note(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_so(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
