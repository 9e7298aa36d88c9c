//! The domain's facts and decisions as the API's messages.

pub mod acceptance;
pub mod catalog;
pub mod decision;
pub mod directory;

use assent_domain::values::Sha256;
use bytes::Bytes;

pub use acceptance::{AcceptanceView, Opened, acceptance, obligation, submitted_evidence};
pub use catalog::{agreement, template};
pub use decision::{reason, remediation, response};
pub use directory::{customer, partner};

pub use crate::stored::timestamp_of as timestamp;

/// An id that may be none, as text.
fn text(id: Option<&impl ToString>) -> Option<String> {
    id.map(ToString::to_string)
}

fn hash(sha256: &Sha256) -> Bytes {
    Bytes::copy_from_slice(sha256)
}
