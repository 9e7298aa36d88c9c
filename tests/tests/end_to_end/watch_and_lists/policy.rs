//! SimulatePolicy before, PublishPolicy, and the next decision.

use assent_proto::v1::simulate_policy_response::Message;
use assent_proto::v1::*;
use assent_testing::{Server, reason, requests};
use tonic::Code;

use crate::support::{backfill, fields, head, import, metadata, run, server, within};

async fn shipped() -> String {
    run(["policy", "show", "--builtin"]).await.stdout
}

/// Contoso's customers: one with the old text, one with the new one, one with nothing.
async fn registered() -> Server {
    let server = server().await;
    within(server.accepted("contoso", "new-text")).await;
    for customer in ["old-text", "nothing"] {
        within(server.register_customer(customer)).await;
        within(server.establish("contoso", customer)).await;
    }
    let old = ConfirmAcceptanceRequest {
        accepted_on: Some("2020-05-05".to_owned()),
        ..requests::confirm("contoso", "old-text")
    };
    import(&server, vec![backfill(1, "2020-05-06", old)]).await;
    server
}

/// The flips of new purchases on that day, each with the decision after it, and the totals.
async fn simulate(server: &Server, document: &str, at: &str) -> (Vec<(String, Decision)>, SimulationSummary) {
    let request = SimulatePolicyRequest {
        document: document.to_owned().into(),
        effective_at: Some(requests::at(at)),
        transactions: vec![TransactionKind::NewPurchase.into()],
        ..Default::default()
    };
    let mut answers =
        within(server.catalog().simulate_policy(request)).await.expect("it can be simulated").into_inner();
    let (mut flips, mut summary) = (Vec::new(), None);
    while let Some(answer) = within(answers.message()).await.expect("the simulation goes on to its end") {
        match answer.message.expect("it says something") {
            Message::Flip(PolicyFlip { customer_id, before: Some(before), after: Some(after), .. }) => {
                assert_ne!(before.decision(), after.decision());
                assert_eq!((before.policy_version, after.policy_version), (1, 2));
                flips.push((customer_id, after.decision()));
            }
            Message::Flip(flip) => panic!("a flip has both decisions: {flip:?}"),
            Message::Summary(it) => summary = Some(it),
        }
    }
    flips.sort();
    (flips, summary.expect("it ends with the totals"))
}

async fn publish(server: &Server, document: &str) -> Result<PublishPolicyResponse, tonic::Status> {
    let request = PublishPolicyRequest {
        document: document.to_owned().into(),
        reason: "a test".to_owned(),
        ..Default::default()
    };
    within(server.catalog().publish_policy(request)).await.map(|it| it.into_inner())
}

#[tokio::test]
async fn a_simulation_says_what_a_publishing_then_does_without_a_restart() {
    let server = registered().await;
    let before = head(&server).await;
    let order = |customer: &str| requests::order_on("contoso", customer, "2026-03-01");
    let later = shipped().await.replace("2026-01-05", "2026-06-01");
    let stricter = shipped().await.replace("accepted_from: 2023-04-01", "accepted_from: 2026-02-01");
    let (flips, summary) = simulate(&server, &later, "2026-03-01").await;
    assert_eq!(flips, [("old-text".to_owned(), Decision::Allowed)]);
    assert_eq!((summary.relationships, summary.would_fail, summary.would_pass), (3, 0, 1));
    let (flips, summary) = simulate(&server, &stricter, "2026-03-01").await;
    assert_eq!(flips, [("new-text".to_owned(), Decision::Denied)]);
    assert_eq!((summary.would_fail, summary.would_pass, summary.position), (1, 0, before));
    assert!(simulate(&server, &later, "2026-06-01").await.0.is_empty(), "both lines hold by then");
    assert_eq!(head(&server).await, before, "a simulation stores nothing");

    assert_eq!(within(server.decide(order("old-text"))).await.decision(), Decision::Denied);
    let published = publish(&server, &later).await.unwrap();
    assert_eq!((published.policy_version, published.position), (2, before + 1));
    let answer = within(server.decide(order("old-text"))).await;
    assert_eq!((answer.decision(), answer.policy_version), (Decision::Allowed, 2));
    let known_before = AuthorizeOrderRequest { known_at: Some(before), ..order("old-text") };
    let answer = within(server.decide(known_before)).await;
    assert_eq!((answer.decision(), answer.policy_version), (Decision::Denied, 1));
    assert_eq!(answer.reasons[0].code(), ReasonCode::AcceptanceStale);

    let wanted = [
        GetPolicyRequest::default(),
        GetPolicyRequest { policy_version: Some(1), known_at: None },
        GetPolicyRequest { policy_version: None, known_at: Some(before) },
    ];
    for (request, document) in wanted.into_iter().zip([&later, &shipped().await, &shipped().await]) {
        let policy = within(server.catalog().get_policy(request)).await.unwrap().into_inner();
        assert_eq!(policy.document.as_ref(), document.as_bytes(), "byte for byte as it was published");
    }
}

#[tokio::test]
async fn a_bad_candidate_is_named_with_line_and_field_and_stores_nothing() {
    let server = registered().await;
    let before = head(&server).await;
    let shipped = shipped().await;
    let broken = shipped.replacen("version: most_current", "version: newest", 1);
    let line = shipped[..shipped.find("version: most_current").unwrap()].lines().count();
    let refusal = publish(&server, &broken).await.unwrap_err();
    assert_eq!((refusal.code(), reason(&refusal).as_str()), (Code::InvalidArgument, "POLICY_INVALID"));
    assert_eq!(metadata(&refusal, "line"), Some(line.to_string()), "{refusal:?}");
    assert_eq!(metadata(&refusal, "field").as_deref(), Some("lines[1].any_of[0].version"), "{refusal:?}");
    let simulate = SimulatePolicyRequest { document: broken.into(), ..Default::default() };
    let refusal = within(server.catalog().simulate_policy(simulate)).await.map(|_| ()).unwrap_err();
    assert_eq!(reason(&refusal), "POLICY_INVALID");

    let valid = PublishPolicyRequest {
        document: shipped.replace("2026-01-05", "2026-06-01").into(),
        validate_only: true,
        ..Default::default()
    };
    let checked = within(server.catalog().publish_policy(valid.clone())).await.unwrap().into_inner();
    assert_eq!(checked.policy_version, 2, "the version that it would get");
    let late = PublishPolicyRequest {
        expected_version: Some(7),
        validate_only: false,
        reason: "a test".to_owned(),
        ..valid.clone()
    };
    let refusal = within(server.catalog().publish_policy(late)).await.unwrap_err();
    assert_eq!((refusal.code(), reason(&refusal).as_str()), (Code::Aborted, "REVISION_CONFLICT"));
    let without_reason = PublishPolicyRequest { validate_only: false, ..valid };
    let refusal = within(server.catalog().publish_policy(without_reason)).await.unwrap_err();
    assert_eq!(fields(&refusal), ["reason"]);
    let same = publish(&server, &shipped).await.unwrap();
    assert_eq!(same.policy_version, 1, "the one that governs is not published again");
    assert_eq!(head(&server).await, before);
}
