//! A server that traces everything, and whose whole output is kept.

use std::path::Path;
use std::process::Stdio;

use assent_testing::assent_binary;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;
use tonic::transport::{Channel, Endpoint};

use crate::support::within;

pub(super) struct Traced {
    folder: TempDir,
    child: Child,
    stdout: JoinHandle<String>,
    stderr: JoinHandle<String>,
    channel: Channel,
}

impl Traced {
    pub(super) async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let database = format!("sqlite:{}", folder.path().join("assent.db").display());
        let mut child = Command::new(assent_binary())
            .args(["serve", "--dev", "--listen", "127.0.0.1:0", "--database", &database])
            .env("ASSENT_LOG", "trace")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the program can be started");
        let mut stderr = child.stderr.take().expect("it is piped");
        let stderr = tokio::spawn(async move {
            let mut text = Vec::new();
            stderr.read_to_end(&mut text).await.expect("it can be read");
            String::from_utf8_lossy(&text).into_owned()
        });
        let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut line = String::new();
        within(stdout.read_line(&mut line)).await.expect("it can be read");
        let address =
            line.trim_end().strip_prefix("assent is listening on ").expect("it says where it listens");
        let channel = Endpoint::from_shared(address.to_owned()).expect("it is an address").connect_lazy();
        let stdout = tokio::spawn(async move {
            let mut text = line;
            stdout.read_to_string(&mut text).await.expect("it can be read");
            text
        });
        Self { folder, child, stdout, stderr, channel }
    }

    pub(super) fn channel(&self) -> Channel {
        self.channel.clone()
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Ends it, and gives what it wrote; its files are there as long as the folder is kept.
    pub(super) async fn terminate(self) -> (String, String, TempDir) {
        let Self { folder, mut child, stdout, stderr, channel } = self;
        drop(channel);
        let id = child.id().expect("it runs").to_string();
        let told = within(Command::new("kill").args(["-TERM", &id]).status()).await;
        assert!(told.expect("a signal can be sent").success());
        assert_eq!(within(child.wait()).await.expect("it can be waited for").code(), Some(0));
        let stdout = within(stdout).await.expect("its output is text");
        let stderr = within(stderr).await.expect("its output is text");
        (stdout, stderr, folder)
    }
}
