//! What evidence costs: checkpoints beside appends, proofs, verification, exports.

mod append;
mod export;
mod proofs;
mod verify;

use std::path::{Path, PathBuf};

use clap::Args;

use crate::report::{Promise, grouped, median};
use crate::{Outcome, ledger};

/// How many events the ledger has for each relationship: the customer registers, is taken on, and accepts.
const EVENTS_A_RELATIONSHIP: u64 = 3;

/// Measures what evidence costs, on SQLite.
#[derive(Debug, Args)]
pub(crate) struct Evidence {
    /// About how many events the ledger has that is verified and exported.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    events: u64,
    /// How many leaves the larger log has whose entries are proven.
    #[arg(long, value_name = "N", default_value_t = 10_000_000)]
    leaves: u64,
    /// The memory for proofs, in megabytes: the setting of the same name.
    #[arg(long, value_name = "MEGABYTES", default_value_t = 480)]
    proof_memory: usize,
    /// How many rows are imported in a round, with checkpoints and without.
    #[arg(long, value_name = "N", default_value_t = 40_000)]
    rows: u64,
    /// How often each number is measured; the median counts.
    #[arg(long, value_name = "N", default_value_t = 3)]
    rounds: usize,
    /// Only these parts.
    #[arg(long, value_name = "PART")]
    only: Vec<Part>,
    /// Where the ledgers are kept for the next run; without it, it is made anew and thrown away.
    #[arg(long, value_name = "DIR")]
    ledger: Option<PathBuf>,
}

/// What can be measured by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    Append,
    Proofs,
    Verify,
    Export,
}

impl Evidence {
    pub(crate) fn run(self) -> Outcome<()> {
        let temporary = tempfile::tempdir()?;
        let kept_in = self.ledger.as_deref().unwrap_or(temporary.path());
        let wanted = |part| self.only.is_empty() || self.only.contains(&part);
        let mut promises = Vec::new();
        if wanted(Part::Proofs) {
            promises.extend(proofs::measure(kept_in, self.leaves, self.proof_memory, self.rounds)?);
        }
        if [Part::Append, Part::Verify, Part::Export].into_iter().any(wanted) {
            let relationships = self.events / EVENTS_A_RELATIONSHIP;
            eprintln!("a ledger with {relationships} relationships");
            let copy = ledger::ready(self.ledger.as_deref(), relationships)?;
            let folder: &Path = copy.path();
            if wanted(Part::Verify) {
                promises.extend(verify::measure(folder, self.rounds)?);
            }
            if wanted(Part::Export) {
                promises.extend(export::measure(folder, self.rounds)?);
            }
            if wanted(Part::Append) {
                promises.push(append::measure(folder, relationships, self.rows, self.rounds)?);
            }
        }
        println!("| what | measured | rounds | target | | in absolute numbers |\n|---|---|---|---|---|---|");
        for promise in promises {
            print!("{}", promise.line());
        }
        Ok(())
    }
}

/// A rate in thousands a second, beside the limit that was measured in the same rounds.
fn rate(what: &'static str, target: f64, rates: &[f64], limit: &str, limits: &[f64]) -> Promise {
    let shares: Vec<_> = rates.iter().zip(limits).map(|(rate, limit)| 100.0 * rate / limit).collect();
    let absolute = format!(
        "{:.0} % of {limit}, {} and {} a second",
        median(&shares),
        grouped(median(rates)),
        grouped(median(limits)),
    );
    Promise::at_least(what, target, "thousand/s", &thousands(rates)).with(absolute)
}

fn thousands(rates: &[f64]) -> Vec<f64> {
    rates.iter().map(|it| it / 1e3).collect()
}
