//! The index alone, in a process of its own: how long a decision takes in it, and what memory it takes. Of a ledger, or
//! of as many customers told in memory.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Instant as Stopwatch;

use assent_counts::story::{self, Story, order};
use assent_domain::Facts;
use assent_domain::authorize::{AsOf, Deciding, Order, Outcome as Answer, authorize};
use assent_domain::values::Instant;
use assent_event_log::EventLog;
use assent_index::{Index, Memory};
use assent_projections::{SharedIndex, Views, start};
use clap::Args;
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::Outcome;
use crate::people::Random;
use crate::report::{Latency, histogram, median, percentiles};
use crate::server::database_url;

/// Measures decisions in the index and its memory, without any call.
#[derive(Debug, Args)]
pub(crate) struct Measured {
    /// The folder of a ledger to load; without it, as much happens in memory.
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// How many relationships there are, a customer each.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    relationships: u64,
    /// How many orders a round decides.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    orders: u64,
    /// How many rounds there are; the median counts.
    #[arg(long, value_name = "N", default_value_t = 5)]
    rounds: usize,
    /// Prints everything as JSON.
    #[arg(long)]
    json: bool,
}

/// What was measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct IndexReport {
    pub(crate) relationships: usize,
    /// Nanoseconds of single decisions, of all rounds.
    pub(crate) decision: Latency,
    /// Nanoseconds a decision of each round, over all of it, without the clock's own cost.
    pub(crate) decision_ns: Vec<f64>,
    /// Nanoseconds of each round for looking up the same customers and relationships without deciding: the limit.
    pub(crate) look_up_ns: Vec<f64>,
    /// Nanoseconds a decision of each round, where 256 are looked up together.
    pub(crate) together_ns: Vec<f64>,
    /// Nanoseconds of each round for one read of memory that hangs on the one before it, in as much as the index takes.
    pub(crate) miss_ns: Vec<f64>,
    /// What the index itself counts, without history.
    pub(crate) counted_bytes: usize,
    /// What it counts for customers and relationships with a history.
    pub(crate) history_bytes: usize,
    /// By how much the process grew while loading it.
    pub(crate) resident_bytes: usize,
    /// How long loading it from its snapshot took.
    pub(crate) start_seconds: f64,
}

impl Measured {
    pub(crate) fn run(self) -> Outcome<()> {
        let before = Stopwatch::now();
        let (index, resident_bytes, last) = match &self.folder {
            Some(folder) => {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                runtime.block_on(load(&database_url(folder)))?
            }
            None => tell(self.relationships)?,
        };
        let start_seconds = before.elapsed().as_secs_f64();
        let orders = self.orders();
        let as_of = AsOf { prefix: index.read().ledger().applied, effective_at: last };
        let memory = index.read().memory();
        let mut report = IndexReport {
            relationships: index.read().relationship_count(),
            decision: Latency::default(),
            decision_ns: Vec::new(),
            look_up_ns: Vec::new(),
            together_ns: Vec::new(),
            miss_ns: Vec::new(),
            counted_bytes: memory.current(),
            history_bytes: memory.history,
            resident_bytes,
            start_seconds,
        };
        let mut single = histogram()?;
        let chain = Chain::of(report.counted_bytes);
        for round in 0..self.rounds {
            let mut parts = [decide_all, look_up_all, decide_together];
            // Whoever is first warms the caches for the others.
            if round % 2 == 1 {
                parts.reverse();
            }
            let mut spent = parts.map(|it| it(&index, &orders, &as_of));
            if round % 2 == 1 {
                spent.reverse();
            }
            report.decision_ns.push(spent[0]);
            report.look_up_ns.push(spent[1]);
            report.together_ns.push(spent[2]);
            report.miss_ns.push(chain.follow(orders.len()));
            decide_each(&index, &orders, &as_of, &mut single)?;
        }
        report.decision = percentiles(&single);
        if self.json {
            println!("{}", serde_json::to_string(&report)?);
        } else {
            report.show(&memory);
        }
        Ok(())
    }

    fn orders(&self) -> Vec<Order> {
        let mut random = Random(1);
        (0..self.orders).map(|_| order(random.below(self.relationships))).collect()
    }
}

/// Loads the index as a server does; tells by how much the process grew, and when the last event was recorded.
async fn load(url: &str) -> Outcome<(SharedIndex, usize, Instant)> {
    let log = EventLog::open(url).await?;
    let views = Views::open(&log).await?;
    let before = resident_bytes()?;
    let started = start(&log, views.clone(), |_, _| {}).await?;
    // The database's own caches are no part of the index.
    drop(started.maintainer);
    views.close().await;
    log.close().await;
    let last = Instant::from_micros(log.head().recorded_at)?;
    Ok((started.index, resident_bytes()?.saturating_sub(before), last))
}

/// The same of so many relationships that come about in memory.
fn tell(relationships: u64) -> Outcome<(SharedIndex, usize, Instant)> {
    let mut story = Story::begun(Index::default());
    let before = resident_bytes()?;
    for number in 0..relationships {
        story.customer(number).into_iter().for_each(|it| story.tell(it));
    }
    let resident_bytes = resident_bytes()?.saturating_sub(before);
    Ok((SharedIndex::unmaintained(story.index), resident_bytes, story::end()))
}

impl IndexReport {
    fn show(&self, memory: &Memory) {
        let each = |bytes: usize| bytes as f64 / self.relationships as f64;
        let Memory { records, table, texts, history, partners } = *memory;
        println!("{} relationships, made in {:.1} s", self.relationships, self.start_seconds);
        let rows = [
            ("records", records),
            ("table of customers", table),
            ("texts of ids", texts),
            ("partners", partners),
            ("counted without history", memory.current()),
            ("history", history),
            ("resident", self.resident_bytes),
        ];
        for (what, bytes) in rows {
            println!("{what:<28} {:>8.1} B a relationship", each(bytes));
        }
        let miss = median(&self.miss_ns);
        let rows = [
            ("a decision", &self.decision_ns),
            ("looking up alone", &self.look_up_ns),
            ("a decision of 256 together", &self.together_ns),
            ("a dependent read of memory", &self.miss_ns),
        ];
        for (what, nanoseconds) in rows {
            let it = median(nanoseconds);
            println!("{what:<28} {it:>8.0} ns {:>6.2} reads", it / miss);
        }
    }
}

/// Nanoseconds a decision, with the lock that a server takes for each.
fn decide_all(index: &SharedIndex, orders: &[Order], as_of: &AsOf) -> f64 {
    let before = Stopwatch::now();
    for order in orders {
        let index = index.read();
        let decision = authorize(&*index, black_box(order), as_of).expect("the ledger has a policy");
        assert_eq!(black_box(decision).outcome, Answer::Allowed, "every customer of the ledger has accepted");
    }
    nanoseconds_each(before, orders)
}

/// The same, looked up and decided as the orders of a stream are.
fn decide_together(index: &SharedIndex, orders: &[Order], as_of: &AsOf) -> f64 {
    let before = Stopwatch::now();
    for orders in orders.chunks(256) {
        let index = index.read();
        let likely = index.seek(orders.iter().map(|it| &it.customer));
        let mut deciding = Deciding::on(&*index);
        for (order, likely) in orders.iter().zip(likely) {
            let found = index.find_likely(likely, &order.partner, &order.customer);
            let verdict = deciding.decide(&found, black_box(order), as_of);
            black_box(verdict.expect("the ledger has a policy"));
        }
    }
    nanoseconds_each(before, orders)
}

fn look_up_all(index: &SharedIndex, orders: &[Order], _: &AsOf) -> f64 {
    let before = Stopwatch::now();
    for order in orders {
        let (index, order) = (index.read(), black_box(order));
        black_box(index.find(&order.partner, &order.customer));
    }
    nanoseconds_each(before, orders)
}

/// Each decision by itself; what the clock takes is in it.
fn decide_each(
    index: &SharedIndex,
    orders: &[Order],
    as_of: &AsOf,
    single: &mut Histogram<u64>,
) -> Outcome<()> {
    for order in orders {
        let before = Stopwatch::now();
        let index = index.read();
        black_box(authorize(&*index, black_box(order), as_of)?);
        single.saturating_record(before.elapsed().as_nanos() as u64);
    }
    Ok(())
}

fn nanoseconds_each(before: Stopwatch, orders: &[Order]) -> f64 {
    before.elapsed().as_nanos() as f64 / orders.len() as f64
}

/// The limit of whatever looks something up: reads of memory, each of which says where the next one is.
struct Chain(Vec<Line>);

/// As much as a processor reads at once.
#[repr(align(64))]
#[derive(Clone)]
struct Line(u32);

impl Chain {
    /// One ring through all lines of so much memory, in no order.
    fn of(bytes: usize) -> Self {
        let count = bytes / size_of::<Line>();
        let mut order: Vec<u32> = (0..count as u32).collect();
        let mut random = Random(2);
        for at in (1..count).rev() {
            order.swap(at, random.below(at as u64 + 1) as usize);
        }
        let mut lines = vec![Line(0); count];
        for (from, to) in order.iter().zip(order.iter().cycle().skip(1)) {
            lines[*from as usize] = Line(*to);
        }
        Self(lines)
    }

    /// Nanoseconds a read.
    fn follow(&self, reads: usize) -> f64 {
        let before = Stopwatch::now();
        let mut at = 0;
        for _ in 0..reads {
            at = self.0[at as usize].0;
        }
        black_box(at);
        before.elapsed().as_nanos() as f64 / reads as f64
    }
}

/// The memory that this process really has.
pub(crate) fn resident_bytes() -> Outcome<usize> {
    let status = std::fs::read_to_string(Path::new("/proc/self/status"))?;
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:")).ok_or("Linux tells VmRSS")?;
    let kilobytes: usize = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kilobytes * 1_024)
}
