//! Every method, with everything wrong at once: one answer names every bad field.

use assent_proto::v1::*;
use assent_testing::Server;
use prost_types::Timestamp;

use super::{Sent, assert_refused};
use crate::support::{head, server, within};

const NO_SUCH: i32 = 99;

fn never() -> Option<Timestamp> {
    Some(Timestamp { seconds: i64::MIN, nanos: -1 })
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// Calls a method, and keeps its refusal with the fields that it has to name.
macro_rules! refused {
    ($sent:ident, $client:expr, $method:ident($request:expr) names $($field:literal),+) => {{
        let answer = within($client.$method($request)).await;
        let status = answer.map(|_| ()).expect_err(concat!(stringify!($method), " refuses it"));
        $sent.push((stringify!($method).to_owned(), status, vec![$($field),+]));
    }};
}

#[tokio::test]
async fn every_method_names_every_bad_field_in_one_answer() {
    let server = server().await;
    let before = head(&server).await;
    let mut sent = Vec::new();
    directory(&server, &mut sent).await;
    catalogue(&server, &mut sent).await;
    acceptances(&server, &mut sent).await;
    records(&server, &mut sent).await;
    lists(&server, &mut sent).await;
    orders_and_events(&server, &mut sent).await;
    people(&server, &mut sent).await;
    assert_refused(&server, before, sent).await;
}

async fn directory(server: &Server, sent: &mut Vec<Sent>) {
    let mut directory = server.directory();
    refused!(sent, directory, register_partner(RegisterPartnerRequest {
        partner_id: "no spaces".to_owned(), program: NO_SUCH, country: "Germany".to_owned(),
        email_domains: vec!["good.example".to_owned(), "@bad".to_owned()], request_id: text("1"), with_proof: None,
    }) names "partner_id", "program", "country", "email_domains[1]", "request_id");
    refused!(sent, directory, register_customer(RegisterCustomerRequest::default())
        names "customer_id", "country", "cloud");
    refused!(sent, directory, register_customer(RegisterCustomerRequest {
        customer_id: "ü".to_owned(), country: "D".to_owned(), cloud: -1, request_id: text(""), ..Default::default()
    }) names "customer_id", "country", "cloud", "request_id");
    refused!(sent, directory, establish_relationship(EstablishRelationshipRequest::default())
        names "partner_id", "customer_id");
    refused!(sent, directory, end_relationship(EndRelationshipRequest {
        other: Some(end_relationship_request::Other::ResellerId("a/b".to_owned())), ..Default::default()
    }) names "partner_id", "reseller_id");
    refused!(sent, directory, set_partner_status(SetPartnerStatusRequest { status: NO_SUCH, ..Default::default() })
        names "partner_id", "status");
    refused!(sent, directory, get_partner(GetPartnerRequest::default()) names "partner_id");
    refused!(sent, directory, get_customer(GetCustomerRequest { customer_id: "*".to_owned() }) names "customer_id");
}

async fn people(server: &Server, sent: &mut Vec<Sent>) {
    let mut privacy = server.privacy();
    refused!(sent, privacy, erase_personal_data(ErasePersonalDataRequest {
        acceptance_id: text("the first"), request_id: text("1"), ..Default::default()
    }) names "customer_id", "acceptance_id", "reason", "request_id");
    refused!(sent, privacy, find_person(FindPersonRequest {
        email: "somebody".to_owned(), page_size: -1, page_token: "1".to_owned(), ..Default::default()
    }) names "email", "page_size", "page_token", "reason");
}

async fn catalogue(server: &Server, sent: &mut Vec<Sent>) {
    let mut catalog = server.catalog();
    refused!(sent, catalog, publish_agreement_version(PublishAgreementVersionRequest {
        in_force_from: never(),
        templates: vec![Template { country: "USA".to_owned(), sha256: Some(vec![1].into()), ..Default::default() }],
        availability: vec![Availability { environment: NO_SUCH, channel: NO_SUCH, from: None, until: never() }],
        successor: text(""), document_sha256: Some(vec![0; 31].into()), template_id: text("a b"), request_id: text("x"),
        ..Default::default()
    }) names "agreement_id", "version", "in_force_from", "templates[0].country", "templates[0].language",
        "templates[0].sha256", "availability[0].environment", "availability[0].channel", "availability[0].from",
        "availability[0].until", "successor", "document_sha256", "template_id", "request_id");
    refused!(sent, catalog, retire_agreement(RetireAgreementRequest {
        environment: NO_SUCH, channel: NO_SUCH, retired_at: never(), successor: text("?"), ..Default::default()
    }) names "agreement_id", "environment", "channel", "retired_at", "successor");
    refused!(sent, catalog, get_agreement(GetAgreementRequest::default()) names "agreement_id");
    refused!(sent, catalog, get_agreement_template(GetAgreementTemplateRequest {
        version: text("v 1"), country: "us-en".to_owned(), language: text("English"), ..Default::default()
    }) names "agreement_id", "version", "country", "language");
    refused!(sent, catalog, publish_policy(PublishPolicyRequest { request_id: text("x"), ..Default::default() })
        names "document", "reason", "request_id");
    refused!(sent, catalog, get_policy(GetPolicyRequest { policy_version: Some(1), known_at: Some(1) }) names "known_at");
    refused!(sent, catalog, simulate_policy(SimulatePolicyRequest {
        effective_at: never(), partner_id: text(""), channel: NO_SUCH, transactions: vec![1, NO_SUCH],
        product_family: text("a b"), ..Default::default()
    }) names "document", "effective_at", "partner_id", "channel", "transactions[1]", "product_family");
}

async fn acceptances(server: &Server, sent: &mut Vec<Sent>) {
    let mut acceptance = server.acceptance();
    let nobody = || Some(Contact { phone_number: text("\u{7}"), ..Default::default() });
    let nowhere =
        || Some(Evidence { sha256: Some(vec![].into()), media_type: text("\n"), ..Default::default() });
    refused!(sent, acceptance, confirm_acceptance(ConfirmAcceptanceRequest {
        version: text(""), template: Some(TemplateKey::default()), contact: nobody(), accepted_at: never(),
        channel: NO_SUCH, employee: text(" "), evidence: nowhere(), request_id: text("x"), ..Default::default()
    }) names "partner_id", "customer_id", "agreement_id", "version", "template.country", "template.language",
        "contact.first_name", "contact.last_name", "contact.email", "contact.phone_number", "accepted_at", "channel",
        "evidence.uri", "evidence.sha256", "evidence.media_type", "employee", "request_id");
    refused!(sent, acceptance, confirm_acceptance(ConfirmAcceptanceRequest::default())
        names "partner_id", "customer_id", "agreement_id", "contact.first_name", "contact.last_name", "contact.email",
        "accepted_at");
    refused!(sent, acceptance, attest_acceptance(AttestAcceptanceRequest { scenario: NO_SUCH, ..Default::default() })
        names "partner_id", "customer_id", "agreement_id", "contact.first_name", "contact.last_name", "contact.email",
        "accepted_at", "scenario");
    refused!(sent, acceptance, record_direct_acceptance(RecordDirectAcceptanceRequest {
        accepted_on: text("soon"), contact: Some(Contact::default()), ..Default::default()
    }) names "partner_id", "customer_id", "agreement_id", "contact.first_name", "contact.last_name", "contact.email",
        "accepted_on");
    refused!(sent, acceptance, submit_evidence(SubmitEvidenceRequest::default())
        names "partner_id", "customer_id", "agreement_id", "contact.first_name", "contact.last_name", "contact.email",
        "accepted_at", "reseller_id");
    refused!(sent, acceptance, confirm_evidence(ConfirmEvidenceRequest {
        contact: nobody(), accepted_on: text("2019-02-29"), channel: NO_SUCH, ..Default::default()
    }) names "evidence_id", "contact.first_name", "contact.last_name", "contact.email", "contact.phone_number",
        "accepted_on", "channel");
    refused!(sent, acceptance, withdraw_acceptance(WithdrawAcceptanceRequest { withdrawn_at: never(), ..Default::default() })
        names "partner_id", "customer_id", "agreement_id", "withdrawn_at", "reason");
}

async fn records(server: &Server, sent: &mut Vec<Sent>) {
    let mut acceptance = server.acceptance();
    refused!(sent, acceptance, reject_evidence(RejectEvidenceRequest::default()) names "evidence_id", "reason");
    refused!(sent, acceptance, correct_acceptance(CorrectAcceptanceRequest {
        acceptance_id: "42".to_owned(), accepted_at: never(), accepted_on: text("2020-01-01"), ..Default::default()
    }) names "acceptance_id", "reason", "accepted_at", "accepted_on");
    refused!(sent, acceptance, void_record(VoidRecordRequest::default()) names "acceptance_id", "reason");
    refused!(sent, acceptance, void_record(VoidRecordRequest {
        record: Some(void_record_request::Record::WithdrawalEventId("it".to_owned())), ..Default::default()
    }) names "withdrawal_event_id", "reason");
    refused!(sent, acceptance, record_cancellation(RecordCancellationRequest {
        cancelled_at: never(), note: text(" "), ..Default::default()
    }) names "obligation_id", "cancelled_at", "note");
    refused!(sent, acceptance, get_acceptance(GetAcceptanceRequest::default()) names "acceptance_id");
    refused!(sent, acceptance, get_acceptance_status(GetAcceptanceStatusRequest {
        channel: NO_SUCH, product_family: text(""), effective_at: never(), ..Default::default()
    }) names "partner_id", "customer_id", "channel", "product_family", "effective_at");
    refused!(sent, acceptance, watch_acceptance_status(WatchAcceptanceStatusRequest {
        customer_ids: vec!["good".to_owned(), String::new()], channel: NO_SUCH, ..Default::default()
    }) names "partner_id", "customer_ids[1]", "channel");
}

async fn lists(server: &Server, sent: &mut Vec<Sent>) {
    let mut acceptance = server.acceptance();
    refused!(sent, acceptance, list_acceptances(ListAcceptancesRequest {
        customer_id: text("\0"), agreement_id: text(""), state: NO_SUCH, page_size: -1, page_token: "x".to_owned(),
        ..Default::default()
    }) names "partner_id", "customer_id", "agreement_id", "state", "page_size", "page_token");
    refused!(sent, acceptance, list_evidence(ListEvidenceRequest {
        customer_id: text(""), state: NO_SUCH, page_size: i32::MIN, ..Default::default()
    }) names "partner_id", "customer_id", "state", "page_size");
    refused!(sent, acceptance, list_obligations(ListObligationsRequest { state: NO_SUCH, page_size: -1, ..Default::default() })
        names "partner_id", "state", "page_size");
    refused!(sent, acceptance, list_customers_needing_acceptance(ListCustomersNeedingAcceptanceRequest {
        effective_at: never(), channel: NO_SUCH, transaction: NO_SUCH, product_family: text("?"), page_size: -1,
        page_token: "00".to_owned(), ..Default::default()
    }) names "partner_id", "effective_at", "channel", "transaction", "product_family", "page_size", "page_token");
    refused!(sent, server.directory(), list_customers(ListCustomersRequest { page_size: -1, ..Default::default() })
        names "partner_id", "page_size");
    refused!(sent, server.catalog(), list_agreements(ListAgreementsRequest { page_size: -1, page_token: "é".to_owned() })
        names "page_size", "page_token");
    refused!(sent, server.audit(), get_history(GetHistoryRequest { page_size: -1, ..Default::default() })
        names "partner_id", "customer_id", "page_size");
}

async fn orders_and_events(server: &Server, sent: &mut Vec<Sent>) {
    let mut authorization = server.authorization();
    refused!(sent, authorization, authorize_order(AuthorizeOrderRequest {
        reseller_id: text(""), channel: NO_SUCH, product_family: text("a b"), order_ref: text(""),
        effective_at: never(), request_id: text("1"), ..Default::default()
    }) names "partner_id", "customer_id", "reseller_id", "transaction", "channel", "product_family", "order_ref",
        "effective_at", "request_id");
    refused!(sent, authorization, batch_authorize_orders(BatchAuthorizeOrdersRequest {
        orders: vec![AuthorizeOrderRequest::default(); 1_001],
    }) names "orders");
    refused!(sent, authorization, record_order_outcome(RecordOrderOutcomeRequest {
        reseller_id: text("!"), decision_position: Some(0), ..Default::default()
    }) names "partner_id", "customer_id", "reseller_id", "order_ref", "transaction", "outcome", "occurred_at",
        "decision_position");
    let filter =
        EventFilter { partner_id: text(""), customer_id: text(""), types: vec!["everything".to_owned()] };
    refused!(sent, server.audit(), read_events(ReadEventsRequest {
        from_position: 9, to_position: Some(8), filter: Some(filter), ..Default::default()
    }) names "to_position", "filter.partner_id", "filter.customer_id", "filter.types[0]");
}
