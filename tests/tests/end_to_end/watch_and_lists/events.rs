//! ReadEvents and GetHistory.

use assent_proto::v1::*;
use assent_testing::{Server, requests};
use tonic::Streaming;

use crate::support::{decoded, head, read, server, within};

async fn story() -> Server {
    let server = server().await;
    within(server.accepted("contoso", "fabrikam")).await;
    within(server.accepted("northwind", "tailspin")).await;
    within(server.establish("contoso", "tailspin")).await;
    within(server.acceptance().withdraw_acceptance(requests::withdraw("contoso", "fabrikam")))
        .await
        .expect("it is answered");
    server
}

fn filter(partner: Option<&str>, customer: Option<&str>, types: &[&str]) -> ReadEventsRequest {
    let filter = EventFilter {
        partner_id: partner.map(str::to_owned),
        customer_id: customer.map(str::to_owned),
        types: types.iter().map(|it| (*it).to_owned()).collect(),
    };
    ReadEventsRequest { filter: Some(filter), ..Default::default() }
}

async fn streams(server: &Server, request: ReadEventsRequest) -> Vec<String> {
    read(server, request).await.iter().map(|it| decoded(it).stream).collect()
}

#[tokio::test]
async fn a_filter_gives_the_events_that_it_says_and_no_others() {
    let server = story().await;
    let fabrikam = "relationship/contoso/fabrikam";
    assert_eq!(streams(&server, filter(Some("contoso"), Some("fabrikam"), &[])).await, [fabrikam; 3]);
    assert_eq!(
        streams(&server, filter(None, Some("tailspin"), &[])).await,
        [
            "customer/tailspin",
            "relationship/northwind/tailspin",
            "relationship/northwind/tailspin",
            "relationship/contoso/tailspin"
        ]
    );
    let confirmed = filter(None, None, &["acceptance_confirmed"]);
    assert_eq!(streams(&server, confirmed).await, [fabrikam, "relationship/northwind/tailspin"]);
    let two = filter(Some("contoso"), None, &["acceptance_withdrawn", "partner_registered"]);
    assert_eq!(streams(&server, two).await, ["partner/contoso", fabrikam]);
    assert!(streams(&server, filter(Some("nobody"), None, &[])).await.is_empty());
}

#[tokio::test]
async fn a_range_is_inclusive_at_both_ends() {
    let server = story().await;
    let head = head(&server).await;
    for (from, to, expected) in [
        (1, Some(1), vec![1]),
        (3, Some(5), vec![3, 4, 5]),
        (head, None, vec![head]),
        (head + 1, None, vec![]),
        (head, Some(head + 9), vec![head]),
    ] {
        let request = ReadEventsRequest { from_position: from, to_position: to, ..Default::default() };
        let positions: Vec<_> = read(&server, request).await.iter().map(|it| decoded(it).position).collect();
        assert_eq!(positions, expected, "from {from} to {to:?}");
    }
}

/// What a live reader is told next: positions of events, or that of a checkpoint.
async fn next(live: &mut Streaming<ReadEventsResponse>) -> (Vec<u64>, Option<u64>) {
    let answer = within(live.message()).await.expect("a live stream goes on").expect("a live stream goes on");
    (answer.events.iter().map(|it| decoded(it).position).collect(), answer.checkpoint.map(|it| it.position))
}

#[tokio::test]
async fn a_live_reader_gets_what_comes_and_a_checkpoint_even_where_its_filter_matches_nothing() {
    let server = story().await;
    let begun = head(&server).await;
    let of_all = ReadEventsRequest { from_position: begun + 1, live: true, ..Default::default() };
    let of_nobody = ReadEventsRequest { live: true, ..filter(Some("nobody"), None, &[]) };
    let mut of_all = within(server.audit().read_events(of_all)).await.unwrap().into_inner();
    let mut of_nobody = within(server.audit().read_events(of_nobody)).await.unwrap().into_inner();
    for live in [&mut of_all, &mut of_nobody] {
        assert_eq!(next(live).await, (vec![], Some(begun)));
        assert!(within(live.message()).await.unwrap().is_some_and(|it| it.caught_up));
    }
    for number in 1..=3 {
        within(server.register_customer(&format!("later-{number}"))).await;
        assert_eq!(next(&mut of_all).await, (vec![begun + number], None));
        assert_eq!(next(&mut of_all).await, (vec![], Some(begun + number)));
        assert_eq!(next(&mut of_nobody).await, (vec![], Some(begun + number)));
    }
}

#[tokio::test]
async fn a_history_is_told_newest_first_in_sentences_without_anybodys_name() {
    let server = story().await;
    let request = GetHistoryRequest {
        partner_id: "contoso".to_owned(),
        customer_id: "fabrikam".to_owned(),
        ..Default::default()
    };
    let items = within(server.audit().get_history(request)).await.unwrap().into_inner().items;
    let positions: Vec<_> = items.iter().map(|it| decoded(it.event.as_ref().unwrap()).position).collect();
    assert!(positions.is_sorted_by(|a, b| a > b) && positions.len() == 3, "{positions:?}");
    let summaries: Vec<_> = items.iter().map(|it| it.summary.as_str()).collect();
    assert!(
        summaries[0].contains("no longer accepts") && summaries[1].contains("confirmed"),
        "{summaries:?}"
    );
    assert!(
        summaries.iter().all(|it| !it.contains("Anna") && !it.contains("letter") && !it.contains('@')),
        "{summaries:?}"
    );
}
