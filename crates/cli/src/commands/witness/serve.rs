//! `assent witness serve`: a small witness.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use assent_evidence::{KeyPurpose, VerifierKey};
use assent_witness::{StateError, Witness};
use clap::Args;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use crate::clock::now_seconds;
use crate::commands::key;
use crate::context::print;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::signals;

const ABOUT: &str = "Start a witness";

const TEACHES: &str = "\
Start a witness, and make its state where there is none.

It answers POST /add-checkpoint (C2SP tlog-witness, HTTP/1.1; put a proxy in front of it for TLS), prints one line with \
its address once it accepts calls, and ends with exit code 0 on SIGTERM. An answer is given when the state is on the \
disk. The state is what it promises by: never restore it from a backup, never share it, never delete it.

  assent key generate --witness --origin witness.example/w1 --out witness.key
  assent witness serve --state witness.state --key witness.key --log \"$(assent key show log.key)\"";

const NEXT: &str =
    "Next: the ledger needs the witness's address, and the line that `assent key show witness.key` prints.";

/// A small witness.
#[derive(Debug, Args)]
#[command(about = ABOUT, long_about = TEACHES, after_help = NEXT)]
pub(crate) struct Serve {
    /// The address to listen on; port 0 takes a free port.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:50061")]
    listen: SocketAddr,
    /// The file that remembers the size and root that were cosigned last, of each log.
    #[arg(long, value_name = "FILE")]
    state: PathBuf,
    /// The file with the witness's private key.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The public key of a log to cosign for; again for each log, and for each key of one.
    #[arg(long = "log", value_name = "KEY", required = true)]
    logs: Vec<String>,
    /// What to log: a level, or levels by module.
    #[arg(long = "log-filter", value_name = "FILTER", env = "ASSENT_LOG", default_value = "info")]
    filter: String,
}

impl Serve {
    pub(crate) async fn run(self) -> Result<Exit, Failure> {
        let Self { listen, state, key, logs, filter } = self;
        let logs = logs.iter().map(|text| log_key(text)).collect::<Result<_, _>>()?;
        let key = key::read(&key)?;
        match key.verifier().purpose() {
            KeyPurpose::Witness => {}
            KeyPurpose::Log => {
                return Err(Failure::Usage("the key is a log's: make one with --witness".to_owned()));
            }
        }
        start_logging(&filter)?;
        let witness = Witness::open(key, logs, &state).map_err(no_state)?;
        let failed = |source| Failure::Doing { doing: "listen", source };
        let listener = TcpListener::bind(listen).await.map_err(|error| failed(error.into()))?;
        let address = listener.local_addr().map_err(|error| failed(error.into()))?;
        // Caught before anybody knows of the process.
        let stop = tokio::spawn(signals::stop());
        print(&format!("witness {} is listening on http://{address}\n", witness.key()))?;
        let stopped = async {
            // It ends with the signal; it never panics.
            let _ = stop.await;
        };
        assent_witness::serve(listener, Arc::new(witness), now_seconds, stopped).await;
        Ok(Exit::Done)
    }
}

fn log_key(text: &str) -> Result<VerifierKey, Failure> {
    let key: VerifierKey =
        text.trim().parse().map_err(|error| Failure::Usage(format!("`{text}` is no public key: {error}")))?;
    match key.purpose() {
        KeyPurpose::Log => Ok(key),
        KeyPurpose::Witness => Err(Failure::Usage(format!("`{text}` is a witness's key, not a log's"))),
    }
}

fn no_state(error: StateError) -> Failure {
    Failure::Doing { doing: "start the witness", source: error.into() }
}

fn start_logging(filter: &str) -> Result<(), Failure> {
    let filter =
        EnvFilter::try_new(filter).map_err(|it| Failure::Usage(format!("the log filter is wrong: {it}")))?;
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false).init();
    Ok(())
}
