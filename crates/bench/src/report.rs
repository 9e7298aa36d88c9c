//! What the measurements come to: a table for people, and everything for programs.

use std::fs;
use std::path::Path;
use std::process::Command;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::Outcome;
use crate::index::IndexReport;
use crate::load::ORDERS_A_BATCH;
use crate::machine::Machine;
use crate::measure::{Beside, Measurements, Trial};

/// The lines of docs/PERFORMANCE.md between which the table stands.
const TABLE_BEGINS: &str =
    "<!-- measured: written by `cargo run --release -p assent-bench -- --write-docs` -->";
const TABLE_ENDS: &str = "<!-- end of what was measured -->";
/// With so many relationships a decision is promised a time.
const SMALL: usize = 100_000;

/// Percentiles, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Latency {
    pub(crate) p50: u64,
    pub(crate) p99: u64,
    pub(crate) p99_9: u64,
    pub(crate) max: u64,
}

/// For nanoseconds up to a minute, to three digits.
pub(crate) fn histogram() -> Outcome<Histogram<u64>> {
    const MINUTE_NS: u64 = 60_000_000_000;
    Ok(Histogram::new_with_bounds(1, MINUTE_NS, 3)?)
}

pub(crate) fn percentiles(histogram: &Histogram<u64>) -> Latency {
    let at = |quantile| histogram.value_at_quantile(quantile);
    Latency { p50: at(0.5), p99: at(0.99), p99_9: at(0.999), max: histogram.max() }
}

/// The middle one; of an even number, the upper of the two.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// Rounds of two rates that are held against each other.
#[derive(Debug, Default)]
pub(crate) struct Pairs(Vec<(f64, f64)>);

impl Pairs {
    pub(crate) fn add(&mut self, ours: f64, theirs: f64) {
        self.0.push((ours, theirs));
        eprintln!("  round {}: {ours:.0}/s, {theirs:.0}/s", self.0.len());
    }

    /// One ratio for each round: what the machine did meanwhile happened to both.
    pub(crate) fn ratios(&self, scale: f64) -> Vec<f64> {
        self.0.iter().map(|(ours, theirs)| scale * ours / theirs).collect()
    }

    pub(crate) fn absolute(&self, unit: &str) -> String {
        let ours: Vec<f64> = self.0.iter().map(|it| it.0).collect();
        let theirs: Vec<f64> = self.0.iter().map(|it| it.1).collect();
        format!("{} and {} {unit}/s", grouped(median(&ours)), grouped(median(&theirs)))
    }
}

/// Everything of a run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    date: String,
    command: String,
    machine: Machine,
    promises: Vec<Promise>,
    measurements: Measurements,
}

/// A number that is promised, and what it is.
#[derive(Debug, Serialize)]
pub(crate) struct Promise {
    what: &'static str,
    /// The median over all rounds.
    measured: f64,
    unit: &'static str,
    /// From the lowest to the highest round.
    range: (f64, f64),
    /// None: it is shown and not promised.
    target: Option<f64>,
    /// Whether more is better.
    at_least: bool,
    /// The same in absolute numbers, for this machine.
    absolute: String,
}

impl Report {
    pub(crate) fn of(machine: Machine, measurements: Measurements, arguments: &[String]) -> Outcome<Self> {
        // The wall clock is read in one place of the workspace only, and that is not here.
        let date = Command::new("date").args(["-u", "+%Y-%m-%d"]).output()?;
        Ok(Self {
            date: String::from_utf8(date.stdout)?.trim().to_owned(),
            command: format!("cargo run --release -p assent-bench -- {}", shown(arguments)),
            machine,
            promises: promises(&measurements),
            measurements,
        })
    }

    /// The table for people.
    pub(crate) fn table(&self) -> String {
        let Machine { processor, cores, memory_gib, kernel, durable_write_us } = &self.machine;
        let Measurements { pinned, seconds, index, .. } = &self.measurements;
        let rounds = self.measurements.no_op.len();
        let mut text = format!(
            "Measured on {}: {processor}, {cores} cores, {memory_gib:.0} GiB, Linux {kernel}; one small durable \
             write takes {durable_write_us:.0} µs. {} relationships, medians of {rounds} rounds of {seconds} s, {}.\n\n\
             ```\n{}\n```\n\n| what | measured | rounds | target | | in absolute numbers |\n|---|---|---|---|---|---|\n",
            self.date,
            grouped(index.relationships as f64),
            if *pinned { "server and clients on one core each" } else { "server and clients not pinned" },
            self.command.trim_end(),
        );
        for promise in &self.promises {
            text.push_str(&promise.line());
        }
        text.push_str("\n| time to the answer | p50 | p99 | p99.9 | max |\n|---|---|---|---|---|\n");
        for (what, latency) in self.latencies() {
            let Latency { p50, p99, p99_9, max } = latency;
            let [p50, p99, p99_9, max] = [p50, p99, p99_9, max].map(duration);
            text.push_str(&format!("| {what} | {p50} | {p99} | {p99_9} | {max} |\n"));
        }
        text
    }

    /// Puts the table where it stands in the document.
    pub(crate) fn write_docs(&self, file: &Path) -> Outcome<()> {
        let text = fs::read_to_string(file)?;
        let missing = || format!("{} has no place for the table", file.display());
        let (before, rest) = text.split_once(TABLE_BEGINS).ok_or_else(missing)?;
        let (_, after) = rest.split_once(TABLE_ENDS).ok_or_else(missing)?;
        let table = self.table();
        fs::write(file, format!("{before}{TABLE_BEGINS}\n\n{table}\n{TABLE_ENDS}{after}"))?;
        Ok(())
    }

    fn latencies(&self) -> [(String, Latency); 10] {
        let it = &self.measurements;
        let half = |what| {
            format!("{what}, {} calls a second, from when each was meant to be made", grouped(it.half_load))
        };
        [
            ("a decision in the index".to_owned(), it.index.decision),
            ("no-op, 128 calls under way".to_owned(), of_median(&it.no_op)),
            ("AuthorizeOrder, 128 calls under way".to_owned(), of_median(&it.authorize)),
            (half("no-op"), of_median_p99(&it.no_op_half)),
            (half("AuthorizeOrder"), of_median_p99(&it.authorize_half)),
            ("no-op stream, 1,024 orders under way".to_owned(), of_median(&it.no_op_stream)),
            ("StreamAuthorizeOrders, 1,024 orders under way".to_owned(), of_median(&it.stream)),
            (format!("BatchAuthorizeOrders of {ORDERS_A_BATCH}"), of_median(&it.batch)),
            ("ConfirmAcceptance, one caller".to_owned(), of_median(&it.confirm_one)),
            ("ConfirmAcceptance, 64 callers".to_owned(), of_median(&it.confirm_many)),
        ]
    }
}

/// The latency of the round whose 99th percentile is the median: at a fixed rate, that of no round says anything.
fn of_median_p99(trials: &[Trial]) -> Latency {
    let mut sorted: Vec<_> = trials.iter().map(|it| it.latency).collect();
    sorted.sort_by_key(|it| it.p99);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// The latency of the round whose rate is the median.
fn of_median(trials: &[Trial]) -> Latency {
    let middle = median(&rates(trials));
    trials.iter().find(|it| it.rate == middle).map(|it| it.latency).unwrap_or_default()
}

fn promises(measured: &Measurements) -> Vec<Promise> {
    let mut promises = decisions(measured);
    promises.extend(index(&measured.index));
    let Measurements { confirm_one, confirm_many, .. } = measured;
    promises.push(
        Promise::at_least(
            "ConfirmAcceptance, 64 callers to one",
            4.0,
            "×",
            &ratios(confirm_many, confirm_one, 1.0),
        )
        .with(format!("{} and {} durable confirmations/s", rate(confirm_many), rate(confirm_one))),
    );
    promises
}

/// Decisions over gRPC, each beside a method with the same messages that does nothing.
fn decisions(measured: &Measurements) -> Vec<Promise> {
    let Measurements { no_op, authorize, no_op_stream, stream, no_op_batch, batch, .. } = measured;
    let Measurements {
        no_op_half,
        authorize_half,
        half_load,
        authorize_beside,
        authorize_guarded,
        stream_beside,
        ..
    } = measured;
    let both = |of: &[Trial], limit: &[Trial], what| {
        let [rate_of, rate_limit] = [of, limit].map(rate);
        let [cpu_of, cpu_limit] = [of, limit].map(cpu_us);
        format!(
            "{rate_of} of {rate_limit} {what}/s; {cpu_of:.2} and {cpu_limit:.2} µs of the server's core each"
        )
    };
    let percent = |of, limit| ratios(of, limit, 100.0);
    let p99 = |trials: &[Trial]| trials.iter().map(|it| it.latency.p99 as f64).collect::<Vec<_>>();
    let slower: Vec<_> =
        p99(authorize_half).iter().zip(p99(no_op_half)).map(|(of, limit)| of / limit).collect();
    let [p99_of, p99_limit] = [authorize_half, no_op_half].map(|it| duration(median(&p99(it)) as u64));
    vec![
        Promise::at_least(
            "AuthorizeOrder, of the requests/s of a no-op",
            92.0,
            "%",
            &percent(authorize, no_op),
        )
        .with(both(authorize, no_op, "requests")),
        Promise::at_least(
            "the same with credentials (a token), figures and sampled spans",
            85.0,
            "%",
            &percent(authorize_guarded, no_op),
        )
        .with(both(authorize_guarded, no_op, "requests")),
        Promise::at_most("AuthorizeOrder at half load, p99 to the no-op's", 1.3, "×", &slower)
            .with(format!("{p99_of} and {p99_limit} at {} calls a second", grouped(*half_load))),
        Promise::at_least(
            "StreamAuthorizeOrders, of the orders/s of a no-op stream",
            80.0,
            "%",
            &percent(stream, no_op_stream),
        )
        .with(both(stream, no_op_stream, "orders")),
        Promise::at_least(
            "StreamAuthorizeOrders, orders/s to AuthorizeOrder's",
            12.0,
            "×",
            &ratios(stream, authorize, 1.0),
        )
        .with(format!("{} and {} orders/s", rate(stream), rate(authorize))),
        Promise::at_least(
            "BatchAuthorizeOrders of 256, of the batches/s of a no-op",
            80.0,
            "%",
            &percent(batch, no_op_batch),
        )
        .with(both(batch, no_op_batch, "batches")),
        cost(
            "AuthorizeOrder with figures and request ids, processor time beside one without",
            authorize_beside,
        ),
        cost("StreamAuthorizeOrders with figures, processor time beside one without", stream_beside),
    ]
}

/// What counting and naming calls costs.
fn cost(what: &'static str, Beside { counted, bare }: &Beside) -> Promise {
    let more: Vec<_> = counted
        .iter()
        .zip(bare)
        .map(|(counted, bare)| 100.0 * (counted.server_cpu_us / bare.server_cpu_us - 1.0))
        .collect();
    let absolute = format!("{:.2} and {:.2} µs of a core that both share", cpu_us(counted), cpu_us(bare));
    Promise::at_most(what, 5.0, MORE, &more).with(absolute)
}

/// A decision in process, and the memory that it reads. Up to 100,000 relationships a time is promised; beyond, what
/// reads of memory that no cache holds cost.
fn index(index: &IndexReport) -> Vec<Promise> {
    let IndexReport { decision_ns, look_up_ns, miss_ns, .. } = index;
    let absolute = format!(
        "{:.0} ns; looking up partner, customer and relationship alone takes {:.0} ns, one dependent read of as much \
         memory {:.0} ns",
        median(decision_ns),
        median(look_up_ns),
        median(miss_ns),
    );
    let decision = if index.relationships <= SMALL {
        Promise::at_most("a decision in the index", 300.0, "ns", decision_ns)
    } else {
        let misses: Vec<_> =
            decision_ns.iter().zip(miss_ns).map(|(decision, miss)| decision / miss).collect();
        Promise::at_most("a decision in the index, in dependent reads of memory", 2.0, "×", &misses)
    };
    let each = |bytes: usize| bytes as f64 / index.relationships as f64;
    // The promise is one about large ledgers: a small one is resident with what loading it has left behind.
    let (what, resident) = ("index, resident bytes a relationship", [each(index.resident_bytes)]);
    let memory = match index.relationships <= SMALL {
        true => Promise::measured(what, "B", &resident),
        false => Promise::at_most(what, 120.0, "B", &resident),
    };
    let memory = memory.with(format!(
        "{:.0} B counted by the index itself, and {:.0} B for history; {:.0} MiB in all, loaded in {:.1} s",
        each(index.counted_bytes),
        each(index.history_bytes),
        index.resident_bytes as f64 / f64::from(1 << 20),
        index.start_seconds,
    ));
    vec![decision.with(absolute), memory]
}

fn rate(trials: &[Trial]) -> String {
    grouped(median(&rates(trials)))
}

fn cpu_us(trials: &[Trial]) -> f64 {
    median(&trials.iter().map(|it| it.server_cpu_us).collect::<Vec<_>>())
}

pub(crate) fn rates(trials: &[Trial]) -> Vec<f64> {
    trials.iter().map(|it| it.rate).collect()
}

/// One ratio for each round: what the machine did meanwhile happened to both.
fn ratios(of: &[Trial], limit: &[Trial], scale: f64) -> Vec<f64> {
    of.iter().zip(limit).map(|(of, limit)| scale * of.rate / limit.rate).collect()
}

/// The unit of what something costs.
const MORE: &str = "% more";

impl Promise {
    pub(crate) fn at_least(what: &'static str, target: f64, unit: &'static str, rounds: &[f64]) -> Self {
        Self { at_least: true, ..Self::at_most(what, target, unit, rounds) }
    }

    pub(crate) fn at_most(what: &'static str, target: f64, unit: &'static str, rounds: &[f64]) -> Self {
        Self { target: Some(target), ..Self::measured(what, unit, rounds) }
    }

    /// What nothing was promised of.
    pub(crate) fn measured(what: &'static str, unit: &'static str, rounds: &[f64]) -> Self {
        let lowest = rounds.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = rounds.iter().copied().fold(0.0, f64::max);
        let (measured, range) = (median(rounds), (lowest, highest));
        Self { what, measured, unit, range, target: None, at_least: false, absolute: String::new() }
    }

    pub(crate) fn with(self, absolute: String) -> Self {
        Self { absolute, ..self }
    }

    pub(crate) fn line(&self) -> String {
        let Self { what, measured, unit, range: (lowest, highest), target, at_least, absolute } = self;
        let digits = usize::from(["×", MORE].contains(unit));
        let (promised, verdict) = target.map_or_else(Default::default, |target| {
            let met = if *at_least { *measured >= target } else { *measured <= target };
            let sign = if *at_least { "≥" } else { "≤" };
            (format!("{sign} {target} {unit}"), if met { "met" } else { "missed" })
        });
        format!(
            "| {what} | **{measured:.digits$} {unit}** | {lowest:.digits$} to {highest:.digits$} | {promised} | {verdict} \
             | {absolute} |\n"
        )
    }
}

/// The arguments as others would give them: folders of this machine are nobody else's.
fn shown(arguments: &[String]) -> String {
    let mut shown = Vec::new();
    let mut arguments = arguments.iter().filter(|it| *it != "--write-docs");
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--ledger" | "--json" => _ = arguments.next(),
            it if it.starts_with("--ledger=") || it.starts_with("--json=") => {}
            it => shown.push(it),
        }
    }
    shown.join(" ")
}

pub(crate) fn duration(nanoseconds: u64) -> String {
    match nanoseconds {
        0..10_000 => format!("{nanoseconds} ns"),
        10_000..10_000_000 => format!("{} µs", nanoseconds / 1_000),
        _ => format!("{} ms", nanoseconds / 1_000_000),
    }
}

/// A whole number with its thousands apart.
pub(crate) fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_the_middle_one_whatever_the_order() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[]), 0.0);
    }

    #[test]
    fn numbers_are_shown_with_their_thousands_apart() {
        assert_eq!([5.0, 1_000.0, 1_234_567.4].map(grouped), ["5", "1,000", "1,234,567"]);
    }

    #[test]
    fn the_command_is_shown_without_what_is_this_machines_own() {
        let given = ["--rounds", "7", "--ledger", "/a/b", "--write-docs", "--json=x"].map(ToOwned::to_owned);
        assert_eq!(shown(&given), "--rounds 7");
    }
}
