//! Ids that are well-formed and name nothing, or another thing; page tokens of other lists; bad items among good ones.

use assent_proto::v1::*;
use assent_testing::{Server, reason, requests};
use tonic::{Code, Status};
use tonic_types::RpcStatusExt as _;

use crate::support::{fields, head, import, server, within};

const UNKNOWN_ID: &str = "0195f2a1-7c3e-7b1a-9d2e-000000000001";

/// A provider with a customer, an acceptance, an obligation and evidence.
struct Ids {
    acceptance: String,
    obligation: String,
    evidence: String,
}

async fn story(server: &Server) -> Ids {
    server.registered_through_provider("northwind", "adatum", "fabrikam").await;
    let confirmed = server
        .acceptance()
        .confirm_acceptance(requests::confirm("northwind", "fabrikam"))
        .await
        .expect("it is answered");
    let withdrawn = server
        .acceptance()
        .withdraw_acceptance(requests::withdraw("northwind", "fabrikam"))
        .await
        .expect("it is answered");
    let evidence = SubmitEvidenceRequest {
        partner_id: "northwind".to_owned(),
        customer_id: "fabrikam".to_owned(),
        agreement_id: requests::CUSTOMER_AGREEMENT.to_owned(),
        contact: Some(requests::contact("fabrikam")),
        accepted_on: Some(requests::ACCEPTED_ON.to_owned()),
        reseller_id: "adatum".to_owned(),
        ..Default::default()
    };
    let evidence = server.acceptance().submit_evidence(evidence).await.expect("it is answered");
    Ids {
        acceptance: confirmed.into_inner().acceptance.expect("it is answered").acceptance_id,
        obligation: withdrawn.into_inner().obligation.expect("it is answered").obligation_id,
        evidence: evidence.into_inner().evidence_id,
    }
}

/// Calls that name each id.
async fn by_id(server: &Server, id: &str) -> Vec<(&'static str, Status)> {
    let (id, reason) = (id.to_owned(), "a mistake".to_owned());
    let mut it = server.acceptance();
    let get = GetAcceptanceRequest { acceptance_id: id.clone() };
    let correct =
        CorrectAcceptanceRequest { acceptance_id: id.clone(), reason: reason.clone(), ..Default::default() };
    let void =
        |record| VoidRecordRequest { reason: reason.clone(), record: Some(record), ..Default::default() };
    let void_acceptance = void(void_record_request::Record::AcceptanceId(id.clone()));
    let void_withdrawal = void(void_record_request::Record::WithdrawalEventId(id.clone()));
    let cancel = RecordCancellationRequest { obligation_id: id.clone(), ..Default::default() };
    let confirm = ConfirmEvidenceRequest { evidence_id: id.clone(), ..Default::default() };
    let reject = RejectEvidenceRequest { evidence_id: id, reason: reason.clone(), ..Default::default() };
    let mut refusals = Vec::new();
    let mut keep = |unknown, status: Option<Status>| refusals.extend(status.map(|it| (unknown, it)));
    keep("ACCEPTANCE_UNKNOWN", it.get_acceptance(get).await.err());
    keep("ACCEPTANCE_UNKNOWN", it.correct_acceptance(correct).await.err());
    keep("ACCEPTANCE_UNKNOWN", it.void_record(void_acceptance).await.err());
    keep("OBLIGATION_UNKNOWN", it.void_record(void_withdrawal).await.err());
    keep("OBLIGATION_UNKNOWN", it.record_cancellation(cancel).await.err());
    keep("EVIDENCE_UNKNOWN", it.confirm_evidence(confirm).await.err());
    keep("EVIDENCE_UNKNOWN", it.reject_evidence(reject).await.err());
    refusals
}

#[tokio::test]
async fn an_id_of_another_thing_is_unknown_and_not_taken_for_this_one() {
    let server = server().await;
    let ids = within(story(&server)).await;
    let before = head(&server).await;
    for id in [UNKNOWN_ID, "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "ffffffff-ffff-ffff-ffff-ffffffffffff"] {
        let refusals = within(by_id(&server, id)).await;
        assert_eq!(refusals.len(), 7, "{id} names nothing");
        for (unknown, status) in refusals {
            assert_eq!(
                (status.code(), reason(&status).as_str()),
                (Code::NotFound, unknown),
                "{id}: {status:?}"
            );
        }
    }
    // Only the calls that are wrong for the kind are looked at: the others are good ones, and store.
    for (id, right) in [
        (&ids.acceptance, &["OBLIGATION_UNKNOWN", "EVIDENCE_UNKNOWN"][..]),
        (&ids.obligation, &["ACCEPTANCE_UNKNOWN", "EVIDENCE_UNKNOWN"][..]),
        (&ids.evidence, &["ACCEPTANCE_UNKNOWN", "OBLIGATION_UNKNOWN"][..]),
    ] {
        let refusals = within(by_id(&server, id)).await;
        for kind in right {
            let named =
                refusals.iter().filter(|(unknown, status)| unknown == kind && reason(status) == *kind);
            let calls = if *kind == "ACCEPTANCE_UNKNOWN" { 3 } else { 2 };
            assert_eq!(named.count(), calls, "{kind} of {id}: {refusals:?}");
        }
    }
    let mut parties = Vec::new();
    for (partner, customer, agreement) in
        [("nobody", "fabrikam", "x"), ("northwind", "nobody", "x"), ("northwind", "fabrikam", "nothing")]
    {
        let confirmation = ConfirmAcceptanceRequest {
            agreement_id: agreement.to_owned(),
            ..requests::confirm(partner, customer)
        };
        let refusal = within(server.acceptance().confirm_acceptance(confirmation)).await.unwrap_err();
        parties.push((refusal.code(), reason(&refusal)));
    }
    let unknown = |it: &str| (Code::NotFound, it.to_owned());
    assert_eq!(
        parties,
        [unknown("PARTNER_UNKNOWN"), unknown("CUSTOMER_UNKNOWN"), unknown("AGREEMENT_UNKNOWN")]
    );
    assert!(before > 0);
}

#[tokio::test]
async fn a_page_token_is_good_for_its_own_list_alone() {
    let server = server().await;
    within(server.register_partner("contoso", Program::DirectBill)).await;
    for customer in ["a", "b", "c"] {
        within(server.register_customer(customer)).await;
        within(server.establish("contoso", customer)).await;
        within(server.acceptance().confirm_acceptance(requests::confirm("contoso", customer))).await.unwrap();
    }
    let before = head(&server).await;
    let partner_id = "contoso".to_owned();
    let list = ListAcceptancesRequest { partner_id: partner_id.clone(), page_size: 2, ..Default::default() };
    let page = within(server.acceptance().list_acceptances(list.clone())).await.unwrap().into_inner();
    let page_token = page.next_page_token;
    assert!(!page_token.is_empty() && page.acceptances.len() == 2);

    let mut flipped = page_token.clone().into_bytes();
    *flipped.last_mut().unwrap() = b'g';
    let of = |page_token: &str| ListAcceptancesRequest { page_token: page_token.to_owned(), ..list.clone() };
    let with = ListAcceptancesRequest { customer_id: Some("a".to_owned()), ..of(&page_token) };
    let mut acceptance = server.acceptance();
    let refusals = [
        acceptance.list_acceptances(with).await.err(),
        acceptance.list_acceptances(of(&String::from_utf8(flipped).unwrap())).await.err(),
        acceptance.list_acceptances(of(&page_token[..page_token.len() - 1])).await.err(),
        acceptance.list_acceptances(of(&"0".repeat(1 << 20))).await.err(),
        acceptance
            .list_acceptances(ListAcceptancesRequest { partner_id: "other".to_owned(), ..of(&page_token) })
            .await
            .err(),
        acceptance
            .list_obligations(ListObligationsRequest {
                partner_id: partner_id.clone(),
                page_token: page_token.clone(),
                ..Default::default()
            })
            .await
            .err(),
        acceptance
            .list_evidence(ListEvidenceRequest {
                partner_id: partner_id.clone(),
                page_token: page_token.clone(),
                ..Default::default()
            })
            .await
            .err(),
        server
            .directory()
            .list_customers(ListCustomersRequest { partner_id, page_size: 2, page_token })
            .await
            .err(),
    ];
    for (row, refusal) in refusals.into_iter().enumerate() {
        let refusal = refusal.unwrap_or_else(|| panic!("row {row} is refused"));
        assert_eq!(
            (refusal.code(), fields(&refusal)),
            (Code::InvalidArgument, vec!["page_token".to_owned()]),
            "row {row}"
        );
    }
    assert_eq!(head(&server).await, before);
}

#[tokio::test]
async fn a_bad_item_never_ends_the_call_that_it_stands_in() {
    let server = server().await;
    within(server.accepted("contoso", "fabrikam")).await;
    let before = head(&server).await;
    let good = requests::order("contoso", "fabrikam");
    let recorded = AuthorizeOrderRequest { record: Some(true), ..good.clone() };
    let bad = AuthorizeOrderRequest { transaction: 77, ..good.clone() };
    let batch =
        BatchAuthorizeOrdersRequest { orders: vec![good.clone(), bad.clone(), recorded, good.clone()] };
    let results =
        within(server.authorization().batch_authorize_orders(batch)).await.unwrap().into_inner().results;
    let named =
        [vec![], vec!["orders[1].transaction".to_owned()], vec!["orders[2].record".to_owned()], vec![]];
    assert_eq!(results.iter().map(named_in).collect::<Vec<_>>(), named);

    let asked =
        [Some(good.clone()), None, Some(bad), Some(good)].map(|order| StreamAuthorizeOrdersRequest { order });
    let mut authorization = server.authorization();
    let answers = authorization.stream_authorize_orders(tokio_stream::iter(asked));
    let mut answers = within(answers).await.unwrap().into_inner();
    let mut streamed = Vec::new();
    while let Some(answer) = within(answers.message()).await.unwrap() {
        streamed.push(named_in(&answer.result.unwrap()));
    }
    assert_eq!(streamed, [vec![], vec!["order".to_owned()], vec!["order.transaction".to_owned()], vec![]]);

    let rows = vec![
        ImportAcceptancesRequest { row: 7, ..Default::default() },
        requests::row(7, ConfirmAcceptanceRequest { channel: 9, ..requests::confirm("contoso", "fabrikam") }),
    ];
    let outcomes = import(&server, rows).await;
    let named: Vec<_> =
        outcomes.iter().map(|it| (it.row, it.status(), violations(it.error.as_ref().unwrap()))).collect();
    let rejected = |field: &str| (7, ImportStatus::Rejected, vec![field.to_owned()]);
    assert_eq!(named, [rejected("confirm"), rejected("confirm.channel")]);
    assert_eq!(head(&server).await, before);
}

/// The fields that a result's error names; none where it is an answer.
fn named_in(result: &AuthorizeOrderResult) -> Vec<String> {
    match result.result.as_ref().expect("a result is one or the other") {
        authorize_order_result::Result::Response(_) => Vec::new(),
        authorize_order_result::Result::Error(error) => violations(error),
    }
}

fn violations(error: &tonic_types::pb::Status) -> Vec<String> {
    let details = error.get_error_details();
    details
        .bad_request()
        .map(|it| it.field_violations.iter().map(|it| it.field.clone()).collect())
        .unwrap_or_default()
}
