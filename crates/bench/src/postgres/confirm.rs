//! Confirmations, beside what PostgreSQL does with such events when nobody decides about them.

use std::path::Path;

use super::database::{self, Database};
use super::{CONNECTIONS, Postgres, limits};
use crate::Outcome;
use crate::load::Call;
use crate::measure::{Calls, Trial};
use crate::report::{Pairs, Promise};
use crate::server::Running;

/// Callers at once, beside as many clients of pgbench; and four times as many, beside the same.
const CALLERS: usize = 64;
const MANY_CALLERS: usize = 256;

const US_A_SECOND: f64 = 1e6;
const NS_A_US: f64 = 1e3;

impl Postgres {
    /// Confirmations a second by 64 callers.
    pub(super) fn confirm(&self, server: &Running, relationships: u64, seed: u64) -> Outcome<f64> {
        Ok(self.confirm_by(CALLERS, server, relationships, seed)?.rate)
    }

    fn confirm_by(&self, callers: usize, server: &Running, relationships: u64, seed: u64) -> Outcome<Trial> {
        let connections = CONNECTIONS.min(callers);
        let calls = Calls { call: Call::Confirm, connections, in_flight: callers / connections, rate: None };
        self.calls(relationships).trial(server, None, calls, seed)
    }

    /// Many callers, to one event a transaction and to many.
    pub(super) fn confirmations(&self, database: &Database, folder: &Path) -> Outcome<Vec<Promise>> {
        eprintln!("confirmations, one event a transaction, and 256");
        let one_by_one = limits::OneByOne::prepare(database, folder)?;
        let server = self.serve(folder)?;
        let (mut to_single, mut to_batches) = ([Pairs::default(), Pairs::default()], Pairs::default());
        for round in 0..self.rounds {
            let single = one_by_one.rate(CALLERS, self.seconds)?;
            for (which, callers) in [CALLERS, MANY_CALLERS].into_iter().enumerate() {
                let before = database.size(folder)?;
                let seed = (round * 2 + which) as u64 + 1;
                let confirmed = self.confirm_by(callers, &server, self.relationships, seed)?.rate;
                to_single[which].add(confirmed, single);
                if callers == MANY_CALLERS {
                    let stored = database.size(folder)? - before;
                    to_batches.add(confirmed, limits::bare_inserts(folder, before, stored)?);
                }
            }
        }
        server.stop()?;
        let [few, many] = to_single;
        let promise = |what, target, unit, pairs: &Pairs| {
            let scale = if unit == "%" { 100.0 } else { 1.0 };
            Promise::at_least(what, target, unit, &pairs.ratios(scale)).with(pairs.absolute("events"))
        };
        Ok(vec![
            promise(
                "ConfirmAcceptance by 64 callers, to 64 pgbench clients that insert one such event a transaction",
                10.0,
                "×",
                &few,
            ),
            promise("the same by 256 callers, to the same 64 clients", 10.0, "×", &many),
            promise(
                "the same by 256 callers, of the events/s of bare inserts of the same rows, 256 a transaction",
                35.0,
                "%",
                &to_batches,
            ),
        ])
    }

    /// One caller who waits for each answer.
    pub(super) fn one_caller(&self, database: &Database, folder: &Path) -> Outcome<Promise> {
        eprintln!("one caller, and one event a transaction by one client");
        let limit = limits::OneByOne::prepare(database, folder)?;
        let server = self.serve(folder)?;
        let no_op = Calls { call: Call::NoOp, connections: 1, in_flight: 1, rate: None };
        let (mut ratios, mut shown) = (Vec::new(), String::new());
        for round in 0..self.rounds {
            let seed = round as u64 + 701;
            let confirmed =
                self.confirm_by(1, &server, self.relationships, seed)?.latency.p50 as f64 / NS_A_US;
            let called = self.calls(self.relationships).trial(&server, None, no_op, seed)?.latency.p50 as f64
                / NS_A_US;
            let inserted = US_A_SECOND / limit.rate(1, self.seconds)?;
            shown = format!("{confirmed:.0} µs; the transaction {inserted:.0} µs, the no-op {called:.0} µs");
            eprintln!("  round {}: {shown}", round + 1);
            ratios.push(confirmed / (inserted + called));
        }
        server.stop()?;
        let what = "ConfirmAcceptance by one caller, its median time to that of one such transaction and a no-op call";
        Ok(Promise::at_most(what, 1.5, "×", &ratios).with(shown))
    }

    /// Beside dumps, which read all that is there.
    pub(super) fn beside_dumps(&self, folder: &Path) -> Outcome<Promise> {
        eprintln!("confirmations beside pg_dump");
        let pairs = self.beside(folder, 501, |server, seed| {
            let dumps = database::dump(folder);
            let rate = self.confirm(server, self.relationships, seed)?;
            dumps.end()?;
            Ok(rate)
        })?;
        let what = "confirmations by 64 callers beside pg_dump, of the rate without";
        Ok(Promise::measured(what, "%", &pairs.ratios(100.0)).with(pairs.absolute("events")))
    }

    /// A transaction that stays open, as a dump's does, must not slow appends down.
    pub(super) fn under_a_snapshot(&self, database: &Database, folder: &Path) -> Outcome<Promise> {
        eprintln!("confirmations while a snapshot stays open");
        let pairs = self.beside(folder, 101, |server, seed| {
            let snapshot = database.open_snapshot(folder)?;
            // The second measurement under it: dead rows would have piled up by then.
            self.confirm(server, self.relationships, seed + 1000)?;
            let rate = self.confirm(server, self.relationships, seed)?;
            snapshot.end()?;
            Ok(rate)
        })?;
        let what = "confirmations by 64 callers while an idle snapshot is open, of the rate without";
        Ok(Promise::at_least(what, 85.0, "%", &pairs.ratios(100.0)).with(pairs.absolute("events")))
    }

    /// Confirmations a second beside something else, as `rate` measures them with a seed of its own, and alone.
    fn beside(
        &self,
        folder: &Path,
        first_seed: u64,
        rate: impl Fn(&Running, u64) -> Outcome<f64>,
    ) -> Outcome<Pairs> {
        let server = self.serve(folder)?;
        let mut pairs = Pairs::default();
        for round in 0..self.rounds as u64 {
            let seed = first_seed + round * 2;
            let alone = self.confirm(&server, self.relationships, seed)?;
            pairs.add(rate(&server, seed + 1)?, alone);
        }
        server.stop()?;
        Ok(pairs)
    }
}
