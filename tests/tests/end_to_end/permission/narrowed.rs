//! What reaches across partners, and what was made for another caller.

use assent_proto::v1::export_inquiry_request::Scope;
use assent_proto::v1::void_record_request::Record;
use assent_proto::v1::*;
use assent_testing::{reason, requests};
use tonic::Status;

use super::ground::{Ground, confirmation, evidence};
use super::hidden::kind;
use crate::support::{metadata, within};

fn assert_out_of_scope(what: &str, refusal: Option<Status>) {
    let refusal = refusal.unwrap_or_else(|| panic!("{what} is refused"));
    let partner = metadata(&refusal, "partner_id");
    assert_eq!(
        (reason(&refusal).as_str(), partner.as_deref()),
        ("PARTNER_OUT_OF_SCOPE", Some("*")),
        "{what}"
    );
}

#[tokio::test]
async fn what_names_no_partner_is_for_those_who_act_for_every_one() {
    let ground = Ground::new().await;
    let one = ground.caller(kind("auditor-of-one-partner"));
    let customer = EventFilter { customer_id: Some("fabrikam".to_owned()), ..Default::default() };
    for filter in [None, Some(EventFilter::default()), Some(customer)] {
        let read = ReadEventsRequest { filter, ..Default::default() };
        assert_out_of_scope("ReadEvents", within(one.audit().read_events(read)).await.err());
    }
    let from = Some(requests::at("2026-01-01"));
    let scopes = [
        Scope::Everything(true),
        Scope::CustomerId("fabrikam".to_owned()),
        Scope::AgreementId(requests::CUSTOMER_AGREEMENT.to_owned()),
        Scope::Period(RecordedPeriod { from, until: None }),
    ];
    for scope in scopes {
        let export = ExportInquiryRequest {
            scope: Some(scope),
            purpose: "an inquiry".to_owned(),
            ..Default::default()
        };
        assert_out_of_scope("ExportInquiry", within(one.audit().export_inquiry(export)).await.err());
    }
    let simulation = SimulatePolicyRequest {
        document: include_bytes!("../../../../policies/microsoft-csp.yaml").to_vec().into(),
        ..Default::default()
    };
    let administrator = ground.caller(kind("catalogue-administrator"));
    let refusal = within(administrator.catalog().simulate_policy(simulation)).await.err();
    assert_out_of_scope("SimulatePolicy", refusal);
}

#[tokio::test]
async fn of_a_partner_only_its_own_events_are_read() {
    let ground = Ground::new().await;
    let filter = Some(EventFilter { partner_id: Some("contoso".to_owned()), ..Default::default() });
    let read = ReadEventsRequest { filter, ..Default::default() };
    let one = ground.caller(kind("auditor-of-one-partner"));
    let mut answers = within(one.audit().read_events(read)).await.expect("it is its own").into_inner();
    let mut events = 0;
    while let Some(answer) = within(answers.message()).await.expect("it goes on") {
        for event in answer.events {
            events += 1;
            let text = String::from_utf8_lossy(&event.entry).into_owned();
            assert!(!text.contains("adatum") && !text.contains("litware"), "{text}");
        }
    }
    assert!(events > 3, "{events}");
}

#[tokio::test]
async fn a_reseller_is_told_nothing_of_a_provider_that_it_is_not_linked_to() {
    let ground = Ground::new().await;
    let mut acceptance = ground.caller(kind("reseller")).acceptance();
    let mut told = Vec::new();
    for (provider, customer) in [("adatum", "litware"), ("adatum", "nothing"), ("nobody", "litware")] {
        let submission = evidence(provider, "tailspin", customer);
        let refusal = within(acceptance.submit_evidence(submission)).await.expect_err("they are not linked");
        assert_eq!(reason(&refusal), "RESELLER_NOT_LINKED");
        told.push(refusal.message().replace(provider, "it"));
    }
    told.dedup();
    assert_eq!(told.len(), 1, "{told:#?}");
    let mut own = evidence("contoso", "tailspin", "fabrikam");
    own.accepted_on = Some("2026-03-04".to_owned());
    within(acceptance.submit_evidence(own)).await.expect("they are linked");
}

#[tokio::test]
async fn a_page_token_opens_nothing_that_its_caller_may_not_see() {
    let ground = Ground::new().await;
    let list = |partner: &str, token: &str| ListAcceptancesRequest {
        partner_id: partner.to_owned(),
        page_size: 1,
        page_token: token.to_owned(),
        ..Default::default()
    };
    let own = ground.caller(kind("admin-agent"));
    let page = within(own.acceptance().list_acceptances(list("contoso", ""))).await.expect("it is listed");
    let token = page.into_inner().next_page_token;
    assert!(!token.is_empty());
    let mut other = ground.caller(kind("user-of-another-partner")).acceptance();
    for (partner, expected) in [("contoso", "PARTNER_OUT_OF_SCOPE"), ("adatum", "FIELD_INVALID")] {
        let refusal =
            within(other.list_acceptances(list(partner, &token))).await.expect_err("it is not theirs");
        assert_eq!(reason(&refusal), expected);
    }
}

#[tokio::test]
async fn an_erased_request_of_another_partner_is_not_replayed() {
    let ground = Ground::new().await;
    let request_id = Some("0190b6a0-0000-7000-8000-000000000001".to_owned());
    let void = |id: &str| VoidRecordRequest {
        reason: "a mistake".to_owned(),
        record: Some(Record::AcceptanceId(id.to_owned())),
        request_id: request_id.clone(),
        ..Default::default()
    };
    let operator = ground.operator();
    within(operator.acceptance().void_record(void(&ground.own.acceptance))).await.expect("it is voided");
    let erase = ErasePersonalDataRequest {
        customer_id: ground.own.customer.clone(),
        reason: "a request".to_owned(),
        ..Default::default()
    };
    within(operator.privacy().erase_personal_data(erase)).await.expect("it is erased");
    let mut other = ground.caller(kind("user-of-another-partner")).acceptance();
    let refusal = within(other.void_record(void(&ground.other.acceptance))).await.expect_err("it is taken");
    assert_eq!(reason(&refusal), "REQUEST_ID_REUSED");
}

#[tokio::test]
async fn items_of_other_partners_fail_by_themselves() {
    let ground = Ground::new().await;
    let mut service = ground.caller(kind("commerce-service")).authorization();
    let partners = ["contoso", "adatum", "contoso", "nobody", "contoso"];
    let orders: Vec<_> = partners.iter().map(|it| requests::order(it, "fabrikam")).collect();
    let is_own = |result: &AuthorizeOrderResult| match &result.result {
        Some(authorize_order_result::Result::Response(_)) => true,
        Some(authorize_order_result::Result::Error(_)) | None => false,
    };
    let batch = BatchAuthorizeOrdersRequest { orders: orders.clone() };
    let results =
        within(service.batch_authorize_orders(batch)).await.expect("it is answered").into_inner().results;
    assert_eq!(results.iter().map(is_own).collect::<Vec<_>>(), [true, false, true, false, true]);
    let orders = orders.into_iter().map(|it| StreamAuthorizeOrdersRequest { order: Some(it) });
    let orders = tokio_stream::iter(orders.collect::<Vec<_>>());
    let mut answers = within(service.stream_authorize_orders(orders)).await.expect("it begins").into_inner();
    let mut own = Vec::new();
    while let Some(answer) = within(answers.message()).await.expect("it goes on to its end") {
        own.push(answer.result.as_ref().is_some_and(is_own));
    }
    assert_eq!(own, [true, false, true, false, true]);
    let mut migration = ground.caller(kind("migration")).acceptance();
    let rows = ["adatum", "contoso"].map(|it| requests::row(1, confirmation(it, "fabrikam")));
    let mut outcomes =
        within(migration.import_acceptances(tokio_stream::iter(rows))).await.expect("it begins").into_inner();
    let mut statuses = Vec::new();
    while let Some(outcome) = within(outcomes.message()).await.expect("it goes on to its end") {
        statuses.push(outcome.status());
    }
    assert_eq!(statuses, [ImportStatus::Rejected, ImportStatus::Stored]);
}

#[tokio::test]
async fn an_export_is_gone_on_with_by_who_began_it_and_is_not_there_for_others() {
    let ground = Ground::new().await;
    let began = ground.caller(kind("auditor-of-one-partner"));
    let export = ExportInquiryRequest {
        scope: Some(Scope::PartnerId("contoso".to_owned())),
        purpose: "an inquiry".to_owned(),
        ..Default::default()
    };
    let mut parts = within(began.audit().export_inquiry(export)).await.expect("it is its own").into_inner();
    let opened = within(parts.message()).await.expect("it goes on").and_then(|it| it.part);
    let Some(export_inquiry_response::Part::Opened(opened)) = opened else { panic!("{opened:?}") };
    while within(parts.message()).await.expect("it goes on to its end").is_some() {}
    let go_on = |inquiry_id: &str| ExportInquiryRequest {
        inquiry_id: inquiry_id.to_owned(),
        segments_done: 1,
        ..Default::default()
    };
    let missing = "0190b6a0-0000-7000-8000-000000000001";
    let mut told = Vec::new();
    for id in [&opened.inquiry_id, missing] {
        let refusal = within(ground.caller(kind("auditor")).audit().export_inquiry(go_on(id))).await;
        let refusal = refusal.expect_err("another began it");
        told.push((reason(&refusal), refusal.message().replace(id, "it")));
    }
    assert_eq!((told[0].0.as_str(), &told[0]), ("INQUIRY_UNKNOWN", &told[1]));
    let mut parts = within(began.audit().export_inquiry(go_on(&opened.inquiry_id)))
        .await
        .expect("it began it")
        .into_inner();
    while within(parts.message()).await.expect("it goes on to its end").is_some() {}
}
