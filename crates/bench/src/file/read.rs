//! ReadEvents of the whole log, against reading its entries in order from the file.

use std::path::Path;

use crate::Outcome;
use crate::ledger::read_all;
use crate::measure::timed;
use crate::postgres::{Read, bulk};
use crate::report::{Promise, grouped, median};
use crate::server::{Running, database_url};

/// Events a second.
const PROMISED: f64 = 400_000.0;
const THOUSAND: f64 = 1e3;

pub(super) fn measure(folder: &Path, rounds: usize) -> Outcome<Vec<Promise>> {
    eprintln!("the whole log, read by a client and read from the file");
    let server = Running::start(folder, std::thread::available_parallelism()?.into(), None)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let url = database_url(folder);
    let (mut whole, mut entries, mut limits) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        let (events, seconds) = timed(|| runtime.block_on(read_all(&url)))?;
        limits.push(events as f64 / seconds);
        whole.push(bulk::read(&server, events, Read::Whole)?);
        entries.push(bulk::read(&server, events, Read::EntryOnly)?);
        let [whole, entries, limit] = [&whole, &entries, &limits].map(|it| it[round]);
        eprintln!("  round {}: {whole:.0}/s, entries {entries:.0}/s, from the file {limit:.0}/s", round + 1);
    }
    server.stop()?;
    let share = |of: &[f64]| of.iter().zip(&limits).map(|(it, limit)| 100.0 * it / limit).collect::<Vec<_>>();
    let absolute = |of: &[f64]| format!("{} and {} events/s", grouped(median(of)), grouped(median(&limits)));
    let what = [
        "ReadEvents from the first position, of the events/s of SELECTs in order in this process",
        "the same with entry_only",
        "the same, in thousand events/s",
    ];
    let thousands: Vec<_> = entries.iter().map(|it| it / THOUSAND).collect();
    Ok(vec![
        Promise::at_least(what[0], 40.0, "%", &share(&whole)).with(absolute(&whole)),
        Promise::at_least(what[1], 50.0, "%", &share(&entries)).with(absolute(&entries)),
        Promise::at_least(what[2], PROMISED / THOUSAND, "thousand/s", &thousands).with(absolute(&entries)),
    ])
}
