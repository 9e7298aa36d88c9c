//! The index alone, in a process of its own: how long a decision takes in it, and what memory it takes.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Instant as Stopwatch;

use assent_domain::authorize::{AsOf, Order, Outcome as Answer};
use assent_domain::values::{Channel, CustomerId, Instant, PartnerId, TransactionKind};
use assent_domain::{Facts, authorize};
use assent_event_log::EventLog;
use assent_projections::{SharedIndex, Views, start};
use clap::Args;
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::Outcome;
use crate::people::{Random, customer_id, partner_id, partner_of};
use crate::report::{Latency, histogram, percentiles};
use crate::server::database_url;

/// Measures the index of a ledger.
#[derive(Debug, Args)]
pub(crate) struct Measured {
    /// The folder of the ledger.
    folder: PathBuf,
    /// How many customers it has.
    #[arg(long)]
    customers: u64,
    /// How many orders a round decides.
    #[arg(long)]
    orders: u64,
    /// How many rounds there are.
    #[arg(long)]
    rounds: usize,
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
    /// Nanoseconds of each round for one read of memory that hangs on the one before it, in as much as the index takes.
    pub(crate) miss_ns: Vec<f64>,
    /// What the index itself counts.
    pub(crate) counted_bytes: usize,
    /// By how much the process grew while loading it.
    pub(crate) resident_bytes: usize,
    /// How long loading it from its snapshot took.
    pub(crate) start_seconds: f64,
}

impl Measured {
    pub(crate) fn run(self) -> Outcome<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (url, before) = (database_url(&self.folder), Stopwatch::now());
        let (index, resident_bytes, last) = runtime.block_on(load(&url))?;
        let start_seconds = before.elapsed().as_secs_f64();
        let orders = self.orders();
        let as_of = AsOf { prefix: index.read().ledger().applied, effective_at: last };
        let mut report = IndexReport {
            relationships: index.read().relationship_count(),
            decision: Latency::default(),
            decision_ns: Vec::new(),
            look_up_ns: Vec::new(),
            miss_ns: Vec::new(),
            counted_bytes: index.read().bytes(),
            resident_bytes,
            start_seconds,
        };
        let mut single = histogram()?;
        let chain = Chain::of(report.counted_bytes);
        for round in 0..self.rounds {
            let mut parts = [decide_all, look_up_all];
            // Whoever is first warms the caches for the other.
            if round % 2 == 1 {
                parts.reverse();
            }
            let mut spent = parts.map(|it| it(&index, &orders, &as_of));
            if round % 2 == 1 {
                spent.reverse();
            }
            report.decision_ns.push(spent[0]);
            report.look_up_ns.push(spent[1]);
            report.miss_ns.push(chain.follow(orders.len()));
            decide_each(&index, &orders, &as_of, &mut single)?;
        }
        report.decision = percentiles(&single);
        println!("{}", serde_json::to_string(&report)?);
        Ok(())
    }

    fn orders(&self) -> Vec<Order> {
        let mut random = Random(1);
        (0..self.orders).map(|_| order(random.below(self.customers))).collect()
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

fn order(customer: u64) -> Order {
    Order {
        partner: PartnerId::parse(&partner_id(partner_of(customer))).expect("a GUID is an identifier"),
        customer: CustomerId::parse(&customer_id(customer)).expect("a GUID is an identifier"),
        reseller: None,
        transaction: TransactionKind::NewPurchase,
        channel: Channel::Api,
        product_family: None,
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

fn look_up_all(index: &SharedIndex, orders: &[Order], _: &AsOf) -> f64 {
    let before = Stopwatch::now();
    for order in orders {
        let (index, order) = (index.read(), black_box(order));
        black_box(index.partner(&order.partner).map(|it| it.mentioned));
        black_box(index.customer(&order.customer).map(|it| it.mentioned));
        black_box(index.relationship(&order.partner, &order.customer).map(|it| it.stream.last));
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
fn resident_bytes() -> Outcome<usize> {
    let status = std::fs::read_to_string(Path::new("/proc/self/status"))?;
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:")).ok_or("Linux tells VmRSS")?;
    let kilobytes: usize = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kilobytes * 1_024)
}
