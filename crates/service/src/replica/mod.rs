//! One replica among others: how it hears of what the others append, and whether it may still answer.

mod pulse;
mod trust;

pub(crate) use pulse::{Pulse, listen};
pub(crate) use trust::{Doubt, Trust};
