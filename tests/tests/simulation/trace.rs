//! What a seed did, to be read where it fails.

use super::operation::Operation;

/// The operations of a seed with what they came to, in order.
#[derive(Debug)]
pub(crate) struct Trace {
    seed: u64,
    lines: Vec<String>,
}

impl Trace {
    pub(crate) const fn of(seed: u64) -> Self {
        Self { seed, lines: Vec::new() }
    }

    pub(crate) fn begin(&mut self, replica: usize, operation: &Operation) {
        self.lines.push(format!("{:3}. r{replica} {operation:?}", self.lines.len() + 1));
    }

    pub(crate) fn end(&mut self, outcome: &str) {
        if let Some(line) = self.lines.last_mut() {
            line.push_str(" => ");
            line.push_str(outcome);
        }
    }

    /// What is printed of a seed that failed.
    pub(crate) fn failed(&self, why: &str) -> String {
        let Self { seed, lines } = self;
        format!("{}\n{why}\n---- repeat it with ASSENT_SEED={seed}", lines.join("\n"))
    }

    pub(crate) fn lines(&self) -> &[String] {
        &self.lines
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.failed("panicked"));
        }
    }
}
