//! What the business knows: who may record an acceptance, and what an order needs.
//!
//! Everything here is a plain function over plain data. There is no async, no serialisation, no database, no
//! clock, no randomness and no logging: time and identity arrive in the arguments, so that the same log prefix
//! and the same question give the same answer on every replica, for ever (rule O10).
//!
//! * [`values`]: identifiers, instants, contacts: parsed at construction, then the type is the proof.
//! * [`event`]: what can stand in the log. [`evolve()`] folds one event into the facts; it is total.
//! * [`facts`]: what a log prefix says, as the two traits that every fold and every decision is written against.
//! * [`command`] and [`decide()`]: what callers ask to be written, and what becomes of it.
//! * [`authorize()`]: the pure heart: what a log prefix says about one order.
//! * [`policy`]: the requirements in force, and the table of every rule.
//! * [`privacy`]: what is recorded of erasures, look-ups and inquiries.

pub mod acceptance;
pub mod authorize;
pub mod catalog;
pub mod command;
pub mod decide;
pub mod directory;
pub mod event;
pub mod evolve;
pub mod facts;
pub mod history;
pub mod overlay;
pub mod policy;
pub mod privacy;
pub mod refusal;
pub mod scenario;
pub mod stream;
pub mod values;

pub use authorize::authorize;
pub use decide::decide;
pub use event::{Event, Recorded};
pub use evolve::evolve;
pub use facts::{Facts, FactsMut};
pub use overlay::{Changes, Overlay};
pub use refusal::{Refusal, Refusals};
pub use stream::stamp_of;
