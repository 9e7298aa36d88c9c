//! The server as a process of its own: the ledger's, with the no-op method beside it.

use std::io::Read as _;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use assent_identity::IdentityConfig;
use assent_service::{Config, serve_with};
use assent_testing::{AUDIENCE, ISSUER, TokenIssuer, claims};
use clap::{Args, ValueEnum};
use tonic::service::Routes;
use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::Outcome;
use crate::child::{Child, Core};
use crate::noop::NoOp;

/// Serves a ledger until standard input ends.
#[derive(Debug, Args)]
pub(crate) struct Server {
    /// The folder of the ledger.
    folder: PathBuf,
    /// How many threads serve connections.
    #[arg(long)]
    workers: usize,
    /// What it signs.
    #[arg(long, default_value = "each-second")]
    signs: Signs,
    /// Calls are neither counted nor named.
    #[arg(long)]
    uncounted: bool,
    /// Callers show a token of the issuer whose keys are in the folder, and one call in a hundred has a span.
    #[arg(long)]
    guarded: bool,
    /// How many events a second replays are given.
    #[arg(long)]
    replay_rate: Option<NonZeroU32>,
}

/// Whether a server signs checkpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Signs {
    EachSecond,
    Nothing,
}

/// A part of the benchmark says why it fails; what a server says about itself is not for its table.
const LOGGED: &str = "error";

impl Server {
    pub(crate) fn run(self) -> Outcome<()> {
        let config = Config {
            signs: self.signs == Signs::EachSecond,
            counts_calls: !self.uncounted,
            replay_rate: self.replay_rate,
            ..config(&self.folder, self.workers)
        };
        let config = if self.guarded { guarded(config, &self.folder)? } else { config };
        // As `assent serve` does. Without a subscriber every span of the libraries would be shown to the `log` crate.
        let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false);
        tracing_subscriber::registry().with(lines.with_filter(EnvFilter::new(LOGGED))).init();
        serve_with(config, Routes::new(NoOp), announce, stdin_ends())?;
        Ok(())
    }
}

/// A folder whose ledger is in a PostgreSQL database holds its URL in this file, and the master key in the other.
pub(crate) const URL_FILE: &str = "database.url";
pub(crate) const KEY_FILE: &str = "master.key";

/// How the ledger in a folder is served.
pub(crate) fn config(folder: &Path, workers: usize) -> Config {
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let key = folder.join(KEY_FILE);
    Config {
        workers,
        master_key_files: key.exists().then_some(key).into_iter().collect(),
        ..Config::dev(listen, database_url(folder))
    }
}

/// The log of the ledger in a folder.
pub(crate) fn database_url(folder: &Path) -> String {
    match std::fs::read_to_string(folder.join(URL_FILE)) {
        Ok(url) => url,
        Err(_) => format!("sqlite:{}", folder.join("assent.db").display()),
    }
}

/// The master key of the ledger in a folder.
pub(crate) fn key_file(folder: &Path) -> PathBuf {
    let key = folder.join(KEY_FILE);
    if key.exists() { key } else { folder.join("assent.db.key") }
}

/// Where the keys are that tokens are verified by.
const KEY_SET_FILE: &str = "jwks.json";
/// The share of the calls that have a span.
const TRACED: f64 = 0.01;

/// The same with credentials and sampled spans, as servers are run.
fn guarded(config: Config, folder: &Path) -> Outcome<Config> {
    let issuer = serde_json::json!({
        "issuer": ISSUER, "audiences": [AUDIENCE], "jwks_file": folder.join(KEY_SET_FILE),
    });
    let identity: IdentityConfig = serde_json::from_value(serde_json::json!({ "issuers": [issuer] }))?;
    Ok(Config {
        dev: false,
        identity: Some(identity),
        master_key_files: vec![key_file(folder)],
        tombstones_file: Some(folder.join("assent.db.tombstones")),
        signs: false,
        trace_ratio: Some(TRACED),
        ..config
    })
}

/// A token of an issuer whose keys a guarded server of this folder will believe.
fn token(folder: &Path) -> Outcome<String> {
    let issuer = TokenIssuer::new("bench");
    std::fs::write(folder.join(KEY_SET_FILE), TokenIssuer::jwks(&[&issuer]))?;
    Ok(issuer.token(&claims("orders", "assent.authorize", &["*"])))
}

fn announce(address: SocketAddr) {
    println!("{address}");
}

/// Whoever started the server holds its standard input: it ends with them, however they end.
async fn stdin_ends() {
    let read = || std::io::stdin().read_to_end(&mut Vec::new());
    // An input that can't be read is one that ended.
    let _ = tokio::task::spawn_blocking(read).await;
}

/// A server that runs.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    pub(crate) address: SocketAddr,
    /// What its callers show.
    pub(crate) token: Option<String>,
}

impl Running {
    /// Starts one, and waits until it accepts calls.
    pub(crate) fn start(folder: &Path, workers: usize, core: Option<Core>) -> Outcome<Self> {
        Self::start_that(folder, workers, core, Signs::EachSecond)
    }

    /// Starts one that neither counts nor names calls, and waits until it accepts them.
    pub(crate) fn start_uncounted(folder: &Path, workers: usize, core: Option<Core>) -> Outcome<Self> {
        Self::start_with(folder, workers, core, &["--uncounted"])
    }

    /// Starts one that asks for credentials and samples spans, and waits until it accepts calls.
    pub(crate) fn start_guarded(folder: &Path, workers: usize, core: Option<Core>) -> Outcome<Self> {
        let token = token(folder)?;
        Ok(Self { token: Some(token), ..Self::start_with(folder, workers, core, &["--guarded"])? })
    }

    /// Starts one that gives replays so many events a second, and waits until it accepts calls.
    pub(crate) fn start_paced(folder: &Path, workers: usize, replay_rate: NonZeroU32) -> Outcome<Self> {
        Self::start_with(folder, workers, None, &["--replay-rate", &replay_rate.to_string()])
    }

    /// Starts one that signs or not, and waits until it accepts calls.
    pub(crate) fn start_that(
        folder: &Path,
        workers: usize,
        core: Option<Core>,
        signs: Signs,
    ) -> Outcome<Self> {
        let signs = match signs {
            Signs::EachSecond => "each-second",
            Signs::Nothing => "nothing",
        };
        Self::start_with(folder, workers, core, &["--signs", signs])
    }

    fn start_with(folder: &Path, workers: usize, core: Option<Core>, more: &[&str]) -> Outcome<Self> {
        let (folder, workers) = (folder.display().to_string(), workers.to_string());
        let arguments = [&["server", folder.as_str(), "--workers", workers.as_str()], more].concat();
        let mut child = Child::start(core, &arguments)?;
        let address = child.line()?.parse()?;
        let running = Self { child, address, token: None };
        running.settle()?;
        Ok(running)
    }

    /// Waits until it does nothing: after its start it folds the whole log again, to see that its snapshot was true.
    fn settle(&self) -> Outcome<()> {
        const LOOK_EVERY: Duration = Duration::from_secs(1);
        const LOOKS_MAX: usize = 900;
        /// Of the processor time in between: heartbeats and timers go on.
        const IDLE_SECONDS: f64 = 0.03;
        let mut spent = self.cpu_seconds()?;
        for _ in 0..LOOKS_MAX {
            std::thread::sleep(LOOK_EVERY);
            let before = std::mem::replace(&mut spent, self.cpu_seconds()?);
            if spent - before < IDLE_SECONDS {
                return Ok(());
            }
        }
        Err("the server does not come to rest".into())
    }

    /// The processor time that it has used so far.
    pub(crate) fn cpu_seconds(&self) -> Outcome<f64> {
        self.child.cpu_seconds()
    }

    /// A line of its memory in the kernel's words (`VmRSS`, `VmHWM`), in MB.
    pub(crate) fn memory_mb(&self, line: &str) -> Outcome<f64> {
        self.child.memory_mb(line)
    }

    /// From now on `VmHWM` is the most memory that it has from now on.
    pub(crate) fn forget_peak(&self) -> Outcome<()> {
        self.child.forget_peak()
    }

    /// Lets it finish.
    pub(crate) fn stop(self) -> Outcome<()> {
        self.child.finish().map(|_| ())
    }
}
