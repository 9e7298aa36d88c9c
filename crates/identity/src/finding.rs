//! What is wrong with a credential.

use std::fmt;

/// What is wrong with a credential, as the rest of a sentence that begins with "it". It never shows any of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding(pub &'static str);

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Finding {}
