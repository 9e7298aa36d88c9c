//! Running the program, with a deadline.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use assent_testing::{Server, ServerOptions};
use tokio::process::Command;
use tokio::time::timeout;

/// How long a command may take.
const TIMEOUT: Duration = Duration::from_secs(60);

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The program, with nothing of the environment that it reads.
pub(crate) fn command(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
    let mut command = Command::new(binary());
    command.args(arguments).env_remove("ASSENT_SERVER").env_remove("ASSENT_LOG").env_remove("NO_COLOR");
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// Runs the program to its end.
pub(crate) async fn assent(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Ran {
    let ended = timeout(TIMEOUT, command(arguments).output()).await;
    let output = ended.expect("the program ends in time").expect("the program can be started");
    let text = |bytes| String::from_utf8(bytes).expect("the program prints UTF-8");
    let code = output.status.code().expect("the program ends by itself");
    Ran { code, stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Runs the program against a server.
pub(crate) async fn ask(server: &Server, arguments: &[&str]) -> Ran {
    let url = server.url();
    assent(arguments.iter().copied().chain(["--server", &url])).await
}

/// A server of the same build.
pub(crate) async fn server() -> Server {
    Server::spawn(ServerOptions { binary: Some(binary()), ..Default::default() }).await
}

pub(crate) fn binary() -> PathBuf {
    env!("CARGO_BIN_EXE_assent").into()
}
