//! What the tests share: deadlines, the program's commands, and looking at the whole log.

use std::ffi::OsStr;
use std::process::Stdio;
use std::time::Duration;

use assent_proto::RecordedEvent;
use assent_proto::event::Event;
use assent_proto::v1::import_acceptances_request::Record;
use assent_proto::v1::{
    ConfirmAcceptanceRequest, ImportAcceptancesRequest, ImportAcceptancesResponse, ReadEventsRequest,
};
use assent_testing::{Server, ServerOptions, assent_binary, requests};
use tokio::process::Command;
use tokio::time::timeout;
use tonic::Status;
use tonic_types::{RpcStatusExt as _, StatusExt as _};

/// How long anything may take.
const DEADLINE: Duration = Duration::from_secs(60);

/// Waits for something that happens soon, or fails.
pub(crate) async fn within<T>(happening: impl Future<Output = T>) -> T {
    timeout(DEADLINE, happening).await.expect("it happens within the deadline")
}

/// A server on a new ledger with the policy that ships.
pub(crate) async fn server() -> Server {
    Server::spawn(ServerOptions::default()).await
}

/// How a run of the program ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The program, with nothing of the environment that it reads.
pub(crate) fn program(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
    let mut command = Command::new(assent_binary());
    command.args(arguments).env_remove("NO_COLOR");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("ASSENT_")) {
        command.env_remove(name);
    }
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// Runs a command to its end.
pub(crate) async fn ended(mut command: Command) -> Ran {
    let output = within(command.output()).await.expect("the program can be started");
    let text = |bytes| String::from_utf8(bytes).expect("the program prints UTF-8");
    Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Runs the program to its end.
pub(crate) async fn run(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Ran {
    ended(program(arguments)).await
}

/// The position that the ledger has reached.
pub(crate) async fn head(server: &Server) -> u64 {
    server.decide(requests::order("nobody", "nobody")).await.position
}

/// Every event of the ledger, as readers get it.
pub(crate) async fn events(server: &Server) -> Vec<RecordedEvent> {
    read(server, ReadEventsRequest::default()).await
}

/// The events that a reader asks for, to the end of its stream.
pub(crate) async fn read(server: &Server, request: ReadEventsRequest) -> Vec<RecordedEvent> {
    within(async {
        let mut answers = server.audit().read_events(request).await.expect("events can be read").into_inner();
        let mut events = Vec::new();
        while let Some(answer) = answers.message().await.expect("the stream goes on to its end") {
            events.extend(answer.events);
        }
        events
    })
    .await
}

/// What an event says.
pub(crate) fn decoded(event: &RecordedEvent) -> Event {
    event.event().expect("an event can be decoded")
}

/// A confirmation that was made at that instant, and is entered now.
pub(crate) fn backfill(
    row: u64,
    confirmed_at: &str,
    confirmation: ConfirmAcceptanceRequest,
) -> ImportAcceptancesRequest {
    let confirmed_at = Some(requests::at(confirmed_at));
    ImportAcceptancesRequest { row, confirmed_at, record: Some(Record::Confirm(confirmation)) }
}

/// Sends rows and gives their outcomes.
pub(crate) async fn import(
    server: &Server,
    rows: Vec<ImportAcceptancesRequest>,
) -> Vec<ImportAcceptancesResponse> {
    within(async {
        let rows = tokio_stream::iter(rows);
        let mut answers =
            server.acceptance().import_acceptances(rows).await.expect("an import can begin").into_inner();
        let mut outcomes = Vec::new();
        while let Some(outcome) = answers.message().await.expect("every row has its outcome") {
            outcomes.push(outcome);
        }
        outcomes
    })
    .await
}

/// The reason that the outcome of a row gives; empty where it gives none.
pub(crate) fn outcome_reason(outcome: &ImportAcceptancesResponse) -> String {
    let details = outcome.error.as_ref().map(|it| it.get_error_details()).unwrap_or_default();
    details.error_info().map(|it| it.reason.clone()).unwrap_or_default()
}

/// The fields that a refusal names, in its order.
pub(crate) fn fields(status: &Status) -> Vec<String> {
    let details = status.get_error_details();
    details
        .bad_request()
        .map(|it| it.field_violations.iter().map(|it| it.field.clone()).collect())
        .unwrap_or_default()
}

/// What a refusal's metadata say of one thing.
pub(crate) fn metadata(status: &Status, key: &str) -> Option<String> {
    status.get_error_details().error_info().and_then(|it| it.metadata.get(key).cloned())
}
