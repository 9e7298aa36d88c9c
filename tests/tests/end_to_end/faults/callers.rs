//! Callers that vanish in the middle of a write, that repeat themselves, and that come all at once.

use std::collections::HashSet;
use std::time::Duration;

use assent_event_log::EventLog;
use assent_proto::v1::{
    ConfirmAcceptanceRequest, ConfirmAcceptanceResponse, ListAcceptancesRequest, Program,
};
use assent_testing::{Server, reason, requests};
use aws_lc_rs::digest::{SHA256, digest};
use futures::future::{join, join_all};
use tokio::process::Command;
use tokio::time::timeout;
use tonic::{Code, Status};
use uuid::Uuid;

use crate::support::{decoded, events, head, read, server, within};

const CUSTOMERS: u128 = 50;

fn customer(number: u128) -> String {
    format!("customer-{number}")
}

async fn registered() -> Server {
    let server = server().await;
    within(server.register_partner("contoso", Program::DirectBill)).await;
    for number in 0..CUSTOMERS {
        within(server.register_customer(&customer(number))).await;
        within(server.establish("contoso", &customer(number))).await;
    }
    server
}

fn confirmation(number: u128) -> ConfirmAcceptanceRequest {
    let request_id = Some(Uuid::from_u128(number + 1).to_string());
    ConfirmAcceptanceRequest { request_id, ..requests::confirm("contoso", &customer(number)) }
}

async fn confirm(
    server: &Server,
    request: ConfirmAcceptanceRequest,
) -> Result<ConfirmAcceptanceResponse, Status> {
    server.acceptance().confirm_acceptance(request).await.map(|it| it.into_inner())
}

#[tokio::test]
async fn a_write_whose_caller_vanished_is_stored_once_or_not_at_all() {
    let server = registered().await;
    // Each caller gives up a little later than the one before it: some before the write, some in it, some after.
    let calls = (0..CUSTOMERS).map(|it| {
        let patience = Duration::from_micros(100 * u64::try_from(it).expect("it is small"));
        timeout(patience, confirm(&server, confirmation(it)))
    });
    let answered = within(join_all(calls)).await.into_iter().filter(Result::is_ok).count();
    let again = within(join_all((0..CUSTOMERS).map(|it| confirm(&server, confirmation(it))))).await;
    let again: Vec<_> = again.into_iter().map(|it| it.expect("each can be sent again")).collect();
    assert!(again.iter().filter(|it| it.replayed).count() >= answered);
    let mut positions = HashSet::new();
    for (number, answer) in again.iter().enumerate() {
        let acceptance = answer.acceptance.as_ref().expect("it is answered");
        assert_eq!(acceptance.customer_id, customer(number as u128));
        assert!(positions.insert(answer.position), "{answer:?}");
    }
    let list =
        ListAcceptancesRequest { partner_id: "contoso".to_owned(), page_size: 1_000, ..Default::default() };
    let listed = within(server.acceptance().list_acceptances(list)).await.unwrap().into_inner().acceptances;
    assert_eq!(listed.len() as u128, CUSTOMERS);
}

#[tokio::test]
async fn a_caller_that_gives_up_many_calls_at_once_keeps_its_connection() {
    let server = server().await;
    within(server.accepted("contoso", "fabrikam")).await;
    // As a gateway does whose own callers went away while the server was too busy to look at its calls.
    signal(&server, "-STOP").await;
    let given_up = |calls: usize| {
        let patience = Duration::from_millis(50);
        let call = || timeout(patience, server.decide(requests::order("contoso", "fabrikam")));
        join_all((0..calls).map(|_| call()).collect::<Vec<_>>())
    };
    within(given_up(400)).await;
    // What is sent after these tells that they were taken back before it.
    within(given_up(1)).await;
    let waiting = server.decide(requests::order("contoso", "fabrikam"));
    let (answer, ()) = within(join(waiting, signal(&server, "-CONT"))).await;
    assert_eq!(answer.reasons.len(), 1, "the call beside them is answered");
}

async fn signal(server: &Server, signal: &str) {
    let told = Command::new("kill").args([signal, &server.process_id().to_string()]).status();
    assert!(within(told).await.expect("a signal can be sent").success());
}

#[tokio::test]
async fn a_request_id_that_many_send_at_once_is_carried_out_once() {
    let server = server().await;
    within(server.registered("contoso", "customer-7")).await;
    let before = head(&server).await;
    let answers = within(join_all((0..20).map(|_| confirm(&server, confirmation(7))))).await;
    let answers: Vec<_> = answers.into_iter().map(|it| it.expect("each is answered")).collect();
    assert_eq!(answers.iter().filter(|it| !it.replayed).count(), 1);
    let outcomes: HashSet<_> = answers
        .iter()
        .map(|it| (it.position, it.revision, it.acceptance.as_ref().map(|it| it.acceptance_id.clone())))
        .collect();
    assert_eq!(outcomes.len(), 1, "{outcomes:?}");
    assert_eq!(head(&server).await, before + 1);

    let others = [
        ConfirmAcceptanceRequest { accepted_on: Some("2026-01-13".to_owned()), ..confirmation(7) },
        ConfirmAcceptanceRequest { employee: Some("Eva".to_owned()), ..confirmation(7) },
        ConfirmAcceptanceRequest { version: Some("2023-04".to_owned()), ..confirmation(7) },
    ];
    for other in others {
        let refusal = within(confirm(&server, other)).await.unwrap_err();
        assert_eq!((refusal.code(), reason(&refusal).as_str()), (Code::InvalidArgument, "REQUEST_ID_REUSED"));
    }
    assert_eq!(head(&server).await, before + 1);
}

#[tokio::test]
async fn the_log_is_dense_hashed_and_read_as_it_is_stored() {
    let server = registered().await;
    let answers = within(join_all((0..CUSTOMERS).map(|it| confirm(&server, confirmation(it))))).await;
    let answered: HashSet<_> = answers.into_iter().map(|it| it.expect("each is stored").position).collect();
    assert_eq!(answered.len() as u128, CUSTOMERS);

    let head = head(&server).await;
    let events = events(&server).await;
    let positions: Vec<_> = events.iter().map(|it| decoded(it).position).collect();
    assert_eq!(positions, (1..=head).collect::<Vec<_>>());
    let log =
        EventLog::open_read_only(&server.database_url()).await.expect("it can be read beside the server");
    for (event, position) in events.iter().zip(positions) {
        let stored = log.entry(position).await.expect("it can be read").expect("it is there");
        assert_eq!(event.entry, stored.entry, "position {position}");
        let leaf_hash = digest(&SHA256, &[b"\0", stored.entry.as_ref()].concat());
        assert_eq!(event.leaf_hash, leaf_hash.as_ref(), "position {position}");
        assert_eq!(stored.leaf_hash.as_slice(), leaf_hash.as_ref(), "position {position}");
    }
    let entries = assent_proto::v1::ReadEventsRequest { entry_only: true, ..Default::default() };
    let entries = read(&server, entries).await;
    assert!(
        entries
            .iter()
            .zip(&events)
            .all(|(only, whole)| only.entry == whole.entry && only.leaf_hash.is_empty())
    );
    assert_eq!(entries.len(), events.len());
}
