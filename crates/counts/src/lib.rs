//! A ledger in memory, of any size and the same in every run: what is measured without a database and without a network.

pub mod people;
pub mod story;
