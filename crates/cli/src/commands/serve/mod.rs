//! `assent serve`: the ledger itself.

mod settings;

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;

use assent_evidence::VerifierKey;
use clap::{Args, ValueEnum};
use serde::Deserialize;
use tracing_subscriber::EnvFilter;

use self::settings::Settings;
use crate::args::DatabaseFlags;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::signals;

const ABOUT: &str = "Start the server";

const TEACHES: &str = "\
Start the server, and make the ledger where there is none.

It prints one line with its address once it accepts calls (port 0 takes a free port), writes its log to standard \
error, and ends with exit code 0 on SIGTERM after finishing what is under way.

With --dev, on this machine alone, every caller without a credential acts as a developer who holds every role. Without \
it, [identity] in the file of --config says who issues tokens, and whose certificates are taken.

  assent serve --dev
  assent serve --dev --listen 127.0.0.1:0 --database sqlite:/srv/ledger/assent.db
  assent serve --dev --database-file ledger.url --master-key-file master.key

On PostgreSQL any number of servers may serve one ledger; each needs the same master key.

The same settings can stand in a TOML file; flags win over it:

  # assent.toml, for assent serve --config assent.toml
  listen = \"127.0.0.1:50051\"
  database = \"sqlite:assent.db\"
  policy = \"policy.yaml\"
  environment = \"production\"
  dev = true
  master_key_file = \"/etc/assent/master.key\"
  signing_keys = [\"/etc/assent/signing.key\"]
  witness = \"https://witness.example\"
  witness_key = \"witness.example/w1+0a1b2c3d+BX…\"
  tiles_listen = \"127.0.0.1:50052\"
  verifier_keys = [\"ledger.example/contoso+0a1b2c3d+AX…\"]
  anchor = \"/var/lib/assent-anchor/ledger.anchor\"
  tombstones = \"/var/lib/assent-erased/list\"
  migrate = true
  durability = \"local\"
  staleness_max = 15
  log_format = \"json\"
  workers = 2

  [identity.tls]
  certificate = \"/etc/assent/tls/server.crt\"
  key = \"/etc/assent/tls/server.key\"

  [[identity.issuers]]
  issuer = \"https://login.example\"
  audiences = [\"assent\"]
  jwks_url = \"https://login.example/keys\"";

const NEXT: &str = "\
Next: in another terminal, `assent register partner contoso --program direct-bill --country DE`.";

/// The ledger itself.
#[derive(Debug, Default, Args)]
#[command(about = ABOUT, long_about = TEACHES, after_help = NEXT)]
pub(crate) struct Serve {
    /// The address to listen on [default: 127.0.0.1:50051].
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    #[command(flatten)]
    database: DatabaseFlags,
    /// Leave the database's tables as they are: `assent migrate` has made them.
    #[arg(long)]
    no_migrate: bool,
    /// Where a write must be durable before it is acknowledged [default: local].
    #[arg(long, value_enum)]
    durability: Option<Durability>,
    /// How long this replica goes on answering without hearing of the log (PostgreSQL) [default: 15].
    #[arg(long, value_name = "SECONDS")]
    staleness_max: Option<u64>,
    /// The policy that a new ledger starts with; without it, the built-in pack.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// What a new ledger is for; fixed at its first start [default: production].
    #[arg(long, value_enum)]
    environment: Option<EnvironmentName>,
    /// Everybody on this machine may do everything. For trying out, never for real records.
    #[arg(long)]
    dev: bool,
    /// Settings as a TOML file; flags win over it.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The key that personal data is sealed with; given again, keys that were used before (see `assent vault rotate`).
    #[arg(long, value_name = "FILE")]
    master_key_file: Vec<PathBuf>,
    /// A key that signs checkpoints (`assent key generate`); several while one is rotated.
    #[arg(long, value_name = "FILE")]
    signing_key: Vec<PathBuf>,
    /// A public key of the log beside those of the signing keys: of another server's, or of one that was rotated out.
    #[arg(long, value_name = "VKEY")]
    verifier_key: Vec<VerifierKey>,
    /// Remembers what was signed last; outside the database's folder and its backups.
    #[arg(long, value_name = "FILE")]
    anchor: Option<PathBuf>,
    /// Begin an anchor anew that is not there, though checkpoints were signed: once, when you know that this database is the
    /// one that was signed last. Without it such a server signs nothing.
    #[arg(long)]
    begin_anchor: bool,
    /// A witness (C2SP tlog-witness) that cosigns each checkpoint: what several servers that sign need.
    #[arg(long, value_name = "URL", requires = "witness_key")]
    witness: Option<String>,
    /// The witness's public key.
    #[arg(long, value_name = "VKEY", requires = "witness")]
    witness_key: Option<VerifierKey>,
    /// Where monitors read checkpoints and tiles over HTTP (C2SP tlog-tiles); without it, nowhere.
    #[arg(long, value_name = "ADDR")]
    tiles_listen: Option<SocketAddr>,
    /// Keeps what was erased erased, whatever backup is restored: a list outside of the data.
    #[arg(long, value_name = "FILE")]
    tombstones: Option<PathBuf>,
    /// How log lines are written [default: text].
    #[arg(long, value_enum)]
    log_format: Option<LogFormat>,
    /// How many threads answer calls; without it, as many as there are cores.
    #[arg(long, value_name = "N")]
    workers: Option<usize>,
    /// What to log: a level, or levels by module.
    #[arg(long, value_name = "FILTER", env = "ASSENT_LOG", default_value = "info")]
    log: String,
}

/// What a ledger is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum EnvironmentName {
    /// Real orders.
    Production,
    /// Trying out.
    Sandbox,
}

/// Where a write must be durable before it is acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Durability {
    /// On the database's own disk.
    #[default]
    Local,
    /// On a standby's as well: PostgreSQL with synchronous replication.
    Replicated,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl Serve {
    pub(crate) fn run(self, _: &Context) -> Result<Exit, Failure> {
        let log = self.log.clone();
        let settings = Settings::from(self)?;
        let log_format = settings.log_format;
        let config = settings.check()?;
        start_logging(&log, log_format)?;
        let scheme = match config.identity.as_ref().is_some_and(|it| it.tls.is_some()) {
            true => "https",
            false => "http",
        };
        assent_service::serve(config, |address| announce(scheme, address), signals::stop())
            .map_err(|it| Failure::Start(Box::new(it)))?;
        Ok(Exit::Done)
    }
}

/// The one line on standard output: whoever started the server waits for it.
fn announce(scheme: &str, address: SocketAddr) {
    let mut out = std::io::stdout().lock();
    // A closed standard output is no reason not to serve.
    let _ = writeln!(out, "assent is listening on {scheme}://{address}").and_then(|()| out.flush());
}

fn start_logging(filter: &str, format: LogFormat) -> Result<(), Failure> {
    let filter =
        EnvFilter::try_new(filter).map_err(|it| Failure::Usage(format!("the log filter is wrong: {it}")))?;
    let lines =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false);
    match format {
        LogFormat::Text => lines.init(),
        LogFormat::Json => lines.json().init(),
    }
    Ok(())
}
