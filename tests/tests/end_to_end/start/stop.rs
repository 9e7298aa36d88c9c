//! SIGTERM: what is under way is finished, streams end, the exit code is 0.

use assent_proto::v1::{ConfirmAcceptanceRequest, ReadEventsRequest, WatchAcceptanceStatusRequest};
use assent_testing::{Server, requests};
use futures::future::join_all;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::support::{events, server, within};

async fn registered() -> Server {
    let server = server().await;
    within(server.registered("contoso", "fabrikam")).await;
    server
}

fn confirmation(number: u32) -> ConfirmAcceptanceRequest {
    let accepted_on = Some(format!("2025-{:02}-{:02}", number / 28 + 1, number % 28 + 1));
    ConfirmAcceptanceRequest { accepted_on, ..requests::confirm("contoso", "fabrikam") }
}

#[tokio::test]
async fn what_was_answered_before_the_end_is_there_after_it() {
    let mut server = registered().await;
    let calls: Vec<_> = (0..100)
        .map(|number| {
            let mut acceptance = server.acceptance();
            tokio::spawn(async move { acceptance.confirm_acceptance(confirmation(number)).await.is_ok() })
        })
        .collect();
    within(server.terminate()).await;
    let answered = within(join_all(calls)).await.into_iter().filter(|it| matches!(it, Ok(true))).count();
    within(server.restart()).await;
    // Four events begin a ledger's story here: its own, two registrations and the relationship come before.
    let list = assent_proto::v1::ListAcceptancesRequest {
        partner_id: "contoso".to_owned(),
        page_size: 1_000,
        ..Default::default()
    };
    let listed =
        within(server.acceptance().list_acceptances(list)).await.unwrap().into_inner().acceptances.len();
    assert!(listed >= answered, "{answered} were answered, {listed} are there");
    assert!(!events(&server).await.is_empty());
}

#[tokio::test]
async fn open_streams_end_with_the_server() {
    let mut server = registered().await;
    let live = ReadEventsRequest { live: true, ..Default::default() };
    let mut live = within(server.audit().read_events(live)).await.unwrap().into_inner();
    let watch = WatchAcceptanceStatusRequest { partner_id: "contoso".to_owned(), ..Default::default() };
    let mut watch = within(server.acceptance().watch_acceptance_status(watch)).await.unwrap().into_inner();
    let (rows, stream) = mpsc::channel(8);
    let mut acceptance = server.acceptance();
    let import = tokio::spawn(async move {
        let mut outcomes = acceptance.import_acceptances(ReceiverStream::new(stream)).await?.into_inner();
        let mut stored = 0;
        while let Some(outcome) = outcomes.message().await? {
            stored += usize::from(outcome.position.is_some());
        }
        Ok::<_, tonic::Status>(stored)
    });
    within(rows.send(requests::row(1, confirmation(1)))).await.expect("the import takes rows");
    while within(live.message()).await.unwrap().is_some_and(|it| !it.caught_up) {}
    within(server.terminate()).await;
    drop(rows);
    while let Ok(Some(_)) = within(live.message()).await {}
    while let Ok(Some(_)) = within(watch.message()).await {}
    let _ = within(import).await.expect("the import's task ends");
}
