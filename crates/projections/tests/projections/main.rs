//! The fold and its two sinks, on a real log.

mod ledger;
mod rebuilding;
mod starting;
mod verifying;
