//! What concerns personal data and who was shown it: erasures, look-ups of a person, exports for inquiries (rule C14).
//!
//! None of it changes a decision: these events only stand in the log, so that it tells what was done.

use crate::event::EventRef;
use crate::values::{AgreementId, CustomerId, Instant, PartnerId, Position, Sha256};

/// Names the vault row of a sealed box.
pub type KeyId = [u8; 16];

/// How many vault rows one event names at most, so that it fits into an entry together with its reason.
pub const KEYS_PER_ERASURE_MAX: usize = 2_048;

/// The one contact that was erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErasedContact {
    /// The partner of its acceptance.
    pub partner: PartnerId,
    /// The acceptance that was named; the whole chain of its corrections is erased with it.
    pub acceptance: EventRef,
}

/// What an inquiry is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InquiryScope {
    /// The whole log.
    Everything,
    /// What names this customer.
    Customer(CustomerId),
    /// What names this partner, as partner or as reseller.
    Partner(PartnerId),
    /// What names this agreement.
    Agreement(AgreementId),
    /// What was recorded in this time; at least one end is given.
    Period {
        /// Inclusive; none: from the beginning.
        from: Option<Instant>,
        /// Exclusive; none: up to the inquiry itself.
        until: Option<Instant>,
    },
}

/// What came of an inquiry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InquiryExport {
    /// The hash of the export's manifest.
    pub manifest_sha256: Sha256,
    /// How many events it holds.
    pub events: u64,
    /// How many bytes its payload has.
    pub payload_bytes: u64,
    /// The size of the log that its checkpoint signs.
    pub checkpoint_size: Position,
}
