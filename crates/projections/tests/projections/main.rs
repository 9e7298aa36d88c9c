//! The fold and its two sinks, on a real log.
#![expect(clippy::unwrap_used, reason = "a test that fails panics")]

mod ledger;
mod newer;
mod rebuilding;
mod starting;
mod verifying;
