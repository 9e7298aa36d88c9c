//! The gRPC service: handlers of a few lines over the append task, the index and the log.
//!
//! A write goes through `append` only; a decision reads the index only; a list pages through the read models and
//! shows what the log holds. [`error`] is the one place that speaks gRPC status.

mod app;
mod append;
mod clock;
pub mod error;
mod evidence;
mod export;
mod gate;
mod handlers;
mod identity;
mod permission;
mod read;
mod replay;
mod replica;
mod serve;
mod telemetry;
mod tombstones;
mod vault;

pub use append::request_keys;
#[doc(hidden)]
pub use evidence::Proofs;
pub use identity::NoIdentity;
pub use permission::CallLimits;
pub use serve::{Config, ConnectionLimits, StartError, WitnessConfig, serve, serve_with};
pub use tombstones::{TombstonesError, erased_keys};
