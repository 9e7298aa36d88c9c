//! The clients, as a process of its own: so many calls under way at any time, for so long.
//!
//! They speak HTTP/2 themselves: a client of tonic's costs as much as the server, so that with as many cores for
//! either it would be the client that is measured.

mod bodies;
mod connection;
mod stream;
mod unary;

use std::net::SocketAddr;
use std::time::{Duration, Instant as Stopwatch};

use clap::{Args, ValueEnum};
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use tokio::task::LocalSet;

use crate::Outcome;
use crate::report::{Latency, histogram, percentiles};

/// Calls a server, and prints what came out.
#[derive(Clone, Debug, Args)]
pub(crate) struct Load {
    /// Where the server listens.
    #[arg(long)]
    pub(crate) address: SocketAddr,
    /// What is called.
    #[arg(long)]
    pub(crate) call: Call,
    /// How many connections there are.
    #[arg(long)]
    pub(crate) connections: usize,
    /// How many calls are under way on each; for a stream, how many orders are unanswered.
    #[arg(long)]
    pub(crate) in_flight: usize,
    /// For how long is measured, after as much again as a quarter of it to warm up.
    #[arg(long)]
    pub(crate) seconds: f64,
    /// How many customers the ledger has.
    #[arg(long)]
    pub(crate) customers: u64,
    /// Where the customers asked about begin: another number, other customers.
    #[arg(long)]
    pub(crate) seed: u64,
}

/// What is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Call {
    /// The no-op method.
    NoOp,
    /// AuthorizeOrder.
    Authorize,
    /// StreamAuthorizeOrders.
    Stream,
    /// ConfirmAcceptance.
    Confirm,
}

/// What came out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct LoadReport {
    /// How many were answered in the time that is measured.
    pub(crate) answered: u64,
    /// How many were answered in all, warming up included.
    pub(crate) answered_in_all: u64,
    /// The time that is measured.
    pub(crate) seconds: f64,
    /// Nanoseconds from asking to the answer.
    pub(crate) latency: Latency,
}

/// When is measured, and what was seen.
#[derive(Debug)]
struct Seen {
    from: Stopwatch,
    until: Stopwatch,
    latency: Histogram<u64>,
    answered_in_all: u64,
}

impl Load {
    pub(crate) fn run(self) -> Outcome<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let report = LocalSet::new().block_on(&runtime, self.measure())?;
        println!("{}", serde_json::to_string(&report)?);
        Ok(())
    }

    async fn measure(self) -> Outcome<LoadReport> {
        let seconds = Duration::from_secs_f64(self.seconds);
        let from = Stopwatch::now() + seconds / 4;
        let seen = Seen { from, until: from + seconds, latency: histogram()?, answered_in_all: 0 };
        let seen = match self.call {
            Call::Stream => stream::run(&self, seen).await?,
            Call::NoOp | Call::Authorize | Call::Confirm => unary::run(&self, seen).await?,
        };
        Ok(LoadReport {
            answered: seen.latency.len(),
            answered_in_all: seen.answered_in_all,
            seconds: self.seconds,
            latency: percentiles(&seen.latency),
        })
    }
}

impl Seen {
    fn is_over(&self) -> bool {
        Stopwatch::now() >= self.until
    }

    /// So many answers to what was asked at an instant.
    fn answers(&mut self, asked: Stopwatch, count: u64) {
        let now = Stopwatch::now();
        self.answered_in_all += count;
        if now >= self.from && now < self.until {
            self.latency.saturating_record_n(now.duration_since(asked).as_nanos() as u64, count);
        }
    }
}
