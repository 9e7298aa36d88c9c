//! The page of figures. Its names are a promise: `docs/operations/metrics.md` lists them, and a test holds the two together.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use tonic::Code;

use super::families::Out;
use super::figures::{Batched, CODES, Figures};
use super::observed::Observed;

/// What a page is made of.
pub(super) struct Page {
    pub(super) figures: Arc<Figures>,
    /// Seconds since 1970.
    pub(super) started_at: f64,
    pub(super) is_ready: bool,
    /// None until the ledger is open.
    pub(super) observed: Option<Observed>,
}

impl fmt::Debug for Page {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Page").finish_non_exhaustive()
    }
}

impl Collector for Page {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut out = Out(encoder);
        self.process(&mut out)?;
        self.calls(&mut out)?;
        self.decisions(&mut out)?;
        self.append(&mut out)?;
        self.log(&mut out)?;
        self.replica(&mut out)?;
        self.checkpoints(&mut out)?;
        self.pools(&mut out)
    }
}

impl Page {
    fn process(&self, out: &mut Out<'_>) -> fmt::Result {
        let build = [("version", env!("CARGO_PKG_VERSION"))];
        out.gauges("assent_build_info", "Always 1, with the version of the program", [(build, 1)])?;
        out.gauge(
            "assent_start_time_seconds",
            "When the server was started, in seconds since 1970",
            Some(self.started_at),
        )?;
        out.gauge(
            "assent_ready",
            "Whether the server should be sent calls, as /readyz says it",
            Some(u32::from(self.is_ready)),
        )?;
        let memory = resident_bytes();
        out.gauge("assent_resident_memory_bytes", "The memory that the process holds", memory)?;
        let connections = &self.figures.connections;
        // Read first: what is closed meanwhile was accepted before.
        let closed = connections.closed.load(Ordering::Relaxed);
        let accepted = connections.accepted.load(Ordering::Relaxed);
        out.counter("assent_connections", "Connections that were accepted", accepted)?;
        out.gauge(
            "assent_connections_open",
            "Connections that are open",
            Some(accepted.saturating_sub(closed)),
        )
    }

    fn calls(&self, out: &mut Out<'_>) -> fmt::Result {
        let called = self.figures.methods.all().map(|(at, name)| (name, self.figures.method(at)));
        let called: Vec<_> = called.filter(|(_, it)| it.begun > 0).collect();
        let ended = called.iter().flat_map(|(name, it)| {
            let codes = (0..CODES).filter(|code| *code == 0 || it.ended[*code] > 0);
            codes.map(|code| ([("method", *name), ("code", CODE_NAMES[code])], it.ended[code]))
        });
        out.counters("assent_calls", "Calls that ended, by method and gRPC status code", ended)?;
        let lasted = called.iter().map(|(name, it)| ([("method", *name)], it.lasted));
        out.durations(
            "assent_call_duration_seconds",
            "How long calls took, streams from their first to their last message",
            lasted,
        )?;
        let under_way = called
            .iter()
            .map(|(name, it)| ([("method", *name)], it.begun.saturating_sub(it.ended.iter().sum())));
        out.gauges("assent_calls_in_flight", "Calls under way, streams among them", under_way)
    }

    fn decisions(&self, out: &mut Out<'_>) -> fmt::Result {
        let outcomes = self.figures.decisions().map(|(outcome, count)| ([("outcome", outcome)], count));
        out.counters("assent_decisions", "Orders that were decided, by outcome", outcomes)?;
        let reasons = self.figures.reasons().map(|(reason, count)| ([("reason", reason)], count));
        out.counters(
            "assent_decision_reasons",
            "Reasons that decisions gave; a denial gives all that hold",
            reasons,
        )
    }

    fn append(&self, out: &mut Out<'_>) -> fmt::Result {
        let (figures, append) = (&self.figures, &self.figures.append);
        let batches = Batched::ALL.map(|(it, name)| ([("outcome", name)], figures.batches(it)));
        out.counters(
            "assent_append_batches",
            "Batches that were handed to the database; lost: another process appended first",
            batches,
        )?;
        out.counts(
            "assent_append_batch_commands",
            "How many commands one commit carried out",
            append.commands.read(),
        )?;
        out.counts("assent_append_batch_events", "How many events one commit stored", append.events.read())?;
        let commits = append.commits.read();
        out.duration("assent_append_commit_duration_seconds", "How long commits took", commits)?;
        let lanes = self.observed.iter().flat_map(|it| it.queue.lanes());
        let waiting = lanes.clone().map(|it| ([("lane", it.name)], it.waiting as u64));
        out.gauges("assent_append_queue_commands", "Commands that wait to be carried out", waiting)?;
        let room = lanes.map(|it| ([("lane", it.name)], it.capacity as u64));
        out.gauges("assent_append_queue_capacity_commands", "How many commands may wait", room)
    }

    fn log(&self, out: &mut Out<'_>) -> fmt::Result {
        let observed = self.observed.as_ref();
        out.gauge("assent_log_entries", "How many entries the log has", observed.map(Observed::entries))?;
        let followers = observed.map(Observed::followers).unwrap_or_default();
        let positions = followers.iter().map(|(name, lag)| ([("follower", *name)], lag.positions));
        out.gauges(
            "assent_follower_lag_positions",
            "How many entries a follower of the log does not have yet",
            positions,
        )?;
        let seconds = followers.iter().map(|(name, lag)| ([("follower", *name)], lag.age.as_secs_f64()));
        out.gauges(
            "assent_follower_lag_seconds",
            "How long the first entry that a follower does not have has been known",
            seconds,
        )
    }

    fn replica(&self, out: &mut Out<'_>) -> fmt::Result {
        let trust = self.observed.as_ref().map(|it| &it.trust);
        let staleness = self.observed.as_ref().map(|it| it.staleness().as_secs_f64());
        out.gauge(
            "assent_replica_staleness_seconds",
            "How old what this server answers from may be; 0 on a file",
            staleness,
        )?;
        let max = trust.and_then(|it| it.staleness_max()).map(|it| it.as_secs_f64());
        out.gauge(
            "assent_replica_staleness_max_seconds",
            "How old it may be before the server stops to answer; not on a file",
            max,
        )?;
        let reloads = trust.map_or(0, |it| it.reload_count());
        out.counter(
            "assent_log_reloads",
            "How often the log was read anew because it had diverged",
            reloads,
        )?;
        let agrees = trust.map(|it| u32::from(it.clock_agrees()));
        out.gauge(
            "assent_clock_agrees",
            "Whether this machine's clock and the database's agree; where not, nothing is written",
            agrees,
        )
    }

    fn checkpoints(&self, out: &mut Out<'_>) -> fmt::Result {
        let standing = self.observed.as_ref().and_then(Observed::standing);
        out.gauge(
            "assent_checkpoint_entries",
            "The size that the newest checkpoint signs; only where the server signs",
            standing.map(|it| it.last.map_or(0, |it| it.size)),
        )?;
        let age = standing.and_then(|it| it.last).map(|it| it.age().as_secs_f64());
        out.gauge(
            "assent_checkpoint_age_seconds",
            "How long ago the newest checkpoint was signed; a log that does not grow is not signed again",
            age,
        )?;
        out.gauge(
            "assent_log_forked",
            "Whether the log is not the one that was signed; only where the server signs",
            standing.map(|it| u32::from(it.forked.is_some())),
        )
    }

    fn pools(&self, out: &mut Out<'_>) -> fmt::Result {
        let pools: Vec<_> = self.observed.iter().flat_map(Observed::pools).collect();
        let states = pools.iter().flat_map(|it| {
            let used = u64::from(it.open).saturating_sub(it.idle);
            [
                ([("pool", it.name), ("state", "used")], used),
                ([("pool", it.name), ("state", "idle")], it.idle),
            ]
        });
        out.gauges("assent_pool_connections", "Connections to the database", states)?;
        let max = pools.iter().map(|it| ([("pool", it.name)], it.max));
        out.gauges("assent_pool_connections_max", "How many connections a pool may have", max)
    }
}

/// The names of the codes, by number.
const CODE_NAMES: [&str; CODES] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];
const _: () = assert!(Code::Unauthenticated as usize == CODES - 1);

/// The resident memory, where the system tells.
fn resident_bytes() -> Option<u64> {
    const KIB: u64 = 1_024;
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches("kB").trim_end().parse::<u64>().ok().map(|it| it * KIB)
}
