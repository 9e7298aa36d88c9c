//! The vault's contract, against a real database.

mod opening;
mod sealing;
mod support;
