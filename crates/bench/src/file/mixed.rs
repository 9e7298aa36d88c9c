//! Orders, confirmations and a replay at once, against the orders alone.

use std::num::NonZeroU32;
use std::path::Path;

use super::File;
use crate::Outcome;
use crate::load::{Call, WARM_UP};
use crate::measure::{Calls, Run, Trial};
use crate::postgres::bulk;
use crate::report::{Promise, duration, grouped, median};
use crate::server::Running;

/// Orders a second, and the confirmations beside them: 5 % of all calls.
const ORDERS: f64 = 9_500.0;
const CONFIRMATIONS: f64 = 500.0;
const CONNECTIONS: usize = 4;
/// Where seeds begin: not where those of other parts do, whose confirmations the ledger has already.
const SEEDS: u64 = 1 << 16;
/// What is beside the orders begins before them, and goes on after them: for so many times as long.
const LONGER: f64 = 2.0;
/// What the server gives a replay.
const REPLAYED: NonZeroU32 = NonZeroU32::new(20_000).expect("it is not zero");

pub(super) fn measure(folder: &Path, of: &File) -> Outcome<Promise> {
    eprintln!("orders alone, and beside confirmations and a replay");
    let server = Running::start_paced(folder, std::thread::available_parallelism()?.into(), REPLAYED)?;
    let run = Run { relationships: of.relationships, seconds: of.seconds, rounds: 1 };
    let longer = Run { seconds: of.seconds * LONGER, ..run };
    let paced =
        |call, rate| Calls { call, connections: CONNECTIONS, in_flight: CONNECTIONS, rate: Some(rate) };
    let (mut ratios, mut alone, mut mixed, mut replays) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 0..of.rounds {
        let seed = SEEDS + round as u64 * 2;
        let orders = |seed| run.trial(&server, None, paced(Call::Authorize, ORDERS), seed);
        let by_itself = orders(seed)?;
        let (beside, replayed) = std::thread::scope(|scope| -> Outcome<(Trial, f64)> {
            let confirming =
                scope.spawn(|| longer.trial(&server, None, paced(Call::Confirm, CONFIRMATIONS), seed));
            let replaying = scope.spawn(|| bulk::replay(&server, longer.seconds * (1.0 + WARM_UP)));
            let beside = orders(seed + 1);
            confirming.join().map_err(|_| "the confirming thread panicked")??;
            let replayed = replaying.join().map_err(|_| "the replaying thread panicked")??;
            Ok((beside?, replayed))
        })?;
        let p99 = [by_itself.latency.p99, beside.latency.p99];
        eprintln!(
            "  round {}: p99 {} and {}, {replayed:.0} events/s replayed",
            round + 1,
            duration(p99[0]),
            duration(p99[1])
        );
        ratios.push(p99[1] as f64 / p99[0] as f64);
        alone.push(p99[0] as f64);
        mixed.push(p99[1] as f64);
        replays.push(replayed);
    }
    server.stop()?;
    let [alone, mixed] = [&alone, &mixed].map(|it| duration(median(it) as u64));
    let absolute = format!(
        "p99 {mixed} and {alone} at {} orders/s beside {} confirmations/s and {} events/s replayed",
        grouped(ORDERS),
        grouped(CONFIRMATIONS),
        grouped(median(&replays)),
    );
    let what =
        "AuthorizeOrder beside 5 % confirmations and a replay of 20,000 events/s, p99 to its own alone";
    Ok(Promise::at_most(what, 2.0, "×", &ratios).with(absolute))
}
