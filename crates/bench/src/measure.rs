//! The whole run: what is started in which order, and which rates are held against each other.

use std::path::{Path, PathBuf};
use std::time::Instant as Stopwatch;

use clap::{Args, ValueEnum as _};
use serde::Serialize;

use crate::child::{Child, Core, can_pin};
use crate::index::IndexReport;
use crate::load::{Call, LoadReport};
use crate::machine::Machine;
use crate::report::{Latency, Report, median, rates};
use crate::server::Running;
use crate::{Outcome, ledger};

/// The core of the server, where parts can be pinned; it serves with one thread then.
const SERVER: Core = Core(0);
/// The core of the clients.
const CLIENTS: Core = Core(1);
/// Connections of the decisions.
const CONNECTIONS: usize = 4;
/// Unary decisions under way on each connection.
const CALLS_IN_FLIGHT: usize = 32;
/// Unanswered orders on each connection's stream.
const STREAM_IN_FLIGHT: usize = 256;
/// Unanswered batches on each connection: no more orders are under way than in the streams.
const BATCHES_IN_FLIGHT: usize = 1;
/// How many confirm at once: on four connections.
const CALLERS: usize = 64;

/// What is to be measured.
#[derive(Debug, Args)]
pub(crate) struct Measure {
    /// A small ledger and short rounds: to see that everything works, not how fast it is.
    #[arg(long)]
    quick: bool,
    /// Where the loaded ledger is kept for the next run; without it, it is made anew and thrown away.
    #[arg(long, value_name = "DIR")]
    ledger: Option<PathBuf>,
    /// How many relationships the ledger has [default: 1000000, or 10000 with --quick].
    #[arg(long, value_name = "N")]
    relationships: Option<u64>,
    /// How often each number is measured; the median counts.
    #[arg(long, value_name = "N", default_value_t = 5)]
    rounds: usize,
    /// How long each measurement of calls takes [default: 4, or 0.5 with --quick].
    #[arg(long, value_name = "S")]
    seconds: Option<f64>,
    /// Where all numbers are written to.
    #[arg(long, value_name = "FILE", default_value = "target/assent-bench.json")]
    json: PathBuf,
    /// Puts the table into docs/PERFORMANCE.md of the repository that this is run in.
    #[arg(long)]
    write_docs: bool,
}

/// One measurement of calls.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Trial {
    /// Answers a second.
    pub(crate) rate: f64,
    /// Processor time of the server for one answer, in microseconds.
    pub(crate) server_cpu_us: f64,
    /// Nanoseconds from asking to the answer.
    pub(crate) latency: Latency,
}

/// Everything that was measured, a list of rounds each.
#[derive(Debug, Serialize)]
pub(crate) struct Measurements {
    pub(crate) pinned: bool,
    pub(crate) seconds: f64,
    pub(crate) index: IndexReport,
    pub(crate) no_op: Vec<Trial>,
    pub(crate) authorize: Vec<Trial>,
    /// At once with the same on a server that neither counts nor names calls.
    pub(crate) authorize_beside: Beside,
    /// On a server that asks for credentials, counts, and samples spans.
    pub(crate) authorize_guarded: Vec<Trial>,
    pub(crate) no_op_stream: Vec<Trial>,
    pub(crate) stream: Vec<Trial>,
    pub(crate) stream_beside: Beside,
    pub(crate) no_op_batch: Vec<Trial>,
    pub(crate) batch: Vec<Trial>,
    /// The calls a second that were made at half load, of either method.
    pub(crate) half_load: f64,
    pub(crate) no_op_half: Vec<Trial>,
    pub(crate) authorize_half: Vec<Trial>,
    pub(crate) confirm_one: Vec<Trial>,
    pub(crate) confirm_many: Vec<Trial>,
}

/// The same calls on two servers at once, on one core: one that counts and names them, and one that does not.
#[derive(Debug, Serialize)]
pub(crate) struct Beside {
    pub(crate) counted: Vec<Trial>,
    pub(crate) bare: Vec<Trial>,
}

/// Calls to be measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Calls {
    pub(crate) call: Call,
    pub(crate) connections: usize,
    pub(crate) in_flight: usize,
    /// So many a second, whatever is under way; none: as many as can be.
    pub(crate) rate: Option<f64>,
}

impl Measure {
    pub(crate) fn run(self) -> Outcome<()> {
        if cfg!(debug_assertions) && !self.quick {
            return Err("only a release build says anything: cargo run --release -p assent-bench".into());
        }
        let relationships = self.relationships.unwrap_or(if self.quick { 10_000 } else { 1_000_000 });
        eprintln!("a ledger with {relationships} relationships");
        let folder = ledger::ready(self.ledger.as_deref(), relationships)?;
        let machine = Machine::look(folder.path())?;
        // Whoever starts first signs what is not signed yet. From then on there is nothing to write before the first confirmation.
        Running::start(folder.path(), 1, None)?.stop()?;
        let [other, third] = [ledger::twin(folder.path())?, ledger::twin(folder.path())?];
        let measurements = self.measure([folder.path(), other.path(), third.path()], relationships)?;
        let command: Vec<_> = std::env::args().skip(1).collect();
        let report = Report::of(machine, measurements, &command)?;
        print!("{}", report.table());
        std::fs::write(&self.json, serde_json::to_string_pretty(&report)?)?;
        eprintln!("all numbers are in {}", self.json.display());
        if self.write_docs {
            report.write_docs(Path::new("docs/PERFORMANCE.md"))?;
        }
        Ok(())
    }

    fn measure(&self, [folder, other, third]: [&Path; 3], relationships: u64) -> Outcome<Measurements> {
        let pinned = can_pin() && std::thread::available_parallelism()?.get() > 1;
        eprintln!("decisions in the index");
        let index = self.index(folder, relationships, pinned)?;
        let seconds = self.seconds.unwrap_or(if self.quick { 0.5 } else { 4.0 });
        let run = Run { relationships, seconds, rounds: self.rounds };

        eprintln!("decisions over gRPC");
        let unary = |call| Calls { call, connections: CONNECTIONS, in_flight: CALLS_IN_FLIGHT, rate: None };
        let stream = |call| Calls { in_flight: STREAM_IN_FLIGHT, ..unary(call) };
        let batch = |call| Calls { in_flight: BATCHES_IN_FLIGHT, ..unary(call) };
        let clients = pinned.then_some(CLIENTS);
        let core = pinned.then_some(SERVER);
        let together = [unary(Call::Authorize), stream(Call::Stream)];
        let [authorize_beside, stream_beside] = run.beside(clients, core, [folder, other], together)?;
        let server = Running::start(folder, 1, core)?;
        // One that counts nothing, on the same core.
        let bare = Running::start_uncounted(other, 1, core)?;
        let guarded = Running::start_guarded(third, 1, core)?;
        // The limit is called where nothing is counted and nobody is asked who he is.
        let calls = [
            (&bare, unary(Call::NoOp)),
            (&server, unary(Call::Authorize)),
            (&guarded, unary(Call::Authorize)),
        ];
        let [no_op, authorize, authorize_guarded] = run.alternate(clients, calls)?;
        guarded.stop()?;
        let calls = [(&bare, stream(Call::NoOpStream)), (&server, stream(Call::Stream))];
        let [no_op_stream, stream] = run.alternate(clients, calls)?;
        let calls = [(&bare, batch(Call::NoOpBatch)), (&server, batch(Call::Batch))];
        let [no_op_batch, batch] = run.alternate(clients, calls)?;
        let half_load = median(&rates(&authorize)).min(median(&rates(&no_op))) / 2.0;
        let paced = |call| Calls { rate: Some(half_load), ..unary(call) };
        let calls = [(&bare, paced(Call::NoOp)), (&server, paced(Call::Authorize))];
        let [no_op_half, authorize_half] = run.alternate_in_pieces(clients, calls)?;
        server.stop()?;
        bare.stop()?;

        // A write waits for the disk and is carried out by several threads: it gets every core there is.
        eprintln!("confirmations");
        let confirm =
            |connections, in_flight| Calls { call: Call::Confirm, connections, in_flight, rate: None };
        let server = Running::start(folder, std::thread::available_parallelism()?.into(), None)?;
        let calls = [(&server, confirm(1, 1)), (&server, confirm(CONNECTIONS, CALLERS / CONNECTIONS))];
        let [confirm_one, confirm_many] = run.alternate(None, calls)?;
        server.stop()?;
        Ok(Measurements {
            pinned,
            seconds,
            index,
            no_op,
            authorize,
            authorize_beside,
            authorize_guarded,
            no_op_stream,
            stream,
            stream_beside,
            no_op_batch,
            batch,
            half_load,
            no_op_half,
            authorize_half,
            confirm_one,
            confirm_many,
        })
    }

    fn index(&self, folder: &Path, relationships: u64, pinned: bool) -> Outcome<IndexReport> {
        let folder = folder.display().to_string();
        let (customers, rounds) = (relationships.to_string(), self.rounds.to_string());
        let arguments = [
            "index",
            "--json",
            "--folder",
            &folder,
            "--relationships",
            &customers,
            "--orders",
            &customers,
            "--rounds",
            &rounds,
        ];
        let printed = Child::start(pinned.then_some(SERVER), &arguments)?.finish()?;
        Ok(serde_json::from_str(&printed)?)
    }
}

/// How all calls are measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    pub(crate) relationships: u64,
    pub(crate) seconds: f64,
    pub(crate) rounds: usize,
}

impl Run {
    /// Measures calls in turn, round after round; every other round in the opposite order, so that none is always
    /// the one that finds the machine warm.
    fn alternate<const N: usize>(
        self,
        clients: Option<Core>,
        calls: [(&Running, Calls); N],
    ) -> Outcome<[Vec<Trial>; N]> {
        let mut trials = [const { Vec::new() }; N];
        for round in 0..self.rounds {
            let mut order: Vec<usize> = (0..N).collect();
            if round % 2 == 1 {
                order.reverse();
            }
            for which in order {
                let seed = (round * N + which) as u64 + 1;
                let (server, calls) = calls[which];
                let trial = self.trial(server, clients, calls, seed)?;
                eprintln!("  round {}, {:?}: {:.0}/s", round + 1, calls.call, trial.rate);
                trials[which].push(trial);
            }
        }
        Ok(trials)
    }

    /// The same with each round in short pieces, the calls in turn from one to the next; what a round says is what the piece does whose
    /// 99th percentile is the middle one. Now and then a core of a virtual machine does not run for tens of milliseconds: in
    /// one long piece that alone is the percentile.
    fn alternate_in_pieces<const N: usize>(
        self,
        clients: Option<Core>,
        calls: [(&Running, Calls); N],
    ) -> Outcome<[Vec<Trial>; N]> {
        const PIECES: usize = 15;
        const OF_THE_TIME: f64 = 0.25;
        let pieces = Self { rounds: PIECES, seconds: OF_THE_TIME * self.seconds, ..self };
        let mut trials = [const { Vec::new() }; N];
        for _ in 0..self.rounds {
            for (trials, mut pieces) in trials.iter_mut().zip(pieces.alternate(clients, calls)?) {
                pieces.sort_by_key(|it| it.latency.p99);
                trials.push(pieces.swap_remove(PIECES / 2));
            }
        }
        Ok(trials)
    }

    /// Measures the same calls on two servers at once, of which the first counts: whatever slows the machine down meanwhile
    /// slows both. Each has half of a core, and so its time. Both are started anew for each round, because where a process
    /// happens to lie in memory makes more of a difference than what is measured.
    fn beside<const N: usize>(
        self,
        clients: Option<Core>,
        core: Option<Core>,
        folders: [&Path; 2],
        calls: [Calls; N],
    ) -> Outcome<[Beside; N]> {
        const TIMES_AS_LONG: f64 = 2.0;
        let run = Self { seconds: TIMES_AS_LONG * self.seconds, ..self };
        let mut all = [const { Beside { counted: Vec::new(), bare: Vec::new() } }; N];
        for round in 0..self.rounds {
            let servers =
                [Running::start(folders[0], 1, core)?, Running::start_uncounted(folders[1], 1, core)?];
            for (beside, calls) in all.iter_mut().zip(calls) {
                let [counted, bare] = run.at_once(clients, &servers, calls, round as u64 + 1)?;
                let [of, without] = [&counted, &bare].map(|it| it.server_cpu_us);
                eprintln!("  round {}, {:?} at once: {of:.2} and {without:.2} µs", round + 1, calls.call);
                beside.counted.push(counted);
                beside.bare.push(bare);
            }
            let [counting, bare] = servers;
            counting.stop()?;
            bare.stop()?;
        }
        Ok(all)
    }

    fn at_once(
        self,
        clients: Option<Core>,
        servers: &[Running; 2],
        calls: Calls,
        seed: u64,
    ) -> Outcome<[Trial; 2]> {
        let [counted, bare] = std::thread::scope(|scope| {
            let trials =
                servers.each_ref().map(|it| scope.spawn(move || self.trial(it, clients, calls, seed)));
            trials.map(|it| it.join().unwrap_or_else(|_| Err("a thread of a client panicked".into())))
        });
        Ok([counted?, bare?])
    }

    pub(crate) fn trial(
        self,
        server: &Running,
        clients: Option<Core>,
        calls: Calls,
        seed: u64,
    ) -> Outcome<Trial> {
        let call = calls.call.to_possible_value().ok_or("every call has a name")?;
        let arguments = [
            "load".to_owned(),
            format!("--address={}", server.address),
            format!("--call={}", call.get_name()),
            format!("--connections={}", calls.connections),
            format!("--in-flight={}", calls.in_flight),
            format!("--seconds={}", self.seconds),
            format!("--customers={}", self.relationships),
            format!("--seed={}", seed << 32),
        ];
        let rate = calls.rate.map(|it| format!("--rate={it}"));
        let token = server.token.as_ref().map(|it| format!("--token={it}"));
        let shares_core = (rate.is_some() && clients.is_none()).then(|| "--shares-core".to_owned());
        let more = rate.iter().chain(&token).chain(&shares_core);
        let arguments: Vec<_> = arguments.iter().chain(more).map(String::as_str).collect();
        let before = server.cpu_seconds()?;
        let printed = Child::start(clients, &arguments)?.finish()?;
        let spent = server.cpu_seconds()? - before;
        let LoadReport { answered, answered_in_all, seconds, latency } = serde_json::from_str(&printed)?;
        let server_cpu_us = spent * 1e6 / answered_in_all as f64;
        Ok(Trial { rate: answered as f64 / seconds, server_cpu_us, latency })
    }
}

/// What came of some work, and how many seconds it took.
pub(crate) fn timed<T>(work: impl FnOnce() -> Outcome<T>) -> Outcome<(T, f64)> {
    let before = Stopwatch::now();
    let done = work()?;
    Ok((done, before.elapsed().as_secs_f64()))
}
