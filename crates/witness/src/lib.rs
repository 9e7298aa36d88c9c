//! Witnesses of a log (C2SP `tlog-witness`): who cosigns only what extends what it cosigned before, so that a log that
//! needs its cosignature has one history.
//!
//! * [`WitnessClient`] asks a witness. Its [`Answer::Conflict`] is a compare-and-swap: of two signers that extend the
//!   same checkpoint, one is refused.
//! * [`Witness`] is one: a small one, for tests and for installations that have no other. It keeps size and root of
//!   each log in a file, and answers when that is on the disk.
//! * [`serve`] puts it on the network.

mod client;
mod http;
mod places;
mod request;
mod server;
mod state;
mod taking;
mod witness;

pub use client::{Answer, ClientError, WitnessClient};
pub use http::{serve_connections, serve_http};
pub use request::{AddCheckpoint, MAX_REQUEST_BYTES, RequestError};
pub use server::serve;
pub use state::{Latest, StateError};
pub use taking::{Enough, Taking};
pub use witness::{Cosigned, Refusal, Witness};

/// The path of the one call, below the URL of the witness.
const ADD_CHECKPOINT: &str = "/add-checkpoint";
/// The content type of a conflict's answer.
const SIZE_TYPE: &str = "text/x.tlog.size";
