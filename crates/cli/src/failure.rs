//! Why a command has no answer, and how that is said.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use tonic_types::{ErrorDetails, StatusExt as _};

use crate::connect::Server;
use crate::exit::Exit;
use crate::style::Style;

/// Why a command has no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Nobody answers at the address.
    #[error("could not reach a server at {server} ({}); {}", root(error), advice(server))]
    Connect {
        /// The address.
        server: Server,
        /// Why. Not a `source`: the layers between it and its root only repeat each other.
        error: assent_proto::client::ConnectError,
    },
    /// The server refused, or could not answer.
    #[error("{}", sentence(status))]
    Refused {
        /// What it said.
        status: Box<tonic::Status>,
    },
    /// Whoever answers there speaks something else.
    #[error("{server} does not speak gRPC in clear ({said}): if it has TLS, write https://")]
    NotGrpc {
        /// The address.
        server: Server,
        /// What the transport said.
        said: String,
    },
    /// A file could not be used.
    #[error("could not {doing} `{}`", path.display())]
    File {
        /// What was being done.
        doing: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The answer could not be printed.
    #[error("could not write the answer")]
    Output(#[source] io::Error),
    /// The command is written wrongly in a way that clap cannot see.
    #[error("{0}")]
    Usage(String),
    /// The server could not be started.
    #[error("the server could not start")]
    Start(#[source] Box<assent_service::StartError>),
    /// Something else, in a sentence of its own.
    #[error("{0}")]
    Unanswered(String),
    /// A part of the program could not do its work.
    #[error("could not {doing}")]
    Doing {
        /// What was being done.
        doing: &'static str,
        /// Why.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}

impl From<tonic::Status> for Failure {
    fn from(status: tonic::Status) -> Self {
        Self::Refused { status: Box::new(status) }
    }
}

impl Failure {
    /// The same; where the transport failed at a server that was asked in clear, and speaks something else there, that is said.
    /// How a server with TLS ends such a connection is chance, so that it is looked at once more.
    pub(crate) fn seen_at(self, server: &Server) -> Self {
        let said = match &self {
            // What a server of ours refuses has details. Where no status arrived, the transport has made one.
            Self::Refused { status } if status.details().is_empty() => status.message().to_owned(),
            // Nothing was asked, nobody was there, or what came was gRPC and ended too early.
            Self::Connect { .. }
            | Self::Refused { .. }
            | Self::NotGrpc { .. }
            | Self::File { .. }
            | Self::Output(_)
            | Self::Usage(_)
            | Self::Start(_)
            | Self::Unanswered(_)
            | Self::Doing { .. } => return self,
        };
        match !server.is_encrypted() && server.speaks_http2() == Some(false) {
            true => Self::NotGrpc { server: server.clone(), said },
            false => self,
        }
    }

    /// The code to end with.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            // Who closed the pipe has read enough: `assent replay | head` is no error.
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
            Self::Usage(_) => Exit::Usage,
            Self::Start(error) if error.is_usage() => Exit::Usage,
            Self::Connect { .. }
            | Self::Refused { .. }
            | Self::NotGrpc { .. }
            | Self::File { .. }
            | Self::Output(_)
            | Self::Start(_)
            | Self::Unanswered(_)
            | Self::Doing { .. } => Exit::Unanswered,
        }
    }

    /// One sentence, then the reason and everything that was wrong; nothing where nobody reads it any more.
    pub(crate) fn report(&self, style: Style) -> Option<String> {
        if self.exit() == Exit::Done {
            return None;
        }
        let mut report = format!("{} {}\n", style.bad("error:"), chain(self));
        if let Self::Refused { status } = self {
            report.push_str(&details(&status.get_error_details(), style));
        }
        Some(report)
    }
}

/// An error and what caused it, in one sentence.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut sentence = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        let said = source.to_string();
        // Some layers only repeat the one below.
        if !sentence.ends_with(&said) {
            sentence.push_str(": ");
            sentence.push_str(&said);
        }
        cause = source.source();
    }
    sentence
}

/// What to look at, where a server can't be reached.
fn advice(server: &Server) -> &'static str {
    match server.is_encrypted() {
        true => "does a server with TLS run there, with a certificate of the authority in --ca-file?",
        false => "is `assent serve --dev` running there? A server with TLS is asked by https://",
    }
}

/// What began it all.
fn root(error: &dyn Error) -> String {
    let mut root = error;
    while let Some(source) = root.source() {
        root = source;
    }
    root.to_string()
}

/// The server's own sentence; where it sent none, or none arrived, what the code means.
fn sentence(status: &tonic::Status) -> String {
    let said = if status.message().is_empty() { status.code().description() } else { status.message() };
    match status.code() {
        tonic::Code::DeadlineExceeded => format!("the server did not answer in time: {said}"),
        tonic::Code::Cancelled | tonic::Code::Unavailable | tonic::Code::Unknown
            if status.source().is_some() =>
        {
            format!("the server went away: {said}")
        }
        _ => said.to_owned(),
    }
}

fn details(details: &ErrorDetails, style: Style) -> String {
    let mut lines = String::new();
    let mut line = |label: &str, text: String| {
        lines.push_str(&format!("  {} {text}\n", style.faint(format!("{label:<9}"))))
    };
    if let Some(info) = details.error_info() {
        let mut named: Vec<_> = info.metadata.iter().map(|(key, value)| format!("{key}: {value}")).collect();
        named.sort();
        let named = if named.is_empty() { String::new() } else { format!(" ({})", named.join(", ")) };
        line("reason", format!("{}{named}", style.strong(&info.reason)));
    }
    for violation in details.bad_request().map(|it| it.field_violations.as_slice()).unwrap_or_default() {
        line("field", format!("{}: {}", style.strong(&violation.field), violation.description));
    }
    for violation in details.precondition_failure().map(|it| it.violations.as_slice()).unwrap_or_default() {
        let about =
            if violation.subject.is_empty() { String::new() } else { format!(" ({})", violation.subject) };
        line("unmet", format!("{}{about}: {}", style.strong(&violation.r#type), violation.description));
    }
    if let Some(delay) = details.retry_info().and_then(|it| it.retry_delay) {
        line("try again", format!("after {} ms", delay.as_millis()));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic::{Code, Status};

    #[test]
    fn a_refusal_names_its_reason_and_every_field_and_precondition() {
        let mut details = ErrorDetails::new();
        details
            .set_error_info(
                "RELATIONSHIP_MISSING",
                "assent",
                [("partner_id".to_owned(), "contoso".to_owned())],
            )
            .add_bad_request_violation("contact.email", "is no e-mail address")
            .add_bad_request_violation("accepted_at", "lies in the future")
            .add_precondition_failure_violation("PARTNER_INACTIVE", "contoso", "is inactive");
        let status = Status::with_error_details(Code::FailedPrecondition, "no relationship", details);
        let report = Failure::from(status).report(Style::PLAIN).unwrap();
        let expected = "error: no relationship\n  \
            reason    RELATIONSHIP_MISSING (partner_id: contoso)\n  \
            field     contact.email: is no e-mail address\n  \
            field     accepted_at: lies in the future\n  \
            unmet     PARTNER_INACTIVE (contoso): is inactive\n";
        assert_eq!(report, expected);
    }

    #[test]
    fn a_closed_pipe_is_no_error() {
        let failure = Failure::Output(io::ErrorKind::BrokenPipe.into());
        assert_eq!((failure.exit(), failure.report(Style::PLAIN)), (Exit::Done, None));
    }

    #[test]
    fn an_error_without_a_message_still_says_something() {
        let failure = Failure::from(Status::new(Code::Unavailable, ""));
        assert_eq!((failure.exit(), failure.to_string().is_empty()), (Exit::Unanswered, false));
    }
}
