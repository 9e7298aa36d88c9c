//! The program while it runs.

use std::fs;
use std::net::SocketAddr;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;
use tonic::transport::{Channel, ClientTlsConfig, Endpoint, Identity};

/// How long a server may take until it accepts calls.
const START_TIMEOUT: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(super) struct Process {
    /// The program, or the wrapper that it runs in.
    pub(super) child: Child,
    /// The program itself.
    pub(super) id: Pid,
    pub(super) address: SocketAddr,
    pub(super) url: String,
    pub(super) channel: Channel,
    // Held so that the server's standard output stays open.
    _stdout: BufReader<ChildStdout>,
}

impl Process {
    /// Starts the program, and waits until it accepts calls; or says why it does not.
    pub(super) async fn start(
        mut command: Command,
        is_wrapped: bool,
        ca: Option<&str>,
    ) -> Result<Self, String> {
        let mut child = command.spawn().expect("the program can be started");
        let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut line = String::new();
        let read = timeout(START_TIMEOUT, stdout.read_line(&mut line)).await;
        let url = line.trim_end().strip_prefix("assent is listening on ");
        let address =
            url.and_then(|it| it.split_once("://")).and_then(|(_, it)| it.parse::<SocketAddr>().ok());
        let (Some(url), Some(address)) = (url.map(str::to_owned), address) else {
            return Err(format!("the server did not say where it listens: {read:?}, {line:?}"));
        };
        let id = child.id().and_then(|it| i32::try_from(it).ok()).and_then(Pid::from_raw);
        let id = id.expect("a running child has an id");
        let id = if is_wrapped { child_of(id) } else { id };
        let channel = connection(&url, ca, None);
        Ok(Self { child, id, address, url, channel, _stdout: stdout })
    }

    /// Signals the program; a wrapper ends as the program does.
    pub(super) fn signal(&mut self, signal: Signal) {
        // Once the child has ended, the number may be somebody else's.
        if let Ok(None) = self.child.try_wait() {
            // The program may have ended a moment ago.
            let _ = kill_process(self.id, signal);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
        // A wrapper whose program has not been seen to end.
        let _ = self.child.start_kill();
    }
}

/// A connection that is opened at the first call; with the client's certificate and key, where it shows one.
pub(super) fn connection(url: &str, ca: Option<&str>, shown: Option<&crate::Certificate>) -> Channel {
    let endpoint = Endpoint::from_shared(url.to_owned()).expect("an address makes a URL").tcp_nodelay(true);
    let Some(ca) = ca else { return endpoint.connect_lazy() };
    let tls = ClientTlsConfig::new().ca_certificate(tonic::transport::Certificate::from_pem(ca));
    let tls = match shown {
        Some(it) => tls.identity(Identity::from_pem(&it.certificate, &it.key)),
        None => tls,
    };
    endpoint.tls_config(tls).expect("the certificates are PEM").connect_lazy()
}

/// The only child of a process that runs.
fn child_of(id: Pid) -> Pid {
    let id = id.as_raw_nonzero();
    let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
    let children = children.expect("Linux tells the children of a process");
    let child = children.split_whitespace().next().and_then(|it| it.parse().ok()).and_then(Pid::from_raw);
    child.expect("a wrapper runs the program as its child")
}
