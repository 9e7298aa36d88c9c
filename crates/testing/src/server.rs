//! The server as a process.

mod caller;
mod clients;
mod options;
mod process;

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::Signal;
use tempfile::TempDir;
use tokio::time::timeout;
use tonic::transport::Channel;

pub use self::caller::{Authorized, Bearer, Caller};
pub use self::options::{ServerOptions, master_key_file};
use self::process::Process;

/// How long a server may take to end.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);

/// A running `assent serve`, for developers where its options do not say otherwise, on files of its own, which vanish with it, or on the database that it was given.
#[derive(Debug)]
pub struct Server {
    folder: TempDir,
    options: ServerOptions,
    process: Option<Process>,
}

impl Server {
    /// Starts a server on a new ledger, and waits until it accepts calls.
    pub async fn spawn(options: ServerOptions) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let mut server = Self { folder, options, process: None };
        server.start().await;
        server
    }

    /// Starts the server on the same files again. Its address is another one afterwards.
    pub async fn restart(&mut self) {
        assert!(self.process.is_none(), "the server still runs: kill or terminate it first");
        self.start().await;
    }

    /// Ends the server in the middle of whatever it does: SIGKILL.
    pub async fn kill(&mut self) {
        let Some(mut process) = self.process.take() else { return };
        process.signal(Signal::KILL);
        let ended = timeout(STOP_TIMEOUT, process.child.wait()).await;
        ended.expect("a killed process ends").expect("our own child can be waited for");
    }

    /// Asks the server to end, SIGTERM, and asserts that it drains and ends with exit code 0.
    pub async fn terminate(&mut self) {
        let Some(mut process) = self.process.take() else { return };
        process.signal(Signal::TERM);
        let ended = timeout(STOP_TIMEOUT, process.child.wait()).await;
        let Ok(ended) = ended else { panic!("the server did not end on SIGTERM\n{}", self.stderr()) };
        let status = ended.expect("our own child can be waited for");
        assert_eq!(status.code(), Some(0), "the server did not end well\n{}", self.stderr());
    }

    /// Has the server look at its files now: SIGHUP.
    pub fn hang_up(&mut self) {
        self.process.as_mut().expect("the server runs").signal(Signal::HUP);
    }

    /// Whether nobody has ended the server through this handle.
    pub fn is_running(&self) -> bool {
        self.process.is_some()
    }

    /// The server's process id; never a wrapper's.
    pub fn process_id(&self) -> u32 {
        self.process().id.as_raw_nonzero().get().unsigned_abs()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.process().address
    }

    /// The same as a URL, for `--server`.
    pub fn url(&self) -> String {
        self.process().url.clone()
    }

    /// The folder of its files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The database's file, of a server that was given no other database.
    pub fn database_file(&self) -> PathBuf {
        self.folder().join("assent.db")
    }

    /// The database, for `--database`.
    pub fn database_url(&self) -> String {
        let own = || format!("sqlite:{}", self.database_file().display());
        self.options.database.clone().unwrap_or_else(own)
    }

    /// What the server has written to standard error, over all its starts.
    pub fn stderr(&self) -> String {
        let written = fs::read(self.stderr_file()).unwrap_or_default();
        String::from_utf8_lossy(&written).into_owned()
    }

    /// A connection, opened at the first call.
    pub fn channel(&self) -> Channel {
        self.process().channel.clone()
    }

    /// A connection of its own, which shows a client's certificate.
    pub fn channel_showing(&self, certificate: &crate::Certificate) -> Channel {
        process::connection(&self.url(), self.options.ca.as_deref(), Some(certificate))
    }

    /// The same, which believes the server by another authority (PEM) than the one that it was started with.
    pub fn channel_believing(&self, ca: &str, certificate: &crate::Certificate) -> Channel {
        process::connection(&self.url(), Some(ca), Some(certificate))
    }

    /// Whoever shows this token.
    pub fn acting_as(&self, token: &str) -> Caller {
        Caller::with_token(self.channel(), token)
    }

    fn stderr_file(&self) -> PathBuf {
        self.folder().join("stderr.txt")
    }

    fn process(&self) -> &Process {
        self.process.as_ref().expect("the server was ended: restart it first")
    }

    async fn start(&mut self) {
        let stderr = File::options().create(true).append(true).open(self.stderr_file());
        let mut command = self.options.command(&self.database_url());
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(stderr.expect("the temporary folder can be written to"))
            .kill_on_drop(true);
        let started =
            Process::start(command, !self.options.wrapper.is_empty(), self.options.ca.as_deref()).await;
        let process = started.unwrap_or_else(|failed| panic!("{failed}\n{}", self.stderr()));
        self.process = Some(process);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Before its files go.
        self.process = None;
        if std::thread::panicking() {
            eprintln!("---- the server's standard error\n{}----", self.stderr());
        }
    }
}
