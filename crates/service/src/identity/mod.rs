//! Who calls: credentials are looked at before anything else of a call is, and what they say goes along with it.

mod door;
mod keep;
mod layer;
mod refusals;

pub(crate) use door::Door;
pub use keep::NoIdentity;
pub(crate) use keep::{Identity, hangups, keep};
pub(crate) use layer::{HEALTH, IdentityLayer};
pub(crate) use refusals::Refused;
