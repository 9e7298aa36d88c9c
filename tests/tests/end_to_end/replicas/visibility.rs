//! What one replica wrote, on the others.

use assent_proto::v1::watch_acceptance_status_response::Message;
use assent_proto::v1::{
    AuthorizeOrderRequest, Decision, ListAcceptancesRequest, PublishPolicyRequest, ReadEventsRequest,
    WatchAcceptanceStatusRequest,
};
use assent_testing::requests;

use super::fleet::{CUSTOMERS, Fleet, customer};
use super::work::Work;
use crate::support::{decoded, within};

#[tokio::test]
async fn a_write_on_one_replica_is_seen_on_every_other_from_its_position_on() {
    let fleet = Fleet::of(3).await.registered().await;
    for number in 0..CUSTOMERS {
        let place = usize::try_from(number).expect("it is small") % 3;
        let confirmed = requests::confirm("contoso", &customer(number));
        let written = within(fleet.servers[place].acceptance().confirm_acceptance(confirmed)).await.unwrap();
        let position = written.into_inner().position;
        for server in &fleet.servers {
            let order = AuthorizeOrderRequest {
                min_position: Some(position),
                ..requests::order("contoso", &customer(number))
            };
            let answer = within(server.decide(order)).await;
            assert_eq!(answer.decision(), Decision::Allowed, "{answer:?}");
        }
    }
    // Lists wait for what their own replica has applied, whichever replica writes the rows.
    for server in &fleet.servers {
        let list = ListAcceptancesRequest {
            partner_id: "contoso".to_owned(),
            page_size: 100,
            ..ListAcceptancesRequest::default()
        };
        let listed = within(server.acceptance().list_acceptances(list)).await.unwrap().into_inner();
        assert_eq!(listed.acceptances.len() as u64, CUSTOMERS);
    }
}

#[tokio::test]
async fn a_live_reader_sees_every_event_once_and_in_order_whichever_replica_wrote_it() {
    let fleet = Fleet::of(3).await.registered().await;
    let request = || ReadEventsRequest { live: true, ..ReadEventsRequest::default() };
    let mut readers = Vec::new();
    for server in &fleet.servers {
        readers.push(within(server.audit().read_events(request())).await.unwrap().into_inner());
    }
    let mut work = Work::default();
    let writers = work.begin(&fleet.servers, 4, false);
    writers.until(300).await;
    work.end(writers).await;
    let head = fleet.settled().await;
    for reader in &mut readers {
        let mut next = 1;
        while next <= head {
            let answer = within(reader.message()).await.unwrap().expect("a live stream does not end");
            for event in answer.events {
                assert_eq!(decoded(&event).position, next);
                next += 1;
            }
        }
    }
    work.check(&fleet).await;
}

#[tokio::test]
async fn a_watcher_hears_what_another_replica_wrote() {
    let fleet = Fleet::of(2).await.registered().await;
    // Otherwise it may hear of what was registered before.
    fleet.settled().await;
    let request = WatchAcceptanceStatusRequest { partner_id: "contoso".to_owned(), ..Default::default() };
    let mut acceptance = fleet.servers[1].acceptance();
    let mut answers = within(acceptance.watch_acceptance_status(request)).await.unwrap().into_inner();
    let confirmed = requests::confirm("contoso", &customer(3));
    within(fleet.servers[0].acceptance().confirm_acceptance(confirmed)).await.unwrap();
    loop {
        let answer = within(answers.message()).await.unwrap().expect("a watch does not end");
        if let Some(Message::Status(status)) = answer.message {
            assert_eq!(status.customer_id, customer(3));
            break;
        }
    }
}

#[tokio::test]
async fn a_policy_that_one_replica_publishes_governs_all_from_its_position_on() {
    let fleet = Fleet::of(2).await.registered().await;
    let order = || requests::order("contoso", &customer(0));
    assert_eq!(within(fleet.servers[1].decide(order())).await.decision(), Decision::Denied);
    let pack =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../policies/microsoft-csp.yaml"));
    let document = pack.unwrap().replace("id: microsoft-csp\n", "id: microsoft-csp\n# another one\n");
    let publish = PublishPolicyRequest {
        document: document.into_bytes().into(),
        reason: "to see it govern".to_owned(),
        ..PublishPolicyRequest::default()
    };
    let published = within(fleet.servers[0].catalog().publish_policy(publish)).await.unwrap().into_inner();
    let order = AuthorizeOrderRequest { min_position: Some(published.position), ..order() };
    let answer = within(fleet.servers[1].decide(order)).await;
    assert_eq!(answer.policy_version, published.policy_version, "{answer:?}");
}
