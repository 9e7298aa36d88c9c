//! The policy document: YAML that a compliance officer writes, read into what the domain decides with.
//!
//! * [`parse`] reads a document, or names the one line and field where it is wrong. Nothing is guessed and nothing
//!   is passed over: a document that is read is valid in itself. Whether the agreements that it names are in a
//!   ledger's catalogue is the domain's question.
//! * [`built_in`] is the pack that ships, compiled into the binary.
//! * [`page`] prints the rules and the pack as `docs/POLICY.md`.
//!
//! A published policy stays in the log as the bytes that were published, and is read from them ever after. So what
//! [`parse`] once took it must go on taking: a stricter check needs a new edition of the rules.

mod agreements;
mod built_in;
mod document;
mod error;
mod field;
mod page;
mod templates;
mod timeline;
mod yaml;

use assent_domain::policy::PolicyDocument;

pub use built_in::{BuiltIn, built_in};
pub use error::PolicyError;
pub use page::page;

/// The largest document, in bytes.
pub const DOCUMENT_BYTES_MAX: usize = 256 * 1024;
/// The most requirements in a document.
pub const LINES_MAX: usize = 1_000;

/// Reads a policy document, or says where its first mistake is.
///
/// What is no YAML is found first, then what is wrong in a field, then what only shows in the whole: agreements that
/// nobody declares, lines that overlap, gaps.
pub fn parse(bytes: &[u8]) -> Result<PolicyDocument, PolicyError> {
    document::read(&yaml::load(bytes)?)
}
