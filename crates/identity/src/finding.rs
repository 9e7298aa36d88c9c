//! What is wrong with a credential.

use std::fmt;

/// What is wrong with a credential, as the rest of a sentence that begins with "it". It never shows any of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding(pub &'static str);

impl Finding {
    /// The keys of a token's issuer were never read.
    pub const KEYS_UNREAD: Self = Self("can't be verified now: its issuer's keys could not be read");
    /// The keys of a token's issuer are too old to be believed.
    pub const KEYS_TOO_OLD: Self =
        Self("can't be verified now: its issuer's keys could not be read for too long");

    /// Whether it says nothing of the credential: it was not verified, and may hold as soon as its issuer's keys are read.
    pub fn is_for_now(self) -> bool {
        matches!(self, Self::KEYS_UNREAD | Self::KEYS_TOO_OLD)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Finding {}
