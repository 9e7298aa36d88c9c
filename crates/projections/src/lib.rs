//! Current status per customer and partner, made from the log.
//!
//! One fold ([`assent_domain::evolve()`]), two sinks: the in-memory [`Index`] that decisions read, and the SQL read
//! models ([`Views`]) that lists page through and a start reads as its snapshot. Both can be thrown away: the log
//! makes them anew.

pub mod admin;
mod background;
mod decode;
mod folding;
mod image;
mod maintain;
mod prefix;
mod repeat;
mod shared;
mod start;
mod state;
mod verify;
mod views;
mod whole;

pub use assent_index::{Index, Memory};
pub use decode::{DecodeError, Decoded, LeafHash, box_id, decode, decode_each};
pub use image::{Image, Proven};
pub use maintain::Maintainer;
pub use repeat::{RepeatError, Repeated, repeat_decision};
pub use shared::{Applied, SharedIndex};
pub use start::{Began, StartError, Started, reload, start, start_with};
pub use verify::{Difference, verify};
pub use views::{
    Alike, EDITION, EventQuery, ListQuery, Listed, NAME, RequestKeys, Unlike, Views, ViewsError, audit,
};
pub use whole::{Whole, WholeError, verify_whole};
