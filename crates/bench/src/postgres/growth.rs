//! Rates that must not fall while the log grows.

use std::path::Path;

use super::database::Database;
use super::{CONNECTIONS, Postgres, start};
use crate::Outcome;
use crate::ledger::build::build;
use crate::load::Call;
use crate::measure::Calls;
use crate::report::{Promise, grouped, median};
use crate::server::Running;

/// Confirmations and decisions a second on a ledger of this size.
fn rates(of: &Postgres, server: &Running, relationships: u64, round: u64) -> Outcome<[f64; 2]> {
    let confirmed = of.confirm(server, relationships, 301 + round)?;
    let calls = Calls { call: Call::Authorize, connections: CONNECTIONS, in_flight: 32, rate: None };
    let decided = of.calls(relationships).trial(server, None, calls, 401 + round)?.rate;
    Ok([confirmed, decided])
}

pub(super) fn measure(database: &Database, small: &Path, of: &Postgres) -> Outcome<Vec<Promise>> {
    eprintln!("a ledger with {} relationships", of.grown);
    let large = database.ledger("large")?;
    build(large.path(), of.grown)?;
    let sizes = [(small, of.relationships), (large.path(), of.grown)];
    let mut found: [[Vec<f64>; 2]; 2] = Default::default();
    for round in 0..of.rounds {
        for (which, (folder, relationships)) in sizes.into_iter().enumerate() {
            let server = of.serve(folder)?;
            let [confirmed, decided] = rates(of, &server, relationships, round as u64)?;
            server.stop()?;
            eprintln!("  round {}, {relationships}: {confirmed:.0}/s, {decided:.0}/s", round + 1);
            found[which][0].push(confirmed);
            found[which][1].push(decided);
        }
    }
    let sizes =
        format!("{} and {} events", grouped(3.0 * of.relationships as f64), grouped(3.0 * of.grown as f64));
    let what = [
        "confirmations on the grown ledger, of the rate on the small one",
        "AuthorizeOrder on the grown ledger, of the rate on the small one",
    ];
    let promise = |kind: usize| {
        let [small, large] = [&found[0][kind], &found[1][kind]];
        let ratios: Vec<f64> = large.iter().zip(small).map(|(large, small)| 100.0 * large / small).collect();
        let absolute = format!("{} and {}/s at {sizes}", grouped(median(small)), grouped(median(large)));
        Promise::at_least(what[kind], 85.0, "%", &ratios).with(absolute)
    };
    let mut promises = vec![promise(0), promise(1)];
    promises.extend(start::measure(large.path(), of.rounds)?);
    Ok(promises)
}
