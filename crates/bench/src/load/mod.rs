//! The clients, as a process of its own: so many calls under way at any time, for so long.
//!
//! They speak HTTP/2 themselves, as much of it as gRPC needs, on blocking sockets with a thread each. A client made
//! of a library costs more than the server that it measures: where either has one core, it would be the client that
//! is measured.

mod bodies;
mod connection;
mod paced;
mod replay;
mod stream;
mod unary;

use std::net::SocketAddr;
use std::time::{Duration, Instant as Stopwatch};

use clap::{Args, ValueEnum};
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use self::bodies::Bodies;
pub(crate) use self::bodies::ORDERS_A_BATCH;
use self::connection::Connection;
pub(crate) use self::replay::replay;
use self::unary::Calls;
use crate::report::{Latency, histogram, percentiles};
use crate::{Outcome, noop};

/// How long is warmed up, of the time that is measured.
pub(crate) const WARM_UP: f64 = 0.25;

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
    /// Makes so many calls a second instead, however many are under way then.
    #[arg(long)]
    pub(crate) rate: Option<f64>,
    /// No core is this client's own: it sleeps until the next call at that rate, or an answer.
    #[arg(long)]
    pub(crate) shares_core: bool,
    /// The token that every call shows.
    #[arg(long)]
    pub(crate) token: Option<String>,
    /// For how long is measured, after warming up.
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
    /// The no-op method with a stream.
    NoOpStream,
    /// StreamAuthorizeOrders.
    Stream,
    /// The no-op method with many orders at once.
    NoOpBatch,
    /// BatchAuthorizeOrders.
    Batch,
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
#[derive(Clone, Debug)]
struct Seen {
    from: Stopwatch,
    until: Stopwatch,
    /// Whether a call belongs to the time that is measured by when it was meant to be made, instead of by its answer.
    is_paced: bool,
    latency: Histogram<u64>,
    answered_in_all: u64,
}

impl Call {
    const fn path(self) -> &'static str {
        match self {
            Self::NoOp => noop::PATH,
            Self::NoOpStream => noop::STREAM_PATH,
            Self::NoOpBatch => noop::BATCH_PATH,
            Self::Authorize => "/assent.v1.AuthorizationService/AuthorizeOrder",
            Self::Stream => "/assent.v1.AuthorizationService/StreamAuthorizeOrders",
            Self::Batch => "/assent.v1.AuthorizationService/BatchAuthorizeOrders",
            Self::Confirm => "/assent.v1.AcceptanceService/ConfirmAcceptance",
        }
    }
}

impl Load {
    pub(crate) fn run(self) -> Outcome<()> {
        let mut ready = Vec::new();
        for number in 0..self.connections as u64 {
            let connection = Connection::open(self.address, self.call.path(), self.token.as_deref())?;
            ready.push((connection, Bodies::new(&self, self.seed + (number << 24))));
        }
        let seconds = Duration::from_secs_f64(self.seconds);
        let from = Stopwatch::now() + seconds.mul_f64(WARM_UP);
        let mut all = Seen {
            from,
            until: from + seconds,
            is_paced: self.rate.is_some(),
            latency: histogram()?,
            answered_in_all: 0,
        };
        match self.rate {
            Some(rate) => {
                let calls =
                    ready.into_iter().map(|(connection, bodies)| Calls::new(self.call, connection, bodies));
                all = paced::run(calls.collect(), rate, self.shares_core, all)?;
            }
            None => self.together(ready, &mut all)?,
        }
        let report = LoadReport {
            answered: all.latency.len(),
            answered_in_all: all.answered_in_all,
            seconds: self.seconds,
            latency: percentiles(&all.latency),
        };
        println!("{}", serde_json::to_string(&report)?);
        Ok(())
    }

    /// Each connection on a thread of its own, with as many calls under way as it may have.
    fn together(&self, ready: Vec<(Connection, Bodies)>, all: &mut Seen) -> Outcome<()> {
        let (fresh, in_flight, call) = (all.clone(), self.in_flight, self.call);
        let threads: Vec<_> = ready
            .into_iter()
            .map(|(connection, bodies)| {
                let seen = fresh.clone();
                std::thread::spawn(move || match call {
                    Call::NoOpStream | Call::Stream => stream::run(call, connection, bodies, in_flight, seen),
                    Call::NoOp | Call::Authorize | Call::NoOpBatch | Call::Batch | Call::Confirm => {
                        unary::run(Calls::new(call, connection, bodies), in_flight, seen)
                    }
                })
            })
            .collect();
        for thread in threads {
            let seen = thread.join().map_err(|_| "a client panicked")??;
            all.latency.add(&seen.latency)?;
            all.answered_in_all += seen.answered_in_all;
        }
        Ok(())
    }
}

impl Seen {
    /// So many answers, at this instant, to what was asked at that one.
    fn answers(&mut self, asked: Stopwatch, now: Stopwatch, count: u64) {
        self.answered_in_all += count;
        let counted = if self.is_paced { asked } else { now };
        if counted >= self.from && counted < self.until {
            self.latency.saturating_record_n(now.duration_since(asked).as_nanos() as u64, count);
        }
    }
}
