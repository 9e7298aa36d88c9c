//! The server as a process.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use assent_proto::v1::acceptance_service_client::AcceptanceServiceClient;
use assent_proto::v1::audit_service_client::AuditServiceClient;
use assent_proto::v1::authorization_service_client::AuthorizationServiceClient;
use assent_proto::v1::catalog_service_client::CatalogServiceClient;
use assent_proto::v1::directory_service_client::DirectoryServiceClient;
use assent_proto::v1::privacy_service_client::PrivacyServiceClient;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;
use tonic::transport::{Channel, Endpoint};

use crate::assent_binary;

/// How long a server may take until it accepts calls.
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a server may take to end.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);
/// The largest answer that the clients take, in bytes.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// How a server is started.
#[derive(Clone, Debug, Default)]
pub struct ServerOptions {
    /// The program; none: [`assent_binary`].
    pub binary: Option<PathBuf>,
    /// The policy that a new ledger starts with; none: the built-in pack.
    pub policy: Option<PathBuf>,
    /// `production` or `sandbox`; none: the default.
    pub environment: Option<&'static str>,
    /// More arguments.
    pub arguments: Vec<String>,
}

/// A running `assent serve --dev` on files of its own, which vanish with it.
#[derive(Debug)]
pub struct Server {
    folder: TempDir,
    options: ServerOptions,
    process: Option<Process>,
}

#[derive(Debug)]
struct Process {
    child: Child,
    // Held so that the server's standard output stays open.
    _stdout: BufReader<ChildStdout>,
    address: SocketAddr,
    channel: Channel,
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
        let killed = timeout(STOP_TIMEOUT, process.child.kill()).await;
        killed.expect("a killed process ends").expect("our own child can be killed");
    }

    /// Asks the server to end, SIGTERM, and asserts that it drains and ends with exit code 0.
    pub async fn terminate(&mut self) {
        let Some(mut process) = self.process.take() else { return };
        let id = process.child.id().and_then(|it| i32::try_from(it).ok()).and_then(Pid::from_raw);
        kill_process(id.expect("a running child has an id"), Signal::TERM)
            .expect("our own child can be signalled");
        let ended = timeout(STOP_TIMEOUT, process.child.wait()).await;
        let Ok(ended) = ended else { panic!("the server did not end on SIGTERM\n{}", self.stderr()) };
        let status = ended.expect("our own child can be waited for");
        assert_eq!(status.code(), Some(0), "the server did not end well\n{}", self.stderr());
    }

    /// Whether nobody has ended the server through this handle.
    pub fn is_running(&self) -> bool {
        self.process.is_some()
    }

    /// The server's process id.
    pub fn process_id(&self) -> u32 {
        self.process().child.id().expect("a child that was not waited for has an id")
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.process().address
    }

    /// The same as a URL, for `--server`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// The folder of its files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The database's file.
    pub fn database_file(&self) -> PathBuf {
        self.folder().join("assent.db")
    }

    /// The database, for `--database`.
    pub fn database_url(&self) -> String {
        format!("sqlite:{}", self.database_file().display())
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

    fn stderr_file(&self) -> PathBuf {
        self.folder().join("stderr.txt")
    }

    fn process(&self) -> &Process {
        self.process.as_ref().expect("the server was ended: restart it first")
    }

    async fn start(&mut self) {
        let stderr = File::options().create(true).append(true).open(self.stderr_file());
        let mut child = Command::new(self.options.binary.clone().unwrap_or_else(assent_binary))
            .args(["serve", "--dev", "--listen", "127.0.0.1:0", "--database", &self.database_url()])
            .args(self.options.policy.iter().flat_map(|it| [Path::new("--policy"), it.as_path()]))
            .args(self.options.environment.iter().flat_map(|it| ["--environment", *it]))
            .args(&self.options.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(stderr.expect("the temporary folder can be written to"))
            .kill_on_drop(true)
            .spawn()
            .expect("the program can be started");
        let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut line = String::new();
        let read = timeout(START_TIMEOUT, stdout.read_line(&mut line)).await;
        let address = line.trim_end().strip_prefix("assent is listening on http://");
        let Some(address) = address.and_then(|it| it.parse::<SocketAddr>().ok()) else {
            panic!("the server did not say where it listens: {read:?}, {line:?}\n{}", self.stderr());
        };
        let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("an address makes a URL");
        let channel = endpoint.tcp_nodelay(true).connect_lazy();
        self.process = Some(Process { child, _stdout: stdout, address, channel });
    }
}

macro_rules! clients {
    ($($(#[$doc:meta])* $name:ident $client:ident;)*) => {
        impl Server {
            $($(#[$doc])*
            pub fn $name(&self) -> $client<Channel> {
                $client::new(self.channel())
                    .max_decoding_message_size(ANSWER_BYTES_MAX)
                    .max_encoding_message_size(ANSWER_BYTES_MAX)
            })*
        }
    };
}

clients! {
    /// A client of `AcceptanceService`.
    acceptance AcceptanceServiceClient;
    /// A client of `AuditService`.
    audit AuditServiceClient;
    /// A client of `AuthorizationService`.
    authorization AuthorizationServiceClient;
    /// A client of `CatalogService`.
    catalog CatalogServiceClient;
    /// A client of `DirectoryService`.
    directory DirectoryServiceClient;
    /// A client of `PrivacyService`.
    privacy PrivacyServiceClient;
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            // It may have ended by itself; its files go either way.
            let _ = process.child.start_kill();
        }
        if std::thread::panicking() {
            eprintln!("---- the server's standard error\n{}----", self.stderr());
        }
    }
}
