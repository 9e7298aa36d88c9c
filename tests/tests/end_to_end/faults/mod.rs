//! What goes wrong around the ledger: a killed server, lost read models, callers that vanish or repeat themselves.

mod callers;
pub(crate) mod derived;
mod kill;
