//! The log's contract, on real databases: SQLite files in folders of their own, and databases of a throw-away
//! PostgreSQL server. What only one of them has stands in files of its own.
#![expect(clippy::unwrap_used, reason = "a test that fails panics")]
// A case that the contract does not list.
#![deny(dead_code)]

mod appending;
mod checkpoints;
mod contract;
mod erasing;
mod guarding;
mod migrations;
mod opening;
mod pgbouncer;
mod postgres_divergence;
mod postgres_faults;
mod postgres_growing;
mod postgres_opening;
mod postgres_pooler;
mod postgres_pulse;
mod postgres_racing;
mod postgres_roles;
mod racing;
mod reading;
mod reopening;
mod splitting;
mod support;
mod verifying;
