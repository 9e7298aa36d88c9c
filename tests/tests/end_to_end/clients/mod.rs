//! The clients of `tests/clients`, each a program of its own in a language of its own, against the real server and
//! against servers that fail.

mod encrypted;
mod failing;
mod lost;
mod story;
mod unwell;

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use tokio::process::Command;
use tokio::sync::OnceCell;

use crate::support::within;

/// The languages that there is a client in.
const LANGUAGES: [Language; 3] = [Language::Rust, Language::Python, Language::Node];

#[derive(Clone, Copy, Debug)]
enum Language {
    Rust,
    Python,
    Node,
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

impl Language {
    /// Runs the client to its end.
    async fn run(self, server: &str, arguments: &[&str]) -> Output {
        let mut command = self.command().await;
        command.args(["--server", server]).args(arguments);
        command.stdin(Stdio::null()).kill_on_drop(true);
        within(command.output())
            .await
            .unwrap_or_else(|it| panic!("the client in {self:?} does not start: {it}"))
    }

    async fn command(self) -> Command {
        match self {
            Self::Rust => Command::new(env!("CARGO_BIN_EXE_assent-client-example")),
            Self::Python => {
                let mut command = python();
                command.env("PYTHONPATH", generated().await).env("PYTHONDONTWRITEBYTECODE", "1");
                command.arg(workspace().join("tests/clients/python/client.py"));
                command
            }
            Self::Node => {
                let folder = workspace().join("tests/clients/node");
                let packages = folder.join("node_modules/@grpc/grpc-js");
                assert!(packages.exists(), "gRPC for JavaScript is missing: tests/run installs it");
                let mut command = Command::new("node");
                command.arg(folder.join("client.js"));
                command
            }
        }
    }
}

fn python() -> Command {
    let program = workspace().join("target/python/bin/python");
    assert!(program.exists(), "gRPC for Python is missing: tests/run installs it");
    Command::new(program)
}

/// The folder of the Python modules that protoc makes of our proto files, as the client's first lines say. They are the
/// same each time, so that the folder is not a new one.
async fn generated() -> &'static Path {
    static FOLDER: OnceCell<PathBuf> = OnceCell::const_new();
    let made = FOLDER.get_or_init(|| async {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python-clients");
        std::fs::create_dir_all(&folder).expect("Cargo's temporary folder can be written to");
        let protoc = "python -m grpc_tools.protoc -Iproto --python_out=OUT --grpc_python_out=OUT \
                      proto/assent/v1/*.proto proto/assent/event/v1/*.proto proto/google/rpc/*.proto";
        let command = protoc.replace("python -m", "\"$PYTHON\" -m").replace("OUT", "\"$OUT\"");
        let mut shell = Command::new("sh");
        shell.args(["-ec", &command]).current_dir(workspace());
        shell.env("PYTHON", python().as_std().get_program()).env("OUT", &folder);
        let made = within(shell.output()).await.expect("there is a shell");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        folder
    });
    made.await
}

fn stdout(ran: &Output) -> String {
    String::from_utf8_lossy(&ran.stdout).into_owned()
}

fn stderr(ran: &Output) -> String {
    String::from_utf8_lossy(&ran.stderr).into_owned()
}
