use assent_domain::acceptance::AcceptanceState;
use assent_domain::values::{Position, TransactionKind};
use assent_proto::convert::EvidenceState;
use assent_proto::convert::asked::{self, PolicyWanted};
use assent_proto::v1;
use bytes::Bytes;

use crate::requests::{EVENT, POLICY, bad_fields, bad_or_policy};

#[test]
fn lists_filter_by_what_is_given() {
    let request = v1::ListAcceptancesRequest {
        partner_id: "contoso".to_owned(),
        customer_id: Some("fabrikam".to_owned()),
        state: v1::AcceptanceState::Void as i32,
        ..Default::default()
    };
    let list = asked::list_acceptances(&request).unwrap();
    assert_eq!((list.state, list.agreement), (Some(AcceptanceState::Void), None));
    assert_eq!(list.customer.unwrap().to_string(), "fabrikam");
    let request = v1::ListEvidenceRequest {
        partner_id: "contoso".to_owned(),
        state: v1::EvidenceState::Pending as i32,
        ..Default::default()
    };
    assert_eq!(asked::list_evidence(&request).unwrap().state, Some(EvidenceState::Pending));
    let request = v1::ListObligationsRequest { state: 9, page_size: -1, ..Default::default() };
    assert_eq!(bad_fields(asked::list_obligations(&request)), ["partner_id", "state", "page_size"]);
}

#[test]
fn the_transaction_of_needing_customers_is_a_new_purchase_unless_given() {
    let request =
        v1::ListCustomersNeedingAcceptanceRequest { partner_id: "contoso".to_owned(), ..Default::default() };
    let asked = asked::list_customers_needing_acceptance(&request).unwrap();
    assert_eq!(asked.transaction, TransactionKind::NewPurchase);
}

#[test]
fn watched_customers_are_sorted_and_each_once() {
    let watch = |ids: &[&str]| v1::WatchAcceptanceStatusRequest {
        partner_id: "contoso".to_owned(),
        customer_ids: ids.iter().map(ToString::to_string).collect(),
        from_position: Some(0),
        ..Default::default()
    };
    let asked = asked::watch_acceptance_status(&watch(&["b", "a", "b"])).unwrap();
    let customers: Vec<_> = asked.customers.iter().map(ToString::to_string).collect();
    assert_eq!((customers, asked.from_position), (vec!["a".into(), "b".into()], Some(Position(0))));
    assert_eq!(
        bad_fields(asked::watch_acceptance_status(&watch(&["a", "", "b c"]))),
        ["customer_ids[1]", "customer_ids[2]"]
    );
    assert_eq!(bad_fields(asked::watch_acceptance_status(&watch(&["a"; 1_001]))), ["customer_ids"]);
}

#[test]
fn a_status_is_asked_for_as_an_order_is() {
    let request = v1::GetAcceptanceStatusRequest {
        product_family: Some("a b".to_owned()),
        channel: 9,
        ..Default::default()
    };
    let bad = ["partner_id", "customer_id", "channel", "product_family"];
    assert_eq!(bad_fields(asked::get_acceptance_status(&request)), bad);
}

#[test]
fn single_things_are_named_by_their_ids() {
    let request = v1::GetAcceptanceRequest { acceptance_id: EVENT.to_owned() };
    assert_eq!(asked::get_acceptance(&request).unwrap().to_string(), EVENT.to_lowercase());
    assert_eq!(bad_fields(asked::get_partner(&v1::GetPartnerRequest::default())), ["partner_id"]);
    assert_eq!(bad_fields(asked::get_customer(&v1::GetCustomerRequest::default())), ["customer_id"]);
    assert_eq!(bad_fields(asked::get_agreement(&v1::GetAgreementRequest::default())), ["agreement_id"]);
    let template = v1::GetAgreementTemplateRequest { language: Some(String::new()), ..Default::default() };
    assert_eq!(bad_fields(asked::get_agreement_template(&template)), ["agreement_id", "country", "language"]);
    assert_eq!(
        bad_fields(asked::get_history(&v1::GetHistoryRequest::default())),
        ["partner_id", "customer_id"]
    );
}

#[test]
fn a_policy_is_asked_for_by_version_or_by_position() {
    let of = |policy_version, known_at| asked::get_policy(&v1::GetPolicyRequest { policy_version, known_at });
    assert_eq!(of(None, Some(0)), Ok(PolicyWanted::Governing));
    assert_eq!(of(Some(2), None), Ok(PolicyWanted::Version(2)));
    assert_eq!(of(Some(0), Some(7)), Ok(PolicyWanted::At(Position(7))));
    assert_eq!(bad_fields(of(Some(2), Some(7))), ["known_at"]);
}

#[test]
fn a_simulation_is_of_each_kind_unless_some_are_given() {
    let request = |transactions: &[i32]| v1::SimulatePolicyRequest {
        document: Bytes::from_static(POLICY.as_bytes()),
        transactions: transactions.to_vec(),
        ..Default::default()
    };
    assert_eq!(asked::simulate_policy(&request(&[])).unwrap().transactions, TransactionKind::ALL);
    let kinds = [TransactionKind::NewPurchase, TransactionKind::Renewal];
    assert_eq!(asked::simulate_policy(&request(&[4, 1, 4])).unwrap().transactions, kinds);
    assert_eq!(
        bad_or_policy(asked::simulate_policy(&request(&[0, 1, 9]))),
        ["transactions[0]", "transactions[2]"]
    );
    let broken = v1::SimulatePolicyRequest { document: Bytes::from_static(b"id: []"), ..request(&[]) };
    assert_eq!(bad_or_policy(asked::simulate_policy(&broken)).len(), 1);
}

#[test]
fn events_are_read_from_the_first_and_filtered_by_known_types() {
    let request = |types: &[&str]| v1::ReadEventsRequest {
        filter: Some(v1::EventFilter {
            types: types.iter().map(ToString::to_string).collect(),
            ..Default::default()
        }),
        to_position: Some(9),
        live: true,
        ..Default::default()
    };
    let events = asked::read_events(&request(&["acceptance_confirmed", "order_decided"])).unwrap();
    assert_eq!((events.from, events.to, events.live), (Position(1), Some(Position(9)), true));
    assert_eq!(events.filter.types, ["acceptance_confirmed", "order_decided"]);
    let mut request = request(&["AcceptanceConfirmed", "order_decided", ""]);
    request.from_position = 10;
    request.filter.as_mut().unwrap().partner_id = Some("a b".to_owned());
    assert_eq!(
        bad_fields(asked::read_events(&request)),
        ["to_position", "filter.partner_id", "filter.types[0]", "filter.types[2]"]
    );
}
