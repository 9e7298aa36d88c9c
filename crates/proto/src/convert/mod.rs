//! The API's messages to the domain's values and back. Parse, don't validate: behind this module whoever holds a
//! value holds a valid one, and no wire type goes further.
//!
//! * [`intent`]: requests that write. The result is an [`Intent`], which the append task carries out.
//! * [`asked`]: requests that read.
//! * [`answer`]: the domain's facts and decisions as messages.
//! * [`Violations`]: what is wrong with a request. Every bad field is named at once (rule C1), and no description
//!   repeats what was given.

pub mod answer;
pub mod asked;
pub mod intent;

mod claim;
mod enums;
mod fields;
mod ids;
pub(crate) mod scalar;
mod violations;

pub use answer::timestamp;
pub use asked::Asked;
pub use enums::{EvidenceState, WireEnum};
pub use ids::{EventId, Ids, InvalidUuid, RequestId};
pub use intent::{Intent, Overrides, What};
pub use scalar::ORDER_REF_BYTES_MAX;
pub use violations::{Invalid, Violation, Violations};
