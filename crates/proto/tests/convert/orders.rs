use assent_domain::values::{Channel, Position, TransactionKind};
use assent_proto::convert::asked;
use assent_proto::v1;

use crate::requests::{bad_fields, order};

fn bad(change: impl FnOnce(&mut v1::AuthorizeOrderRequest)) -> Vec<String> {
    let mut request = order();
    change(&mut request);
    bad_fields(asked::authorize_order(&request))
}

#[test]
fn an_order_is_read_with_its_defaults() {
    let asked = asked::authorize_order(&order()).unwrap();
    assert_eq!(asked.order.partner.to_string(), "117a77b0-9360-443b-8795-c6dedc750cf9");
    assert_eq!((asked.order.channel, asked.order.transaction), (Channel::Api, TransactionKind::NewPurchase));
    assert_eq!((asked.known_at, asked.min_position), (Some(Position(7)), Some(Position(5))));
    assert!(!asked.record && asked.request_id.is_some());
    let zero = v1::AuthorizeOrderRequest { known_at: Some(0), min_position: Some(0), ..order() };
    let asked = asked::authorize_order(&zero).unwrap();
    assert_eq!((asked.known_at, asked.min_position), (None, None));
}

#[test]
fn every_bad_field_of_an_order_is_named_at_once() {
    let request = v1::AuthorizeOrderRequest {
        reseller_id: Some(String::new()),
        channel: 9,
        product_family: Some("a b".to_owned()),
        order_ref: Some("\n".to_owned()),
        effective_at: Some(prost_types::Timestamp { seconds: -1, nanos: 0 }),
        request_id: Some("x".to_owned()),
        ..Default::default()
    };
    assert_eq!(
        bad_fields(asked::authorize_order(&request)),
        [
            "partner_id",
            "customer_id",
            "reseller_id",
            "transaction",
            "channel",
            "product_family",
            "order_ref",
            "effective_at",
            "request_id"
        ]
    );
}

#[test]
fn an_unspecified_transaction_is_refused() {
    assert_eq!(bad(|it| it.transaction = 0), ["transaction"]);
    assert_eq!(bad(|it| it.transaction = 7), ["transaction"]);
}

#[test]
fn an_order_reference_has_at_most_128_characters_and_no_room_for_a_person() {
    for text in ["1", "order-4711", "A.b_c:d/e#f+g=h~i-0", &"x".repeat(128)] {
        assert_eq!(bad(|it| it.order_ref = Some(text.to_owned())), [""; 0]);
    }
    for text in ["", " ", "a\u{0}", "order 4711", "ada@example.com", "Łukasiewicz", &"x".repeat(129)] {
        assert_eq!(bad(|it| it.order_ref = Some(text.to_owned())), ["order_ref"]);
    }
}

#[test]
fn a_decision_is_recorded_at_the_logs_end_only() {
    assert_eq!(bad(|it| it.record = Some(true)), ["known_at"]);
    assert_eq!(bad(|it| (it.record, it.known_at) = (Some(true), Some(0))), [""; 0]);
}

#[test]
fn an_order_s_reseller_is_another_partner() {
    assert_eq!(bad(|it| it.reseller_id = Some(it.partner_id.to_uppercase())), ["reseller_id"]);
}

#[test]
fn a_receipt_is_asked_for_of_a_decision_that_is_recorded_and_of_no_other() {
    let asked = |record, with_proof| {
        let order = v1::AuthorizeOrderRequest { known_at: None, record, with_proof, ..order() };
        asked::authorize_order(&order).map(|it| it.with_proof)
    };
    assert_eq!(asked(Some(true), Some(true)), Ok(true));
    assert_eq!(
        [asked(Some(true), None), asked(None, Some(false)), asked(None, None)],
        [Ok(false), Ok(false), Ok(false)]
    );
    assert_eq!(bad(|it| it.with_proof = Some(true)), ["with_proof"]);
}

#[test]
fn a_batch_has_at_most_1000_orders_and_each_is_read_by_itself() {
    let batch = |orders| v1::BatchAuthorizeOrdersRequest { orders };
    assert_eq!(asked::batch_authorize_orders(&batch(vec![order(); 1_000])).unwrap().len(), 1_000);
    assert_eq!(bad_fields(asked::batch_authorize_orders(&batch(vec![order(); 1_001]))), ["orders"]);
    assert_eq!(asked::batch_authorize_orders(&batch(Vec::new())).unwrap(), []);
    let request = v1::AuthorizeOrderRequest {
        partner_id: String::new(),
        record: Some(true),
        known_at: None,
        ..order()
    };
    assert_eq!(bad_fields(asked::batch_order(3, &request)), ["orders[3].partner_id", "orders[3].record"]);
}

#[test]
fn an_order_of_a_stream_is_named_below_its_field() {
    let of = |order| v1::StreamAuthorizeOrdersRequest { order };
    assert_eq!(bad_fields(asked::stream_order(&of(None))), ["order"]);
    let request = v1::AuthorizeOrderRequest { customer_id: String::new(), ..order() };
    assert_eq!(bad_fields(asked::stream_order(&of(Some(request)))), ["order.customer_id"]);
    assert!(asked::stream_order(&of(Some(order()))).is_ok());
    let request = v1::AuthorizeOrderRequest { record: Some(true), known_at: None, ..order() };
    assert_eq!(bad_fields(asked::stream_order(&of(Some(request)))), ["order.record"]);
}
