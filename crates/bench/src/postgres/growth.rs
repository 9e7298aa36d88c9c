//! Rates that must not fall while the log grows.

use std::path::Path;

use super::database::Database;
use super::{CONNECTIONS, Postgres, Read, bulk, start};
use crate::Outcome;
use crate::ledger::build::build;
use crate::load::Call;
use crate::measure::Calls;
use crate::report::{Promise, grouped, median};

/// What is measured on each ledger, in a second.
const WHAT: [&str; 4] = [
    "confirmations on a larger ledger, of the rate on the small one",
    "AuthorizeOrder on a larger ledger, of the rate on the small one",
    "ImportAcceptances on a larger ledger, of the rate on the small one",
    "ReadEvents from the first position on a larger ledger, of the rate on the small one",
];

/// So far from the seeds of confirmations: an import accepts nothing that was confirmed.
const IMPORTED: u64 = 300;

fn rates(
    of: &Postgres,
    database: &Database,
    (folder, relationships): (&Path, u64),
    seed: u64,
) -> Outcome<[f64; WHAT.len()]> {
    let server = of.serve(folder)?;
    let confirmed = of.confirm(&server, relationships, seed)?;
    let calls = Calls { call: Call::Authorize, connections: CONNECTIONS, in_flight: 32, rate: None };
    let decided = of.calls(relationships).trial(&server, None, calls, seed)?.rate;
    let imported = bulk::import(&server, relationships, of.rows, seed + IMPORTED)?;
    let read = bulk::read(&server, database.size(folder)?, Read::Whole)?;
    server.stop()?;
    eprintln!("  {relationships}: {confirmed:.0}, {decided:.0}, {imported:.0}, {read:.0}/s");
    Ok([confirmed, decided, imported, read])
}

pub(super) fn measure(
    database: &Database,
    small: &Path,
    of: &Postgres,
    relationships: u64,
) -> Outcome<Vec<Promise>> {
    eprintln!("a ledger with {relationships} relationships");
    let large = database.ledger("large")?;
    build(large.path(), relationships)?;
    let mut found: [[Vec<f64>; WHAT.len()]; 2] = Default::default();
    for round in 0..of.rounds as u64 {
        for (found, ledger) in
            found.iter_mut().zip([(small, of.relationships), (large.path(), relationships)])
        {
            // Of their own for each size: nobody accepts the same again on the small ledger.
            let rates = rates(of, database, ledger, relationships + round)?;
            found.iter_mut().zip(rates).for_each(|(found, rate)| found.push(rate));
        }
    }
    let [few, many] = [of.relationships, relationships].map(|it| grouped(3.0 * it as f64));
    let mut promises = Vec::new();
    for ((what, small), large) in WHAT.into_iter().zip(&found[0]).zip(&found[1]) {
        let ratios: Vec<f64> = large.iter().zip(small).map(|(large, small)| 100.0 * large / small).collect();
        let absolute =
            format!("{}/s at {many} events and {} at {few}", grouped(median(large)), grouped(median(small)));
        promises.push(Promise::at_least(what, 85.0, "%", &ratios).with(absolute));
    }
    promises.extend(start::measure(large.path(), of.rounds)?);
    Ok(promises)
}
