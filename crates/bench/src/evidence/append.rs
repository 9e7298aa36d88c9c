//! Imports into a server that signs a checkpoint each second, and into the same one that signs none.

use std::path::Path;

use crate::Outcome;
use crate::postgres::bulk;
use crate::report::{Promise, grouped, median};
use crate::server::{Running, Signs};

/// Imports the same number of rows with checkpoints and without, in turn.
pub(super) fn measure(folder: &Path, customers: u64, rows: u64, rounds: usize) -> Outcome<Promise> {
    eprintln!("imports, with checkpoints and without");
    let mut rates = [Vec::new(), Vec::new()];
    for round in 0..rounds {
        let mut order = [Signs::EachSecond, Signs::Nothing];
        // The log grows: neither is always the one that finds it smaller.
        if round % 2 == 1 {
            order.reverse();
        }
        for signs in order {
            let cores = std::thread::available_parallelism()?.into();
            let server = Running::start_that(folder, cores, None, signs)?;
            let which = usize::from(signs == Signs::Nothing);
            let rate = bulk::import(&server, customers, rows, (round * 2 + which) as u64)?;
            server.stop()?;
            eprintln!("  round {}, signs {signs:?}: {rate:.0}/s", round + 1);
            rates[which].push(rate);
        }
    }
    let [signed, unsigned] = &rates;
    let shares: Vec<_> = signed.iter().zip(unsigned).map(|(with, without)| 100.0 * with / without).collect();
    let what = "ImportAcceptances with a signed checkpoint each second and an anchor, of the rate without";
    let absolute = format!("{} and {} rows/s", grouped(median(signed)), grouped(median(unsigned)));
    Ok(Promise::at_least(what, 90.0, "%", &shares).with(absolute))
}
