//! What holds for every log.

mod answers;
mod folds;
mod remedies;
mod steps;
