//! The index holds what the domain says, in its own form.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod allocations;
mod arbitrary;
mod facts;
mod folds;
/// The random logs of the domain's own tests.
#[path = "../../../domain/tests/rules/properties/steps.rs"]
mod steps;
mod words;
