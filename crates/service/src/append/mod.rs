//! The append task: the one place that writes. What arrives during one commit goes into the next.
//!
//! A command travels: [`queue`] -> [`request`] (carried out before? then its outcome is replayed) -> [`resolve`]
//! (ids and sealed boxes that it names) -> [`plan`] (decided on exactly the prefix before it, its bodies encoded, its
//! personal data sealed) -> the log's guarded commit -> the index -> the answer ([`telling`]). Everything before the commit is done
//! again when another process appended first, from the look at request ids on.

mod ahead;
mod alike;
mod bootstrap;
mod decide;
mod duplicates;
mod erasure;
mod follow;
mod outcome;
mod plan;
mod queue;
mod request;
mod resolve;
mod task;
mod telling;
#[cfg(test)]
mod tests;
mod writes;

pub(crate) use bootstrap::{BootstrapError, bootstrap};
pub(crate) use outcome::Written;
pub(crate) use queue::{Appender, Caller, Depth, Lane, Outcome};
pub use request::request_keys;
pub(crate) use resolve::{is_acceptance, named};
pub(crate) use task::{AppendTask, Ledger};
pub(crate) use telling::tell_here;

use assent_vault::Kind;

/// A contact's box (for ever: it is bound into the box).
pub(crate) const CONTACT: Kind = Kind(1);
/// An employee's name.
pub(crate) const EMPLOYEE: Kind = Kind(2);
/// A reason or note.
pub(crate) const REASON: Kind = Kind(3);
/// Where evidence is kept.
pub(crate) const URI: Kind = Kind(4);
