//! The policy pack that ships.

use assent_domain::policy::PolicyDocument;

/// The pack's bytes: what is stored and hashed when it is published.
const BYTES: &[u8] = include_bytes!("../../../policies/microsoft-csp.yaml");

/// The pack that ships, from any working folder.
#[derive(Clone, Debug)]
pub struct BuiltIn {
    /// The document as it was written, comments included.
    pub bytes: &'static [u8],
    /// What it says.
    pub document: PolicyDocument,
}

/// The pack that ships.
pub fn built_in() -> BuiltIn {
    let document = crate::parse(BYTES).expect("the pack is compiled in, and a test reads it");
    BuiltIn { bytes: BYTES, document }
}
