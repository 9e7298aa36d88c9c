//! The API's messages to the domain's values and back.

#![expect(clippy::unwrap_used, reason = "a test's helper fails its test by panicking")]

mod answers;
mod arbitrary;
mod bad_fields;
mod canonical;
mod direct;
mod enums;
mod ids;
mod imports;
mod intents;
mod orders;
mod pages;
mod reads;
mod requests;
mod stored;
