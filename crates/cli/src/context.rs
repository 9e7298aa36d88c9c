//! What every command is given.

use std::fs;
use std::future::Future;
use std::io::{self, Write as _};
use std::path::Path;

use prost::Message;

use crate::args::{Global, Output};
use crate::connect::{Connection, Server};
use crate::credentials::Credentials;
use crate::failure::Failure;
use crate::json;
use crate::style::Style;

/// The global flags, as commands use them.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    /// Where to ask.
    pub(crate) server: Server,
    /// What it is shown, and what is believed of it.
    pub(crate) credentials: Credentials,
    /// How to answer.
    pub(crate) output: Output,
    /// How standard output is painted.
    pub(crate) style: Style,
    /// How standard error is painted.
    pub(crate) error_style: Style,
}

impl Context {
    pub(crate) fn new(global: Global) -> Self {
        let Global { server, output, no_color, credentials } = global;
        let style = Style::of(&io::stdout(), no_color);
        let error_style = Style::of(&io::stderr(), no_color);
        Self { server, credentials, output, style, error_style }
    }

    /// Opens the connection to the server.
    pub(crate) async fn connect(&self) -> Result<Connection, Failure> {
        self.server.connect(&self.credentials).await
    }

    /// Prints an answer of the API. `name` is the message's full name.
    pub(crate) fn answer(
        &self,
        name: &str,
        message: &impl Message,
        text: impl FnOnce(Style) -> String,
    ) -> Result<(), Failure> {
        match self.output {
            Output::Text => print(&text(self.style)),
            Output::Json => print(&format!("{}\n", json::pretty(name, message))),
        }
    }

    /// Prints one answer of many: in JSON, a line.
    pub(crate) fn item(
        &self,
        name: &str,
        message: &impl Message,
        text: impl FnOnce(Style) -> String,
    ) -> Result<(), Failure> {
        match self.output {
            Output::Text => print(&text(self.style)),
            Output::Json => print(&format!("{}\n", json::line(name, message))),
        }
    }
}

/// Prints to standard output, at once.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Failure::Output)
}

/// Reads a file that a flag names.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|source| Failure::File { doing: "read", path: path.to_owned(), source })
}

/// Writes a file that a flag names.
pub(crate) fn write(path: &Path, content: &[u8]) -> Result<(), Failure> {
    fs::write(path, content).map_err(|source| Failure::File { doing: "write", path: path.to_owned(), source })
}

/// Carries out a command that asks a server. One thread is enough for one question after the other.
pub(crate) fn wait<T>(command: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let failed = |source: io::Error| Failure::Doing { doing: "start the runtime", source: source.into() };
    runtime.map_err(failed)?.block_on(command)
}

/// Carries out a command that works on a database by itself: what it reads next is read while it works on what it has.
pub(crate) fn work<T>(command: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let failed = |source: io::Error| Failure::Doing { doing: "start the runtime", source: source.into() };
    runtime.map_err(failed)?.block_on(command)
}
