//! The API and the stored events as generated code, and the conversions between them and the domain.
//!
//! Wire types stop at [`convert`], stored types at [`stored`]; behind both there are only the domain's. Plain orders
//! have a way without wire types, [`direct`]. [`client`] is the way to a server.

mod recorded_event;

pub mod client;
pub mod convert;
pub mod direct;
pub mod stored;

pub use recorded_event::RecordedEvent;

/// The API, package `assent.v1`.
#[expect(clippy::allow_attributes, clippy::large_enum_variant, reason = "generated code")]
pub mod v1 {
    include!("gen/assent.v1.rs");
}

/// The stored events, package `assent.event.v1`.
#[expect(clippy::module_inception, reason = "generated code")]
pub mod event {
    include!("gen/assent.event.v1.rs");
}

/// The encoded descriptors of every proto file, for server reflection and for JSON.
pub const DESCRIPTORS: &[u8] = include_bytes!("gen/descriptors.binpb");
