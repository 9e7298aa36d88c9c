//! Stored events to the domain's and back.
//!
//! [`read`] gives what decisions need of an event. What is stored beside that (sealed boxes, references of the
//! caller) is read from the stored message itself. [`body`] makes the stored message of an event: it is encoded
//! once, and those bytes are what is stored, hashed and sent.

mod body;
mod boxes;
mod enums;
mod fields;
mod kind;
mod read;
mod sentence;

pub use body::{Particulars, body, template_list};
pub use boxes::{boxes, details_of, erased_by};
pub use enums::StoredEnum;
pub use fields::{StoredError, instant_of, recorded_at_of, timestamp_of};
pub use kind::{TYPES, type_of};
pub use read::{Documents, document_of, read};
pub use sentence::sentence;

/// The edition of the stored format that this binary reads and writes.
pub const FORMAT: u32 = 1;
/// The media type of a stored list of templates.
pub const TEMPLATE_LIST: &str = "application/x-protobuf; messageType=assent.event.v1.TemplateList";
/// The media type of a stored policy.
pub const POLICY_DOCUMENT: &str = "application/yaml";
