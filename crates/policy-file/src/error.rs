//! What is wrong with a document, and where.

use std::fmt;

/// The longest part of a document that a message repeats, in characters.
const SHOWN_CHARS_MAX: usize = 64;

/// Why a document is not a valid policy: its first mistake, and where that stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, {field}: {message}")]
pub struct PolicyError {
    /// The line in the document, the first is 1.
    pub line: usize,
    /// The field, for example `lines[3].any_of[0].agreement_id`; `document` where it is the whole.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

/// The way to a field from the document's root.
#[derive(Clone, Debug, Default)]
pub(crate) struct Path(String);

impl Path {
    /// The field of this name in the mapping that the path leads to.
    pub(crate) fn key(&self, key: &str) -> Self {
        let Self(path) = self;
        if path.is_empty() { Self(shown(key)) } else { Self(format!("{path}.{}", shown(key))) }
    }

    /// The entry at this place in the list that the path leads to; the first is 0.
    pub(crate) fn index(&self, index: usize) -> Self {
        Self(format!("{self}[{index}]"))
    }

    /// A mistake at the path.
    pub(crate) fn error(&self, line: usize, message: impl fmt::Display) -> PolicyError {
        PolicyError { line: line.max(1), field: self.to_string(), message: message.to_string() }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "document" } else { &self.0 })
    }
}

/// A text of the document as a message may repeat it: not long, and without control characters.
pub(crate) fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN_CHARS_MAX).flat_map(char::escape_debug).collect();
    if text.chars().nth(SHOWN_CHARS_MAX).is_some() {
        shown.push('…');
    }
    shown
}
