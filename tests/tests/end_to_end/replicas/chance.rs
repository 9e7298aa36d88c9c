//! Chance that can be repeated.

/// A small generator of numbers (xorshift64*): nothing here needs a better one.
#[derive(Debug)]
pub(crate) struct Chance {
    seed: u64,
    state: u64,
}

impl Chance {
    /// From `ASSENT_SEED`, or from the clock of this process.
    pub(crate) fn new() -> Self {
        let given = variable("ASSENT_SEED");
        let seed = given.unwrap_or_else(|| uuid::Uuid::new_v4().as_u64_pair().0).max(1);
        Self { seed, state: seed }
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        self.state.wrapping_mul(0x2545_f491_4f6c_dd1d) % end
    }
}

impl Drop for Chance {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("---- repeat it with ASSENT_SEED={}", self.seed);
        }
    }
}

/// How often something is done: `ASSENT_CYCLES`, or so often.
pub(crate) fn cycles(few: u64) -> u64 {
    variable("ASSENT_CYCLES").unwrap_or(few)
}

/// A test has no configuration but this.
#[expect(clippy::disallowed_methods, reason = "a seed and a number of cycles for this run alone")]
fn variable(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is a number, not `{text}`")))
}
