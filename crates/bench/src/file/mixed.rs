//! Orders, confirmations and a replay at once, against the orders alone.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use super::File;
use crate::Outcome;
use crate::load::Call;
use crate::measure::{Calls, Run, Trial};
use crate::postgres::{Read, bulk};
use crate::report::{Promise, duration, grouped, median};
use crate::server::Running;

/// Orders a second, and the confirmations beside them: 5 % of all calls.
const ORDERS: f64 = 9_500.0;
const CONFIRMATIONS: f64 = 500.0;
const CONNECTIONS: usize = 4;

pub(super) fn measure(folder: &Path, of: &File) -> Outcome<Promise> {
    eprintln!("orders alone, and beside confirmations and a replay");
    let server = Running::start(folder, std::thread::available_parallelism()?.into(), None)?;
    let run = Run { relationships: of.relationships, seconds: of.seconds, rounds: 1 };
    let paced =
        |call, rate| Calls { call, connections: CONNECTIONS, in_flight: CONNECTIONS, rate: Some(rate) };
    let (mut ratios, mut alone, mut mixed, mut replays) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for round in 0..of.rounds {
        let seed = round as u64 * 2 + 1;
        let orders = |seed| run.trial(&server, None, paced(Call::Authorize, ORDERS), seed);
        let by_itself = orders(seed)?;
        let is_over = AtomicBool::new(false);
        let (beside, replayed) = std::thread::scope(|scope| -> Outcome<(Trial, u64)> {
            let confirming =
                scope.spawn(|| run.trial(&server, None, paced(Call::Confirm, CONFIRMATIONS), seed));
            let replaying = scope.spawn(|| replay(&server, &is_over));
            let beside = orders(seed + 1);
            is_over.store(true, Ordering::Relaxed);
            confirming.join().map_err(|_| "the confirming thread panicked")??;
            let replayed = replaying.join().map_err(|_| "the replaying thread panicked")??;
            Ok((beside?, replayed))
        })?;
        let p99 = [by_itself.latency.p99, beside.latency.p99];
        eprintln!(
            "  round {}: p99 {} and {}, {replayed} replays",
            round + 1,
            duration(p99[0]),
            duration(p99[1])
        );
        ratios.push(p99[1] as f64 / p99[0] as f64);
        alone.push(p99[0] as f64);
        mixed.push(p99[1] as f64);
        replays += replayed;
    }
    server.stop()?;
    let [alone, mixed] = [&alone, &mixed].map(|it| duration(median(it) as u64));
    let absolute = format!(
        "p99 {mixed} and {alone} at {} orders/s beside {} confirmations/s; {replays} replays of the whole log",
        grouped(ORDERS),
        grouped(CONFIRMATIONS),
    );
    let what = "AuthorizeOrder beside 5 % confirmations and a replay, p99 to its own alone";
    Ok(Promise::at_most(what, 2.0, "×", &ratios).with(absolute))
}

/// Reads the whole log again and again; how often.
fn replay(server: &Running, is_over: &AtomicBool) -> Outcome<u64> {
    let mut replays = 0;
    while !is_over.load(Ordering::Relaxed) {
        bulk::read(server, 1, Read::Whole)?;
        replays += 1;
    }
    Ok(replays)
}
