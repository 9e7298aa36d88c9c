//! A ledger on a file: what it is read, folded, started and written with, and many things at once.

mod confirm;
mod fold;
mod mixed;
mod read;
mod start;

use std::path::PathBuf;

use clap::Args;

use crate::{Outcome, ledger};

/// Measures a ledger on a file: reads, folds, starts, writes beside bare inserts, and a mixed load.
#[derive(Debug, Args)]
pub(crate) struct File {
    /// How many relationships the ledger has.
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    relationships: u64,
    /// How many events there are of each.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u64).range(3..=30))]
    events_each: u64,
    /// How often each number is measured; the median counts.
    #[arg(long, value_name = "N", default_value_t = 5)]
    rounds: usize,
    /// How long each measurement of calls takes.
    #[arg(long, value_name = "S", default_value_t = 4.0)]
    seconds: f64,
    /// Only these parts.
    #[arg(long, value_name = "PART")]
    only: Vec<Part>,
    /// Where the loaded ledger is kept for the next run; without it, it is made anew and thrown away.
    #[arg(long, value_name = "DIR")]
    ledger: Option<PathBuf>,
}

/// What can be measured by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    Fold,
    Start,
    Read,
    Confirm,
    Mixed,
}

impl File {
    pub(crate) fn run(self) -> Outcome<()> {
        eprintln!("a ledger with {} relationships", self.relationships);
        let size = ledger::Size { relationships: self.relationships, events_each: self.events_each };
        let copy = ledger::ready(self.ledger.as_deref(), size)?;
        let folder = copy.path();
        let wanted = |part| self.only.is_empty() || self.only.contains(&part);
        let mut promises = Vec::new();
        if wanted(Part::Fold) {
            promises.extend(fold::measure(folder, self.rounds)?);
        }
        if wanted(Part::Start) {
            promises.extend(start::measure(folder, self.rounds)?);
        }
        if wanted(Part::Read) {
            promises.extend(read::measure(folder, self.rounds)?);
        }
        if wanted(Part::Confirm) {
            promises.extend(confirm::measure(folder, &self)?);
        }
        if wanted(Part::Mixed) {
            promises.push(mixed::measure(folder, &self)?);
        }
        println!("| what | measured | rounds | target | | in absolute numbers |\n|---|---|---|---|---|---|");
        for promise in promises {
            print!("{}", promise.line());
        }
        Ok(())
    }
}
