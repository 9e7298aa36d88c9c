//! The same promises on PostgreSQL: a throw-away server from the programs installed here, durable as Assent wants it.

pub(crate) mod bulk;
mod confirm;
mod database;
mod growth;
mod limits;
mod start;

use std::path::Path;

use clap::Args;

pub(crate) use self::bulk::{Bulk, Read};
use self::database::Database;
use crate::Outcome;
use crate::ledger::Size;
use crate::ledger::build::build;
use crate::measure::Run;
use crate::report::{Pairs, Promise};
use crate::server::Running;

/// Connections of many callers.
const CONNECTIONS: usize = 4;

/// Measures what is promised on PostgreSQL.
#[derive(Debug, Args)]
pub(crate) struct Postgres {
    /// How many relationships the ledger has.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    relationships: u64,
    /// How many events there are of each.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u64).range(3..=30))]
    events_each: u64,
    /// How many relationships larger ledgers have, for rates that must not fall as one grows.
    #[arg(long, value_name = "N", value_delimiter = ',')]
    grown: Vec<u64>,
    /// How often each number is measured; the median counts.
    #[arg(long, value_name = "N", default_value_t = 3)]
    rounds: usize,
    /// How long each measurement of calls takes.
    #[arg(long, value_name = "S", default_value_t = 4.0)]
    seconds: f64,
    /// How many rows are imported in a round.
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    rows: u64,
    /// Only these parts.
    #[arg(long, value_name = "PART")]
    only: Vec<Part>,
}

/// What can be measured by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    Confirm,
    Snapshot,
    Import,
    Read,
    Start,
}

impl Postgres {
    pub(crate) fn run(self) -> Outcome<()> {
        eprintln!("a PostgreSQL server, and a ledger with {} relationships on it", self.relationships);
        let database = Database::start()?;
        let folder = database.ledger("small")?;
        let size = Size { relationships: self.relationships, events_each: self.events_each };
        build(folder.path(), size)?;
        let wanted = |part| self.only.is_empty() || self.only.contains(&part);
        let mut promises = Vec::new();
        if wanted(Part::Confirm) {
            promises.extend(self.confirmations(&database, folder.path())?);
            promises.push(self.one_caller(&database, folder.path())?);
        }
        if wanted(Part::Snapshot) {
            promises.push(self.under_a_snapshot(&database, folder.path())?);
            promises.push(self.beside_dumps(folder.path())?);
        }
        if wanted(Part::Import) {
            promises.push(self.imports(&database, folder.path())?);
        }
        if wanted(Part::Read) {
            promises.extend(self.reads(&database, folder.path())?);
        }
        if wanted(Part::Start) {
            promises.extend(start::measure(folder.path(), self.rounds)?);
        }
        for &relationships in &self.grown {
            promises.extend(growth::measure(&database, folder.path(), &self, relationships)?);
        }
        println!("| what | measured | rounds | target | | in absolute numbers |\n|---|---|---|---|---|---|");
        for promise in promises {
            print!("{}", promise.line());
        }
        Ok(())
    }

    fn calls(&self, relationships: u64) -> Run {
        Run { relationships, seconds: self.seconds, rounds: 1 }
    }

    fn serve(&self, folder: &Path) -> Outcome<Running> {
        Running::start(folder, std::thread::available_parallelism()?.into(), None)
    }

    fn imports(&self, database: &Database, folder: &Path) -> Outcome<Promise> {
        eprintln!("imports, and bare inserts of the same rows");
        let server = self.serve(folder)?;
        let mut pairs = Pairs::default();
        for round in 0..self.rounds {
            let before = database.size(folder)?;
            let spent = [server.cpu_seconds()?, database.cpu_seconds()?];
            let imported = bulk::import(&server, self.relationships, self.rows, round as u64)?;
            // Its read models are written a little later than its answers; what they cost belongs to it.
            database.until_read_models_are_written(folder)?;
            let a_row = |now: f64, before: f64| 1e6 * (now - before) / self.rows as f64;
            let [ours, theirs] =
                [a_row(server.cpu_seconds()?, spent[0]), a_row(database.cpu_seconds()?, spent[1])];
            eprintln!(
                "  a row takes {ours:.0} µs of the server's processor time and {theirs:.0} of PostgreSQL's"
            );
            let inserted = limits::bare_inserts(folder, before, self.rows)?;
            pairs.add(imported, inserted);
        }
        server.stop()?;
        let what = "ImportAcceptances, of the rows/s of bare inserts of the same rows, 256 a transaction";
        let absolute = pairs.absolute("rows");
        Ok(Promise::at_least(what, 70.0, "%", &pairs.ratios(100.0)).with(absolute))
    }

    fn reads(&self, database: &Database, folder: &Path) -> Outcome<Vec<Promise>> {
        eprintln!("the whole log, read and copied");
        let server = self.serve(folder)?;
        let events = database.size(folder)?;
        let (mut whole, mut entries) = (Pairs::default(), Pairs::default());
        for _ in 0..self.rounds {
            let copied = limits::copy(folder, events)?;
            whole.add(bulk::read(&server, events, Read::Whole)?, copied);
            entries.add(bulk::read(&server, events, Read::EntryOnly)?, copied);
        }
        server.stop()?;
        let what = "ReadEvents from the first position, of the events/s of COPY TO STDOUT (FORMAT binary)";
        let whole = Promise::at_least(what, 40.0, "%", &whole.ratios(100.0)).with(whole.absolute("events"));
        let what = "the same with entry_only";
        let entries =
            Promise::at_least(what, 50.0, "%", &entries.ratios(100.0)).with(entries.absolute("events"));
        Ok(vec![whole, entries])
    }
}
