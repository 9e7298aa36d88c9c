//! Replicas on one PostgreSQL database, and what befalls them: every acknowledged event is there once and as it was,
//! every replica shows the same log, and none answers from what it cannot know any more.
//!
//! What breaks things at random takes its seed from `ASSENT_SEED`, prints it where it fails, and goes on for
//! `ASSENT_CYCLES` cycles instead of its few: the long form of the same test.

mod chance;
mod cut_off;
mod database;
mod durability;
pub(crate) mod fleet;
#[cfg(feature = "ha")]
mod high_availability;
mod history;
mod kill;
mod races;
mod visibility;
pub(crate) mod work;
