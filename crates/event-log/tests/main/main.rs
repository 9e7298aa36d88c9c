//! The log's contract. Every case speaks to a real database in a folder of its own.

mod appending;
mod guarding;
mod opening;
mod racing;
mod reading;
mod reopening;
mod splitting;
mod support;
