//! What happens between the lines: acceptances, withdrawals and versions have instants of their own.

use assent_proto::v1::{
    AuthorizeOrderRequest, AuthorizeOrderResponse, BatchAuthorizeOrdersRequest, Channel,
    ConfirmAcceptanceRequest, ReasonCode, StreamAuthorizeOrdersRequest, TransactionKind,
    authorize_order_result,
};
use assent_testing::requests;

use super::answer::Answer::{self, *};
use super::answer::{Case, check_all};
use super::cast::{ADATUM, CONTOSO, FABRIKAM, LITWARE, LUCERNE, NORTHWIND, WITHDRAWN_AT, played};
use crate::support::within;

const PURCHASE: TransactionKind = TransactionKind::NewPurchase;
const RENEWAL: TransactionKind = TransactionKind::Renewal;
const AUTO: TransactionKind = TransactionKind::AutoRenewal;

/// Customer of Contoso, instant, transaction, answer.
#[rustfmt::skip]
const MOMENTS: [(&str, &str, TransactionKind, Answer); 20] = [
    // an acceptance counts from its instant, whenever it was confirmed (rule O11)
    ("cloud-api-day", "2019-03-22T00:00:00Z", PURCHASE, Cloud),
    ("mca-last-day", "2020-01-30T23:59:59.999999Z", PURCHASE, NeedsMca),
    ("mca-old-text", "2023-03-31T23:59:59.999998Z", PURCHASE, NeedsMca),
    ("mca-old-text", "2023-03-31T23:59:59.999999Z", PURCHASE, Mca),
    ("mca-new-text", "2023-03-31T23:59:59.999999Z", PURCHASE, NeedsMca),
    ("mca-new-text", "2023-04-01T00:00:00Z", PURCHASE, Mca),
    // a renewal takes the most current text alone (rule O4)
    ("mca-old-text", "2023-03-31T23:59:59.999999Z", RENEWAL, Mca),
    ("mca-old-text", "2023-04-01T00:00:00Z", RENEWAL, Stale),
    ("both", "2023-03-31T23:59:59.999999Z", RENEWAL, Mca),
    ("both", "2023-04-01T00:00:00Z", RENEWAL, StaleBesideCloud),
    ("both", "2023-04-01T00:00:00Z", PURCHASE, Mca),
    // a withdrawal ends it at its instant, and never an automatic renewal (rules C13, O2)
    ("withdrawn", "2024-05-01T11:59:59.999999Z", PURCHASE, Mca),
    ("withdrawn", WITHDRAWN_AT, PURCHASE, Withdrawn),
    ("withdrawn", WITHDRAWN_AT, AUTO, ExemptButCancel),
    // a correction: the instant that was meant is the one that counts (rule C9)
    ("corrected", "2023-03-02", PURCHASE, NeedsMca),
    ("corrected", "2023-04-30T23:59:59.999999Z", PURCHASE, NeedsMca),
    ("corrected", "2023-05-01T00:00:00Z", PURCHASE, Mca),
    // an attestation in both scenarios, and a direct acceptance, do what a confirmation does (rule O3)
    ("buying", "2026-01-12T00:00:00Z", PURCHASE, Mca),
    ("new-to-partner", "2026-01-12T00:00:00Z", RENEWAL, Mca),
    ("direct", "2026-01-12T00:00:00Z", PURCHASE, Mca),
];

/// Partner, reseller, answer: orders of the provider's customer (rules W5, O8).
const THROUGH_RESELLERS: [(&str, &str, Answer); 3] =
    [(NORTHWIND, ADATUM, Mca), (NORTHWIND, LITWARE, Mca), (NORTHWIND, LUCERNE, NotLinked)];

/// Partner, customer, reseller, every reason: who can't order, for whom, through whom (rules W1, W6, O8).
const NOT_BETWEEN_THESE: [(&str, &str, Option<&str>, &[ReasonCode]); 8] = [
    (NORTHWIND, "shop", Some(FABRIKAM), &[ReasonCode::ResellerNotLinked]),
    (NORTHWIND, "shop", Some("unheard-of"), &[ReasonCode::ResellerNotLinked]),
    (CONTOSO, "mca-new-text", Some(ADATUM), &[ReasonCode::ResellerNotLinked]),
    (
        "unheard-of",
        "shop",
        None,
        &[ReasonCode::PartnerUnknown, ReasonCode::RelationshipMissing, ReasonCode::AcceptanceMissing],
    ),
    (
        CONTOSO,
        "unheard-of",
        None,
        &[ReasonCode::CustomerUnknown, ReasonCode::RelationshipMissing, ReasonCode::AcceptanceMissing],
    ),
    (CONTOSO, "shop", None, &[ReasonCode::RelationshipMissing, ReasonCode::AcceptanceMissing]),
    (FABRIKAM, "national", None, &[ReasonCode::RelationshipMissing]),
    (
        ADATUM,
        "shop",
        None,
        &[ReasonCode::PartnerNotEligible, ReasonCode::RelationshipMissing, ReasonCode::AcceptanceMissing],
    ),
];

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for channel in [Channel::Dashboard, Channel::Api] {
        let plain = Case {
            partner: CONTOSO,
            customer: "shop",
            reseller: None,
            at: "2025-01-01",
            channel,
            transaction: PURCHASE,
            product: None,
            answer: Mca,
        };
        cases.extend(MOMENTS.map(|(customer, at, transaction, answer)| Case {
            customer,
            at,
            transaction,
            answer,
            ..plain
        }));
        cases.extend(THROUGH_RESELLERS.map(|(partner, reseller, answer)| Case {
            partner,
            reseller: Some(reseller),
            answer,
            ..plain
        }));
    }
    cases
}

#[tokio::test]
async fn acceptances_withdrawals_and_corrections_count_from_their_own_instants() {
    let server = played().await;
    check_all(&server, cases()).await;
}

#[tokio::test]
async fn who_can_not_order_is_told_every_reason_with_its_remedy() {
    let server = played().await;
    for (partner, customer, reseller, reasons) in NOT_BETWEEN_THESE {
        let order = AuthorizeOrderRequest {
            reseller_id: reseller.map(str::to_owned),
            ..requests::order_on(partner, customer, "2025-01-01")
        };
        let answer = within(server.decide(order)).await;
        let codes: Vec<_> = answer.reasons.iter().map(|it| it.code()).collect();
        assert_eq!(codes, reasons, "{partner} for {customer} through {reseller:?}");
        assert!(!answer.remediations.is_empty(), "{answer:?}");
    }
}

#[tokio::test]
async fn a_batch_and_a_stream_answer_what_single_questions_are_answered() {
    let server = played().await;
    // Each of them several times, among orders of other kinds: what is alike is answered once and copied.
    let named = [None, Some("1".to_owned()), Some("x".repeat(128))];
    let orders: Vec<_> = named
        .into_iter()
        .flat_map(|order_ref| {
            let named = move |it: &Case| AuthorizeOrderRequest { order_ref: order_ref.clone(), ..it.order() };
            cases().iter().map(named).collect::<Vec<_>>()
        })
        .collect();
    let mut single = Vec::new();
    for order in &orders {
        single.push(within(server.decide(order.clone())).await);
    }
    let batch = BatchAuthorizeOrdersRequest { orders: orders.clone() };
    let batch = within(server.authorization().batch_authorize_orders(batch)).await.unwrap().into_inner();
    let batch: Vec<_> = batch.results.into_iter().map(|it| answered(it.result)).collect();
    assert_eq!(batch, single);

    let asked = orders.into_iter().map(|it| StreamAuthorizeOrdersRequest { order: Some(it) });
    let mut authorization = server.authorization();
    let stream = authorization.stream_authorize_orders(tokio_stream::iter(asked.collect::<Vec<_>>()));
    let mut stream = within(stream).await.unwrap().into_inner();
    let mut streamed = Vec::new();
    while let Some(answer) = within(stream.message()).await.unwrap() {
        streamed.push(answered(answer.result.and_then(|it| it.result)));
    }
    assert_eq!(streamed, single);
}

fn answered(result: Option<authorize_order_result::Result>) -> AuthorizeOrderResponse {
    match result {
        Some(authorize_order_result::Result::Response(response)) => *response,
        other => panic!("an order is answered, not {other:?}"),
    }
}

#[tokio::test]
async fn a_withdrawn_customer_that_accepts_again_may_buy_again() {
    let server = played().await;
    let again = ConfirmAcceptanceRequest {
        accepted_on: Some("2026-02-01".to_owned()),
        ..requests::confirm(CONTOSO, "withdrawn")
    };
    within(server.acceptance().confirm_acceptance(again)).await.expect("it accepted again");
    let reasons = within(server.reasons(requests::order(CONTOSO, "withdrawn"))).await;
    assert_eq!(reasons, [ReasonCode::AcceptanceInForce]);
    let between = requests::order_on(CONTOSO, "withdrawn", "2025-06-01");
    assert_eq!(within(server.reasons(between)).await, [ReasonCode::AcceptanceWithdrawn]);
}
