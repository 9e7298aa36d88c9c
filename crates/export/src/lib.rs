//! Exports for inquiries: bags that a stranger can verify, and their verification, offline.
//!
//! A bag (BagIt, RFC 8493) holds the events that an inquiry selects exactly as stored, the same in forms that people and
//! their tools read, and the proofs that lead from each entry to a signed checkpoint. [`Bag`] writes one from a stream of
//! entries in log order, to a [`Sink`]; the same inputs give the same bytes, so that an export that broke off is made
//! again and only what is missing is sent. [`verify`] reads a folder, proves what can be proven, and makes every derived
//! file again from the entries to compare it byte for byte.
//!
//! Nothing here knows a database, a network or a clock; one thread beside the caller's hashes what is written. `docs/evidence/export.md` describes the bag for an auditor.

mod account;
mod bag;
mod cloud_event;
mod cover;
mod disclosure;
mod entry;
mod entry_files;
mod inquiry;
mod instant;
mod json;
mod keys;
mod parties;
mod payload;
mod proof_line;
mod range;
mod segment;
mod sink;
mod stream;
mod table;
mod verify;

pub use account::account;
pub use bag::{Bag, Finished};
pub use disclosure::{Disclosure, ItemKind, Opened, sealed_items};

pub use inquiry::{Inquiry, SEGMENT_EVENTS};
pub use parties::{Parties, parties};
pub use payload::{ExportedEvent, Proven, WriteError};
pub use range::{RangeRoot, tiles_of_range};
pub use segment::SegmentEnd;
pub use sink::{Folder, Sink, segment_of};
pub use verify::{Finding, Progress, Report, Statement, VerifyError, verify};

/// The edition of the bag's layout: what stands in which file, and how.
pub const LAYOUT: u32 = 1;
/// Who writes the bag. The words of prose files are this release's own.
pub const AGENT: &str = concat!("assent ", env!("CARGO_PKG_VERSION"));
