//! The fold and its two sinks, on a real log in both databases.
#![expect(clippy::unwrap_used, reason = "a test that fails panics")]
// A case that the contract does not list.
#![deny(dead_code)]

mod auditing;
mod contract;
mod files;
mod images;
mod ledger;
mod migrations;
mod newer;
mod place;
mod postgres_maintaining;
mod postgres_migrating;
mod rebuilding;
mod replica;
mod starting;
mod verifying;
