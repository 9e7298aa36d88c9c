//! WatchAcceptanceStatus: the newest status after every change that touches one.

use assent_proto::v1::watch_acceptance_status_response::Message;
use assent_proto::v1::*;
use assent_testing::{Server, requests};
use futures::future::join_all;
use tonic::Streaming;

use crate::support::{head, import, run, server, within};

/// What a watch says until it has reached a position.
#[derive(Debug, Default)]
struct Heard {
    statuses: Vec<CustomerStatus>,
    all_changed: Vec<u64>,
}

impl Heard {
    fn customers(&self) -> Vec<&str> {
        self.statuses.iter().map(|it| it.customer_id.as_str()).collect()
    }
}

type Watch = Streaming<WatchAcceptanceStatusResponse>;

async fn watch(server: &Server, customers: &[&str], from_position: Option<u64>) -> Watch {
    let request = WatchAcceptanceStatusRequest {
        partner_id: "contoso".to_owned(),
        customer_ids: customers.iter().map(|it| (*it).to_owned()).collect(),
        from_position,
        ..Default::default()
    };
    within(server.acceptance().watch_acceptance_status(request))
        .await
        .expect("it can be watched")
        .into_inner()
}

async fn hear(watch: &mut Watch, until: u64) -> Heard {
    let mut heard = Heard::default();
    loop {
        let answer = within(watch.message()).await.expect("a watch goes on").expect("a watch goes on");
        match answer.message.expect("it says something") {
            Message::Status(status) => heard.statuses.push(status),
            Message::AllChanged(changed) => heard.all_changed.push(changed.position),
            Message::Checkpoint(checkpoint) if checkpoint.position >= until => {
                assert!(checkpoint.time.is_some());
                return heard;
            }
            Message::Checkpoint(_) => {}
        }
    }
}

async fn registered() -> Server {
    let server = server().await;
    within(server.registered("contoso", "fabrikam")).await;
    within(server.registered("northwind", "tailspin")).await;
    within(server.register_customer("wingtip")).await;
    within(server.establish("contoso", "wingtip")).await;
    server
}

async fn confirm(server: &Server, partner: &str, customer: &str) -> u64 {
    let answer = within(server.acceptance().confirm_acceptance(requests::confirm(partner, customer))).await;
    answer.expect("it is confirmed").into_inner().position
}

fn decision(status: &CustomerStatus) -> Decision {
    let status = status.status.as_ref().expect("a status says something");
    let purchase = status.decisions.iter().find(|it| it.transaction() == TransactionKind::NewPurchase);
    purchase.and_then(|it| it.decision.as_ref()).expect("it decides about purchases").decision()
}

#[tokio::test]
async fn a_confirmation_is_heard_of_with_the_new_status_by_those_whom_it_touches() {
    let server = registered().await;
    let mut all = watch(&server, &[], None).await;
    let mut one = watch(&server, &["wingtip"], None).await;
    let begun = head(&server).await;
    assert!(hear(&mut all, begun).await.statuses.is_empty(), "nothing has changed yet");
    hear(&mut one, begun).await;

    let position = confirm(&server, "contoso", "fabrikam").await;
    let heard = hear(&mut all, position).await;
    assert_eq!((heard.customers(), heard.all_changed.len()), (vec!["fabrikam"], 0));
    assert_eq!(decision(&heard.statuses[0]), Decision::Allowed);
    let status = heard.statuses[0].status.as_ref().unwrap();
    assert_eq!((status.position, status.agreements.len(), status.decisions.len()), (position, 1, 6));
    assert!(hear(&mut one, position).await.statuses.is_empty(), "it watches another customer");

    let position = confirm(&server, "northwind", "tailspin").await;
    assert!(hear(&mut all, position).await.statuses.is_empty(), "it watches another partner");
    let withdrawal = requests::withdraw("contoso", "fabrikam");
    let position =
        within(server.acceptance().withdraw_acceptance(withdrawal)).await.unwrap().into_inner().position;
    let heard = hear(&mut all, position).await;
    assert_eq!(decision(heard.statuses.last().expect("it is heard of")), Decision::Denied);
}

#[tokio::test]
async fn many_changes_at_once_are_one_newest_status_and_not_a_message_an_event() {
    let server = registered().await;
    let mut watch = watch(&server, &[], None).await;
    hear(&mut watch, head(&server).await).await;
    let rows = (0..500_u64).map(|row| {
        let accepted_at = Some(prost_types::Timestamp { seconds: 1_770_000_000 + row as i64, nanos: 0 });
        let confirmation = ConfirmAcceptanceRequest {
            accepted_on: None,
            accepted_at,
            ..requests::confirm("contoso", "fabrikam")
        };
        requests::row(row, confirmation)
    });
    import(&server, rows.collect()).await;
    let head = head(&server).await;
    let heard = hear(&mut watch, head).await;
    assert!(heard.statuses.len() < 250, "{} messages for 500 events", heard.statuses.len());
    let newest = heard.statuses.last().and_then(|it| it.status.as_ref()).expect("it is heard of");
    let revision =
        within(server.acceptance().get_acceptance_status(requests::status("contoso", "fabrikam"))).await;
    assert_eq!((newest.position, newest.revision), (head, revision.unwrap().into_inner().revision));
}

#[tokio::test]
async fn a_new_policy_and_a_new_text_and_the_partners_own_changes_change_everything() {
    let server = registered().await;
    let mut watch = watch(&server, &["fabrikam"], None).await;
    hear(&mut watch, head(&server).await).await;
    let shipped = run(["policy", "show", "--builtin"]).await.stdout;
    let publish = PublishPolicyRequest {
        document: shipped.replace("2026-01-05", "2026-01-21").into(),
        reason: "another day is reported".to_owned(),
        ..Default::default()
    };
    let position = within(server.catalog().publish_policy(publish)).await.unwrap().into_inner().position;
    assert_eq!(hear(&mut watch, position).await.all_changed, [position]);

    let text = PublishAgreementVersionRequest {
        agreement_id: requests::CUSTOMER_AGREEMENT.to_owned(),
        version: "2026-10".to_owned(),
        in_force_from: Some(requests::at("2026-10-01")),
        ..Default::default()
    };
    let position =
        within(server.catalog().publish_agreement_version(text)).await.unwrap().into_inner().position;
    assert_eq!(hear(&mut watch, position).await.all_changed, [position]);

    let status = SetPartnerStatusRequest {
        partner_id: "contoso".to_owned(),
        status: PartnerStatus::Inactive.into(),
        ..Default::default()
    };
    let position = within(server.directory().set_partner_status(status)).await.unwrap().into_inner().position;
    assert_eq!(hear(&mut watch, position).await.all_changed, [position]);
}

#[tokio::test]
async fn a_watch_from_a_position_says_what_changed_since() {
    let server = registered().await;
    let before = head(&server).await;
    let first = confirm(&server, "contoso", "fabrikam").await;
    let second = confirm(&server, "contoso", "wingtip").await;
    for (from, expected) in
        [(before, vec!["fabrikam", "wingtip"]), (first, vec!["wingtip"]), (second, vec![])]
    {
        let mut watch = watch(&server, &[], Some(from)).await;
        let heard = hear(&mut watch, second).await;
        assert_eq!((heard.customers(), heard.all_changed.len()), (expected, 0), "from {from}");
    }
    let mut from_the_start = watch(&server, &[], Some(0)).await;
    assert!(
        !hear(&mut from_the_start, second).await.all_changed.is_empty(),
        "the first policy lies behind it"
    );
}

#[tokio::test]
async fn many_watchers_hear_the_same() {
    let server = registered().await;
    let mut watches = join_all((0..20).map(|_| watch(&server, &["fabrikam"], None))).await;
    let position = confirm(&server, "contoso", "fabrikam").await;
    for watch in &mut watches {
        assert_eq!(hear(watch, position).await.customers(), ["fabrikam"]);
    }
}
