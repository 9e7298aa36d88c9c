//! The settings of a server: one table of keys, from which the file, the environment, the flags, `assent config` and
//! docs/operations/configuration.md are all made.
//!
//! A key is given in the file (`drain_delay = 5`), then in the environment (`ASSENT_DRAIN_DELAY=5`), then as a flag
//! (`--drain-delay 5`): the later one wins. What is no key is an error wherever it stands, and every error says where.

mod check;
mod environment;
mod file;
mod flags;
mod given;
mod key;
mod nearest;
mod redacted;
mod reference;
mod values;

pub(crate) use flags::Flags;
pub(crate) use given::{Given, Source};
pub(crate) use key::{Key, Kind};
pub(crate) use redacted::shown;
pub(crate) use reference::sample;
pub(crate) use values::LogFormat;

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

use assent_identity::IdentityConfig;

use self::given::Merged;
use self::values::{DatabaseUrl, Durability, EnvironmentName, PublicKey};
use crate::failure::Failure;

macro_rules! settings {
    ($($(#[doc = $help:literal])+ $name:ident: $type:ty, $kind:expr, $flag:literal, $default:expr, $example:literal;)*) => {
        /// The settings as they are used, from wherever they came.
        #[derive(Debug)]
        pub(crate) struct Settings {
            $($(#[doc = $help])+ pub(crate) $name: $type,)*
            /// Where each came from.
            given: Merged,
        }

        /// Every key, in the order of the documents.
        pub(crate) const KEYS: &[Key] = &[$(Key {
            name: stringify!($name),
            help: concat!($($help),+),
            kind: $kind,
            flag: $flag,
            default: $default,
            example: $example,
        }),*];

        impl Settings {
            fn of(given: Merged) -> Result<Self, Failure> {
                Ok(Self { $($name: given.read(stringify!($name))?,)* given })
            }
        }
    };
}

settings! {
    /// The address that calls come to; port 0 takes a free one.
    listen: SocketAddr, Kind::Text("ADDR"), "listen", Some("127.0.0.1:50051"), "\"127.0.0.1:50051\"";
    /// The ledger's database: sqlite:FILE, or postgres://USER@HOST/DATABASE (several hosts: HOST,HOST).
    database: Option<DatabaseUrl>, Kind::Text("URL"), "database", None, "\"sqlite:assent.db\"";
    /// A file with the database's URL, so that no password stands in a list of processes.
    database_file: Option<PathBuf>, Kind::Text("FILE"), "database-file", None, "\"/etc/assent/database.url\"";
    /// Whether the database's tables are made or brought up to date at the start; if not, `assent migrate` has done it.
    migrate: bool, Kind::Switch, "no-migrate", Some("true"), "true";
    /// Where a write must be durable before it is acknowledged: here, or on a PostgreSQL standby, too.
    durability: Durability, Kind::Choice(Durability::NAMES), "durability", Some("local"), "\"local\"";
    /// How long this replica goes on answering without hearing of the log, in seconds (PostgreSQL).
    staleness_max: u64, Kind::Whole("SECONDS"), "staleness-max", Some("15"), "15";
    /// The policy that a new ledger starts with; without it, the built-in pack.
    policy: Option<PathBuf>, Kind::Text("FILE"), "policy", None, "\"policy.yaml\"";
    /// What a new ledger is for, fixed at its first start; without it, production.
    environment: Option<EnvironmentName>, Kind::Choice(EnvironmentName::NAMES), "environment", None, "\"production\"";
    /// Everybody on this machine may do everything. For trying out, never for real records.
    dev: bool, Kind::Switch, "dev", Some("false"), "true";
    /// The key that personal data is sealed with; given again, keys that were used before (see `assent vault rotate`).
    master_key_file: Vec<PathBuf>, Kind::List("FILE"), "master-key-file", None, "[\"/etc/assent/master.key\"]";
    /// A key that signs checkpoints (`assent key generate`); several while one is rotated.
    signing_keys: Vec<PathBuf>, Kind::List("FILE"), "signing-key", None, "[\"/etc/assent/signing.key\"]";
    /// A public key of the log beside those of the signing keys: of another server's, or of one that was rotated out.
    verifier_keys: Vec<PublicKey>, Kind::List("VKEY"), "verifier-key", None, "[\"ledger.example/contoso+0a1b2c3d+AX…\"]";
    /// Remembers what was signed last; outside the database's folder and its backups.
    anchor: Option<PathBuf>, Kind::Text("FILE"), "anchor", None, "\"/var/lib/assent-anchor/ledger.anchor\"";
    /// A witness (C2SP tlog-witness) that cosigns each checkpoint: what several servers that sign need.
    witness: Option<String>, Kind::Text("URL"), "witness", None, "\"https://witness.example\"";
    /// The witness's public key.
    witness_key: Option<PublicKey>, Kind::Text("VKEY"), "witness-key", None, "\"witness.example/w1+0a1b2c3d+BX…\"";
    /// Where monitors read checkpoints and tiles over HTTP (C2SP tlog-tiles); without it, nowhere.
    tiles_listen: Option<SocketAddr>, Kind::Text("ADDR"), "tiles-listen", None, "\"127.0.0.1:50052\"";
    /// Memory for proofs of a large log, in megabytes: 46 hold all that proofs of a million entries are made of.
    proof_memory: usize, Kind::Whole("MEGABYTES"), "proof-memory", Some("480"), "480";
    /// Keeps what was erased erased, whatever backup is restored: a list outside of the data.
    tombstones: Option<PathBuf>, Kind::Text("FILE"), "tombstones", None, "\"/var/lib/assent-erased/list\"";
    /// Keeps what a start reads, so that it is quick however large the ledger is; on SQLite there is one beside the database. A file that is something else is left as it is.
    index_image: Option<PathBuf>, Kind::Text("FILE"), "index-image", None, "\"/var/lib/assent/index\"";
    /// Where /metrics, /livez and /readyz are, over HTTP; without it, nowhere.
    metrics_listen: Option<SocketAddr>, Kind::Text("ADDR"), "metrics-listen", None, "\"127.0.0.1:9464\"";
    /// How long the server, asked to stop, says that it is not ready and still accepts calls, in seconds.
    drain_delay: u64, Kind::Whole("SECONDS"), "drain-delay", Some("0"), "5";
    /// An OpenTelemetry collector (OTLP over gRPC) that sampled calls are told to; without it, nobody.
    otlp_endpoint: Option<String>, Kind::Text("URL"), "otlp-endpoint", None, "\"http://127.0.0.1:4317\"";
    /// The share (0 to 1) of the calls that are sampled where the caller's `traceparent` does not decide it.
    trace_ratio: f64, Kind::Decimal("SHARE"), "trace-ratio", Some("0"), "0.01";
    /// What to log: a level, or levels by module.
    log: String, Kind::Text("FILTER"), "log", Some("info"), "\"info\"";
    /// How log lines are written.
    log_format: LogFormat, Kind::Choice(LogFormat::NAMES), "log-format", Some("text"), "\"json\"";
    /// How many threads answer calls; without it, as many as there are cores.
    workers: Option<usize>, Kind::Whole("N"), "workers", None, "2";
    /// How many connections there may be at once.
    connections: usize, Kind::Whole("N"), "connections", Some("4096"), "4096";
    /// How many of them may come from one address (of IPv6, from one /64).
    connections_per_address: usize, Kind::Whole("N"), "connections-per-address", Some("1024"), "1024";
    /// How long a connection may stay on which no call was let in, in seconds.
    first_call_within: u64, Kind::Whole("SECONDS"), "first-call-within", Some("60"), "60";
    /// How many calls a second one caller may make; without it, as many as it can send.
    rate_per_second: Option<NonZeroU32>, Kind::Whole("N"), "rate-per-second", None, "200";
    /// How many calls a quiet caller may make at once beyond its rate.
    burst: NonZeroU32, Kind::Whole("N"), "burst", Some("1000"), "1000";
    /// How many streams, imports and exports one caller may have under way.
    streams_per_caller: usize, Kind::Whole("N"), "streams-per-caller", Some("1024"), "1024";
    /// How many events a second all replays (`ReadEvents`, live ones as well) are given together; without it, as many as they take. With it the log is read in smaller pages, so that an order waits for less.
    replay_rate: Option<NonZeroU32>, Kind::Whole("N"), "replay-rate", None, "50000";
    /// Who may call, and how they show it: see [identity.md](identity.md).
    identity: Option<IdentityConfig>, Kind::Table, "identity", None, "";
}

impl Settings {
    /// Reads the file, where one is named, then the environment, then the flags.
    pub(crate) fn from(flags: &Flags) -> Result<Self, Failure> {
        Self::gathered(flags, &environment::of_the_process())
    }

    fn gathered(flags: &Flags, environment: &environment::Environment) -> Result<Self, Failure> {
        let mut given = Merged::defaults();
        if let Some(path) = flags.config.clone().or_else(|| environment.config()) {
            given.add(file::read_file(&path)?);
        }
        given.add(environment.given()?);
        given.add(flags.given()?);
        Self::of(given)
    }

    /// Every key that has a value, with the value and where it came from.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&'static Key, &Given)> {
        KEYS.iter().filter_map(|key| Some((key, self.given.get(key.name)?)))
    }

    /// A key as whoever gave it wrote it, for a sentence about it.
    fn named(&self, name: &'static str) -> String {
        match self.given.get(name).map(|it| &it.source) {
            None | Some(Source::Default) => format!("`{name}`"),
            Some(source @ Source::File { .. }) => format!("`{name}` ({source})"),
            Some(source @ (Source::Variable(_) | Source::Flag(_))) => source.to_string(),
        }
    }
}

#[cfg(test)]
mod tests;
