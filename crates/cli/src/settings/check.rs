//! Whether settings go together, and what the server is started with then.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::thread::available_parallelism;
use std::time::Duration;

use assent_domain::values::Environment;
use assent_service::{CallLimits, ConnectionLimits, WitnessConfig};

use tonic::transport::Endpoint;

use super::values::{Durability, EnvironmentName, PublicKey};
use super::{DatabaseUrl, Settings};
use crate::args::{DATABASE, url_in};
use crate::failure::Failure;

/// A heartbeat a second, and its way there and back.
const STALENESS_MIN_SECONDS: u64 = 2;
/// Longer than any load balancer takes to hear of it.
const DRAIN_DELAY_MAX_SECONDS: u64 = 300;
const MEGABYTE: usize = 1_000_000;
/// Enough for two thousand million entries.
const PROOF_MEMORY_MAX_MEGABYTES: usize = 65_536;
/// From what a client on a slow line takes to what keeps nobody's place for long.
const FIRST_CALL_SECONDS: RangeInclusive<u64> = 1..=3_600;
/// More threads than this only wait for each other.
const WORKERS_MAX: usize = 256;

impl Settings {
    /// Refuses what does not go together.
    pub(crate) fn check(&self) -> Result<assent_service::Config, Failure> {
        self.check_identity()?;
        self.check_addresses()?;
        self.check_numbers()?;
        self.check_collector()?;
        let workers = self.workers.or_else(|| available_parallelism().ok().map(Into::into)).unwrap_or(1);
        let key = |it: &PublicKey| it.0.clone();
        Ok(assent_service::Config {
            listen: self.listen,
            database_url: self.database_url()?,
            migrate: self.migrate,
            replicated: self.durability == Durability::Replicated,
            staleness_max: Duration::from_secs(self.staleness_max),
            policy_file: self.policy.clone(),
            environment: self.environment.map(|it| match it {
                EnvironmentName::Production => Environment::Production,
                EnvironmentName::Sandbox => Environment::Sandbox,
            }),
            dev: self.dev,
            master_key_files: self.master_key_file.clone(),
            signing_key_files: self.signing_keys.clone(),
            verifier_keys: self.verifier_keys.iter().map(key).collect(),
            signs: true,
            anchor_file: self.anchor.clone(),
            // Said once, on the command line alone: a file that says it would say it again at every start.
            begin_anchor: false,
            witness: self.witness_config()?,
            tiles_listen: self.tiles_listen,
            proof_memory_bytes: self.proof_memory * MEGABYTE,
            tombstones_file: self.tombstones.clone(),
            metrics_listen: self.metrics_listen,
            drain_delay: Duration::from_secs(self.drain_delay),
            trace_ratio: self.otlp_endpoint.is_some().then_some(self.trace_ratio),
            counts_calls: true,
            workers,
            identity: self.identity.clone(),
            connections: ConnectionLimits {
                max: self.connections,
                per_address_max: self.connections_per_address.min(self.connections),
                first_call_within: Duration::from_secs(self.first_call_within),
            },
            limits: CallLimits {
                rate_per_second: self.rate_per_second,
                burst: self.burst,
                streams: self.streams_per_caller,
            },
            replay_rate: self.replay_rate,
        })
    }

    fn check_identity(&self) -> Result<(), Failure> {
        if self.dev || self.identity.is_some() {
            return Ok(());
        }
        Err(Failure::Usage(
            "nobody could be told from anybody else, so this server does not start. Configure [identity] in the file of \
             --config (docs/operations/identity.md): who issues tokens, or whose certificates are taken; or try it out \
             with `assent serve --dev`, for this machine alone"
                .to_owned(),
        ))
    }

    fn check_addresses(&self) -> Result<(), Failure> {
        let addresses: [(_, Option<SocketAddr>); 3] = [
            ("listen", Some(self.listen)),
            ("tiles_listen", self.tiles_listen),
            ("metrics_listen", self.metrics_listen),
        ];
        let reachable = |it: &SocketAddr| self.dev && !it.ip().is_loopback();
        for (name, address) in addresses {
            if let Some(address) = address.filter(reachable) {
                return Err(Failure::Usage(format!(
                    "--dev lets everybody do everything, so it listens on this machine alone: for {} write \
                     127.0.0.1:{} instead of {address}",
                    self.named(name),
                    address.port()
                )));
            }
        }
        Ok(())
    }

    fn check_numbers(&self) -> Result<(), Failure> {
        let wrong = |name, must: String| Err(Failure::Usage(format!("{} must be {must}", self.named(name))));
        if self.staleness_max < STALENESS_MIN_SECONDS {
            let must = format!("at least {STALENESS_MIN_SECONDS}: a replica hears of the log once a second");
            return wrong("staleness_max", must);
        }
        if self.workers.is_some_and(|it| !(1..=WORKERS_MAX).contains(&it)) {
            return wrong("workers", format!("from 1 to {WORKERS_MAX}"));
        }
        for (name, count) in [
            ("connections", self.connections),
            ("connections_per_address", self.connections_per_address),
            ("streams_per_caller", self.streams_per_caller),
        ] {
            if count == 0 {
                return wrong(name, "at least 1".to_owned());
            }
        }
        if !FIRST_CALL_SECONDS.contains(&self.first_call_within) {
            let (least, most) = (FIRST_CALL_SECONDS.start(), FIRST_CALL_SECONDS.end());
            return wrong("first_call_within", format!("from {least} to {most} seconds"));
        }
        if self.proof_memory > PROOF_MEMORY_MAX_MEGABYTES {
            return wrong("proof_memory", format!("at most {PROOF_MEMORY_MAX_MEGABYTES} megabytes"));
        }
        if self.drain_delay > DRAIN_DELAY_MAX_SECONDS {
            return wrong("drain_delay", format!("at most {DRAIN_DELAY_MAX_SECONDS} seconds"));
        }
        if !(0.0..=1.0).contains(&self.trace_ratio) {
            return wrong("trace_ratio", "from 0 to 1".to_owned());
        }
        Ok(())
    }

    fn check_collector(&self) -> Result<(), Failure> {
        let Some(url) = &self.otlp_endpoint else { return Ok(()) };
        let is_http = ["http://", "https://"].iter().any(|it| url.starts_with(it));
        match Endpoint::from_shared(url.clone()) {
            Ok(endpoint) if is_http && endpoint.uri().host().is_some_and(|it| !it.is_empty()) => Ok(()),
            _ => Err(Failure::Usage(format!("{} must be http://host:port", self.named("otlp_endpoint")))),
        }
    }

    /// The database that was named last.
    fn database_url(&self) -> Result<String, Failure> {
        let rank = |name| self.given.get(name).map(|it| it.source.rank());
        match (&self.database, &self.database_file) {
            (None, None) => Ok(DATABASE.to_owned()),
            (Some(DatabaseUrl(url)), None) => Ok(url.clone()),
            (None, Some(path)) => url_in(path),
            (Some(DatabaseUrl(url)), Some(path)) => match rank("database").cmp(&rank("database_file")) {
                std::cmp::Ordering::Greater => Ok(url.clone()),
                std::cmp::Ordering::Less => url_in(path),
                std::cmp::Ordering::Equal => Err(Failure::Usage(format!(
                    "{} and {} both name the database",
                    self.named("database"),
                    self.named("database_file")
                ))),
            },
        }
    }

    fn witness_config(&self) -> Result<Option<WitnessConfig>, Failure> {
        let missing = |given, other| {
            let given = self.named(given);
            Err(Failure::Usage(format!("`{other}` is missing: it belongs to {given}")))
        };
        match (&self.witness, &self.witness_key) {
            (Some(url), Some(key)) => Ok(Some(WitnessConfig { url: url.clone(), key: key.0.clone() })),
            (None, None) => Ok(None),
            (Some(_), None) => missing("witness", "witness_key"),
            (None, Some(_)) => missing("witness_key", "witness"),
        }
    }
}
