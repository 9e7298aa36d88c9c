//! What a check found, and where.

use std::fmt;

/// One break of a rule.
pub(crate) struct Finding {
    /// Relative to the repository's root.
    pub(crate) file: String,
    /// From 1.
    pub(crate) line: usize,
    /// What stands there, and what to do instead.
    pub(crate) advice: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.advice)
    }
}

/// Fails with every finding at once.
pub(crate) fn assert_none(rule: &str, findings: &[Finding]) {
    let list: String = findings.iter().map(|it| format!("  {it}\n")).collect();
    assert!(findings.is_empty(), "{rule}\n{list}");
}
