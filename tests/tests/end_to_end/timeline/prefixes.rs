//! Answers as of a prefix of the log, how long they hold, and decisions that are recorded.

use assent_proto::v1::{
    AuthorizeOrderRequest, CorrectAcceptanceRequest, Decision, OrderOutcome, ReasonCode,
    RecordOrderOutcomeRequest, TransactionKind, VoidRecordRequest, WithdrawAcceptanceRequest,
    void_record_request,
};
use assent_testing::{Server, reason, requests};
use tonic::Code;
use uuid::Uuid;

use super::cast::{CONTOSO, WITHDRAWN_AT, played};
use crate::support::{events, fields, head, server, within};

#[tokio::test]
async fn an_answer_as_of_an_earlier_position_knows_nothing_that_came_later() {
    let server = server().await;
    within(server.registered("contoso", "fabrikam")).await;
    let before = head(&server).await;
    let denied = within(server.decide(requests::order_on("contoso", "fabrikam", "2026-03-01"))).await;
    let confirmed = within(server.acceptance().confirm_acceptance(requests::confirm("contoso", "fabrikam")))
        .await
        .unwrap();
    let after = confirmed.into_inner().position;
    assert_eq!(after, before + 1);
    for (known_at, decision) in
        [(Some(before), Decision::Denied), (Some(after), Decision::Allowed), (None, Decision::Allowed)]
    {
        let order =
            AuthorizeOrderRequest { known_at, ..requests::order_on("contoso", "fabrikam", "2026-03-01") };
        let answer = within(server.decide(order)).await;
        assert_eq!(answer.decision(), decision, "known at {known_at:?}");
        if known_at == Some(before) {
            assert_eq!(answer, denied, "the same inputs give the same answer for ever (rule O10)");
        }
    }
}

#[tokio::test]
async fn corrections_withdrawals_and_voids_count_from_their_position_on() {
    let server = server().await;
    let accepted = within(server.accepted("contoso", "fabrikam")).await;
    let mut acceptance = server.acceptance();
    let correction = CorrectAcceptanceRequest {
        acceptance_id: accepted.acceptance_id,
        reason: "it was in June".to_owned(),
        accepted_on: Some("2026-06-12".to_owned()),
        ..Default::default()
    };
    let corrected = within(acceptance.correct_acceptance(correction)).await.unwrap().into_inner();
    let withdrawal = WithdrawAcceptanceRequest {
        withdrawn_at: Some(requests::at("2026-06-20")),
        ..requests::withdraw("contoso", "fabrikam")
    };
    let withdrawn = within(acceptance.withdraw_acceptance(withdrawal)).await.unwrap().into_inner();
    let void = |record| VoidRecordRequest {
        reason: "it never was".to_owned(),
        record: Some(record),
        ..Default::default()
    };
    let withdrawal = withdrawn.obligation.expect("it opened one").withdrawal_event_id;
    let restored = void(void_record_request::Record::WithdrawalEventId(withdrawal));
    let restored = within(acceptance.void_record(restored)).await.unwrap().into_inner();
    let id = corrected.acceptance.expect("it is answered").acceptance_id;
    let voided = within(acceptance.void_record(void(void_record_request::Record::AcceptanceId(id))))
        .await
        .unwrap()
        .into_inner();

    let (missing, held, left) =
        (ReasonCode::AcceptanceMissing, ReasonCode::AcceptanceInForce, ReasonCode::AcceptanceWithdrawn);
    for (known_at, reasons) in [
        (accepted.position, [held, held, held]),
        (corrected.position, [missing, held, held]),
        (withdrawn.position, [missing, held, left]),
        (restored.position, [missing, held, held]),
        (voided.position, [missing, missing, missing]),
    ] {
        for (day, reason) in ["2026-03-01", "2026-06-15", "2026-06-25"].into_iter().zip(reasons) {
            let order = AuthorizeOrderRequest {
                known_at: Some(known_at),
                ..requests::order_on("contoso", "fabrikam", day)
            };
            assert_eq!(within(server.reasons(order)).await, [reason], "{day} as known at {known_at}");
        }
    }
}

#[tokio::test]
async fn a_position_that_the_log_has_not_reached_is_waited_for() {
    let server = server().await;
    within(server.registered("contoso", "fabrikam")).await;
    let next = head(&server).await + 1;
    let order = AuthorizeOrderRequest { min_position: Some(next), ..requests::order("contoso", "fabrikam") };
    let (answer, confirmed) = within(async {
        tokio::join!(server.decide(order), async {
            server.acceptance().confirm_acceptance(requests::confirm("contoso", "fabrikam")).await.unwrap()
        })
    })
    .await;
    assert_eq!(confirmed.into_inner().position, next);
    assert_eq!((answer.position, answer.decision()), (next, Decision::Allowed));
}

#[tokio::test]
async fn a_position_that_never_comes_is_too_stale_at_the_callers_deadline() {
    let server = server().await;
    for order in [
        AuthorizeOrderRequest { min_position: Some(9_999), ..requests::order("contoso", "fabrikam") },
        AuthorizeOrderRequest { known_at: Some(u64::MAX), ..requests::order("contoso", "fabrikam") },
    ] {
        let mut request = tonic::Request::new(order);
        request.set_timeout(std::time::Duration::from_secs(8));
        let refusal = within(server.authorization().authorize_order(request)).await.unwrap_err();
        assert_eq!((refusal.code(), reason(&refusal).as_str()), (Code::Unavailable, "REPLICA_TOO_STALE"));
    }
}

/// Customer of Contoso, the instant asked about, until when the answer holds.
const VALID_UNTIL: [(&str, &str, Option<&str>); 9] = [
    ("nothing", "2018-01-01", Some("2019-03-22")),
    ("nothing", "2019-03-21T23:59:59.999999Z", Some("2019-03-22")),
    ("nothing", "2019-03-22", Some("2019-10-01")),
    ("cloud-early", "2019-10-01", Some("2020-01-31")),
    ("mca-old-text", "2023-03-30", Some("2023-03-31T23:59:59.999999Z")),
    ("mca-old-text", "2025-01-01", Some("2026-01-05")),
    ("withdrawn", "2023-06-01", Some(WITHDRAWN_AT)),
    ("mca-new-text", "2026-02-01", None),
    ("nothing", "2026-02-01", None),
];

#[tokio::test]
async fn an_answer_says_until_when_it_holds() {
    let server = played().await;
    for (customer, at, until) in VALID_UNTIL {
        let answer = within(server.decide(requests::order_on(CONTOSO, customer, at))).await;
        assert_eq!(answer.valid_until, until.map(requests::at), "{customer} at {at}: {answer:?}");
    }
}

async fn recorded(server: &Server, request_id: &Uuid, day: &str) -> assent_proto::v1::AuthorizeOrderResponse {
    let order = AuthorizeOrderRequest {
        record: Some(true),
        request_id: Some(request_id.to_string()),
        order_ref: Some("order-17".to_owned()),
        ..requests::order_on("contoso", "fabrikam", day)
    };
    within(server.decide(order)).await
}

#[tokio::test]
async fn an_outcome_rests_on_a_recorded_decision_about_the_same_parties() {
    let server = server().await;
    within(server.registered("contoso", "fabrikam")).await;
    within(server.register_customer("tailspin")).await;
    let decided = recorded(&server, &Uuid::from_u128(17), "2026-03-01").await.recorded_position;
    let tell = async |customer: &str, decision_position| {
        let outcome = RecordOrderOutcomeRequest {
            partner_id: "contoso".to_owned(),
            customer_id: customer.to_owned(),
            order_ref: "order-17".to_owned(),
            transaction: TransactionKind::NewPurchase.into(),
            outcome: OrderOutcome::Failed.into(),
            occurred_at: Some(requests::at("2026-03-02")),
            decision_position,
            ..Default::default()
        };
        within(server.authorization().record_order_outcome(outcome)).await
    };
    // Nothing's, another event's, and another customer's.
    for (customer, position) in [("fabrikam", Some(1_000)), ("fabrikam", Some(2)), ("tailspin", decided)] {
        let refused = tell(customer, position).await.expect_err("it rests on nothing");
        assert_eq!(fields(&refused), ["decision_position"], "{refused:?}");
    }
    tell("fabrikam", decided).await.expect("it rests on that");
}

#[tokio::test]
async fn a_recorded_decision_is_stored_once_and_replayed_even_when_the_answer_would_be_another_now() {
    let server = server().await;
    within(server.registered("contoso", "fabrikam")).await;
    let before = head(&server).await;
    let request_id = Uuid::from_u128(0x0195_0000_0000_7000_8000_0000_0000_0001);
    let first = recorded(&server, &request_id, "2026-03-01").await;
    assert_eq!(first.decision(), Decision::Denied);
    assert_eq!((first.position, first.recorded_position), (before, Some(before + 1)));
    assert_eq!((first.order_ref.as_deref(), first.replayed), (Some("order-17"), false));

    within(server.acceptance().confirm_acceptance(requests::confirm("contoso", "fabrikam"))).await.unwrap();
    let again = recorded(&server, &request_id, "2026-03-01").await;
    assert!(again.replayed);
    assert_eq!((again.decision(), again.position), (Decision::Denied, before));
    assert_eq!(again.recorded_position, Some(before + 1));
    let codes = |it: &assent_proto::v1::AuthorizeOrderResponse| {
        it.reasons.iter().map(|it| it.code()).collect::<Vec<_>>()
    };
    assert_eq!(codes(&again), codes(&first));
    assert_eq!(again.remediations.len(), first.remediations.len());
    assert_eq!(events(&server).await.len() as u64, before + 2);

    // The decision is the answer of its prefix: asking for that prefix gives it again.
    let asked = AuthorizeOrderRequest {
        known_at: Some(before),
        order_ref: Some("order-17".to_owned()),
        ..requests::order_on("contoso", "fabrikam", "2026-03-01")
    };
    let asked = within(server.decide(asked)).await;
    assert_eq!((asked.reasons, asked.remediations), (first.reasons, first.remediations));
    assert_eq!(
        within(server.reasons(requests::order("contoso", "fabrikam"))).await,
        [ReasonCode::AcceptanceInForce]
    );

    let other = AuthorizeOrderRequest {
        record: Some(true),
        request_id: Some(request_id.to_string()),
        ..requests::order_on("contoso", "fabrikam", "2026-03-02")
    };
    let refusal = within(server.authorization().authorize_order(other)).await.unwrap_err();
    assert_eq!((refusal.code(), reason(&refusal).as_str()), (Code::InvalidArgument, "REQUEST_ID_REUSED"));
}
