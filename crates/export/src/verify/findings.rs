//! What is wrong with a bag.

use std::fmt;

/// How many findings are kept; the others are counted.
const KEPT_MAX: usize = 100;

/// Something that is not as it has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file, relative to the bag.
    pub file: String,
    /// The position in the log that it is about, where it is about one.
    pub position: Option<u64>,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: ", self.file)?;
        if let Some(position) = self.position {
            write!(formatter, "position {position}: ")?;
        }
        formatter.write_str(&self.what)
    }
}

/// All findings, the first ones in whole.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) kept: Vec<Finding>,
    pub(super) more: u64,
}

impl Findings {
    pub(super) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    pub(super) fn count(&self) -> u64 {
        self.kept.len() as u64 + self.more
    }

    pub(super) fn file(&mut self, file: impl Into<String>, what: impl Into<String>) {
        self.add(Finding { file: file.into(), position: None, what: what.into() });
    }

    pub(super) fn at(&mut self, file: impl Into<String>, position: u64, what: impl Into<String>) {
        self.add(Finding { file: file.into(), position: Some(position), what: what.into() });
    }

    fn add(&mut self, finding: Finding) {
        if self.kept.len() < KEPT_MAX {
            self.kept.push(finding);
        } else {
            self.more += 1;
        }
    }
}
