//! The vault's contract, on both databases.
#![expect(clippy::unwrap_used, reason = "a test that fails panics")]
// A case that the contract does not list.
#![deny(dead_code)]

mod contract;
mod opening;
mod rotating;
mod sealing;
mod support;
