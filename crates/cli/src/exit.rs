//! What the process's exit code says.

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done, or ALLOWED.
    Done = 0,
    /// DENIED, or something was found.
    Found = 1,
    /// The command was written wrongly. Bad flags end this way inside clap already.
    Usage = 2,
    /// There is no answer.
    Unanswered = 3,
}

impl Exit {
    /// `Found` where `found` holds.
    pub(crate) const fn found(found: bool) -> Self {
        if found { Self::Found } else { Self::Done }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
