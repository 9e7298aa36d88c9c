//! The short way from and to wire bytes is the ordinary one, byte for byte.

use assent_domain::authorize::{
    AsOf, By, Call, Decision, Outcome, Reason, ReasonCode, Remediation, RemediationAction,
};
use assent_domain::event::EventRef;
use assent_domain::values::{AgreementId, CustomerId, Instant, PartnerId, PolicyId, Position, VersionId};
use assent_proto::convert::{Ids, answer, asked};
use assent_proto::direct::{self, Answer, Order, Repeated};
use assent_proto::v1::{self, authorize_order_result};
use proptest::option;
use proptest::prelude::*;
use prost::Message;
use prost_types::Timestamp;

use crate::requests::{GUID, REQUEST, order};

/// Ids in every form, and texts that are none.
fn ids() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
        3 => "[A-Za-z0-9._-]{1,64}",
        1 => Just(GUID.to_owned()),
        1 => "[0-9a-f]{8}.[0-9a-f]{4}-[0-9a-g]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        1 => "\\PC{0,70}",
    ]
}

fn timestamps() -> impl Strategy<Value = Timestamp> {
    let seconds = prop_oneof![3 => 0_i64..2_000_000_000, 1 => any::<i64>()];
    let nanos = prop_oneof![3 => 0_i32..1_000_000_000, 1 => any::<i32>()];
    (seconds, nanos).prop_map(|(seconds, nanos)| Timestamp { seconds, nanos })
}

fn positions() -> impl Strategy<Value = u64> {
    prop_oneof![0_u64..3, 0_u64..1 << 40, any::<u64>()]
}

prop_compose! {
    /// Orders that are mostly valid, and mostly plain.
    fn orders()(
        partner_id in ids(),
        customer_id in ids(),
        reseller_id in option::weighted(0.2, ids()),
        (transaction, channel) in (0..8, -1..4),
        product_family in option::weighted(0.2, ids()),
        order_ref in option::weighted(0.3, prop_oneof!["[A-Za-z0-9._:/#+=~-]{1,128}", "\\PC{0,140}"]),
        effective_at in option::weighted(0.3, timestamps()),
        (known_at, min_position) in (option::weighted(0.2, positions()), option::weighted(0.2, positions())),
        (record, with_proof) in (option::weighted(0.1, any::<bool>()), option::weighted(0.1, any::<bool>())),
        request_id in option::weighted(0.1, Just(REQUEST.to_owned())),
    ) -> v1::AuthorizeOrderRequest {
        v1::AuthorizeOrderRequest {
            partner_id, customer_id, reseller_id, transaction, channel, product_family, order_ref, effective_at,
            known_at, min_position, record, request_id, with_proof,
        }
    }
}

/// What is done to the bytes of an order.
#[derive(Clone, Debug)]
enum Damage {
    None,
    /// Another order behind it: fields are there twice.
    Twice(v1::AuthorizeOrderRequest),
    Cut(prop::sample::Index),
    Byte(prop::sample::Index, u8),
    /// A part of it moved behind it.
    Turned(prop::sample::Index),
    Behind(Vec<u8>),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        3 => Just(Damage::None),
        1 => orders().prop_map(Damage::Twice),
        1 => any::<prop::sample::Index>().prop_map(Damage::Cut),
        3 => (any::<prop::sample::Index>(), any::<u8>()).prop_map(|(at, to)| Damage::Byte(at, to)),
        1 => any::<prop::sample::Index>().prop_map(Damage::Turned),
        1 => prop::collection::vec(any::<u8>(), 0..12).prop_map(Damage::Behind),
    ]
}

fn damaged(order: &impl Message, damage: &Damage) -> Vec<u8> {
    let mut bytes = order.encode_to_vec();
    match damage {
        Damage::None => {}
        Damage::Twice(other) => bytes.extend(other.encode_to_vec()),
        Damage::Cut(at) => bytes.truncate(at.index(bytes.len() + 1)),
        Damage::Byte(at, to) if !bytes.is_empty() => {
            let at = at.index(bytes.len());
            bytes[at] = *to;
        }
        Damage::Byte(..) => {}
        Damage::Turned(at) => {
            let at = at.index(bytes.len() + 1);
            bytes.rotate_left(at);
        }
        Damage::Behind(more) => bytes.extend(more),
    }
    bytes
}

/// Whatever is read the short way is what the ordinary way makes of it.
fn assert_same_order(read: Option<Order<'_>>, ordinary: Option<&v1::AuthorizeOrderRequest>) {
    let Some(Order { asked, order_ref }) = read else { return };
    let request = ordinary.expect("what is read here can be decoded");
    assert_eq!(Ok(asked), asked::authorize_order(request));
    assert_eq!(order_ref, request.order_ref.as_deref());
}

/// Whether an order is one that the short way has to read.
fn is_plain(order: &v1::AuthorizeOrderRequest) -> bool {
    let short = |it: Option<u64>| it.is_none_or(|it| it < 1 << 63);
    let alone = order.record.is_none() && order.request_id.is_none() && order.with_proof.is_none();
    alone && short(order.known_at) && short(order.min_position) && asked::authorize_order(order).is_ok()
}

prop_compose! {
    fn events()(position in 1_u64..1 << 40, micros in 0_i64..2_000_000_000_000_000) -> EventRef {
        EventRef { position: Position(position), recorded_at: Instant::from_micros(micros).unwrap() }
    }
}

fn named<T: std::fmt::Debug>(parse: fn(&str) -> Option<T>) -> impl Strategy<Value = Option<T>> {
    option::of(ids().prop_filter_map("an id", move |it| parse(&it)))
}

fn instants() -> impl Strategy<Value = Instant> {
    prop_oneof![0_i64..3_000_000, 0..=Instant::LAST.micros()].prop_map(|it| Instant::from_micros(it).unwrap())
}

prop_compose! {
    fn reasons()(
        code in prop::sample::select(ReasonCode::ALL.to_vec()),
        agreement in named(|it| AgreementId::parse(it).ok()),
        version in named(|it| VersionId::parse(it).ok()),
        acceptance in option::of(events()),
        partner in named(|it| PartnerId::parse(it).ok()),
    ) -> Reason {
        Reason { code, agreement, version, acceptance, partner }
    }
}

prop_compose! {
    fn remediations()(
        action in prop::sample::select(RemediationAction::ALL.to_vec()),
        by in prop::sample::select(By::ALL.to_vec()),
        call in option::of(prop::sample::select(Call::ALL.to_vec())),
        customer in named(|it| CustomerId::parse(it).ok()),
        agreement in named(|it| AgreementId::parse(it).ok()),
        accepted_from in option::of(instants()),
        obligation in option::of(events()),
    ) -> Remediation {
        Remediation { call, customer, agreement, accepted_from, obligation, ..Remediation::of(action, by) }
    }
}

prop_compose! {
    fn decisions()(
        allowed in any::<bool>(),
        reasons in prop::collection::vec(reasons(), 0..4),
        remediations in prop::collection::vec(remediations(), 0..3),
        valid_until in option::of(instants()),
    ) -> Decision {
        let outcome = if allowed { Outcome::Allowed } else { Outcome::Denied };
        Decision { outcome, reasons: reasons.into(), remediations, valid_until }
    }
}

proptest! {
    #[test]
    fn an_order_is_read_as_the_ordinary_way_reads_it_or_left_to_it(order in orders(), damage in damage()) {
        let bytes = damaged(&order, &damage);
        let ordinary = v1::AuthorizeOrderRequest::decode(&*bytes).ok();
        assert_same_order(direct::order(&bytes), ordinary.as_ref());

        let bytes = damaged(&v1::StreamAuthorizeOrdersRequest { order: Some(order) }, &damage);
        let ordinary = v1::StreamAuthorizeOrdersRequest::decode(&*bytes).ok().and_then(|it| it.order);
        assert_same_order(direct::streamed_order(&bytes), ordinary.as_ref());
    }

    #[test]
    fn plain_orders_take_the_short_way_and_no_others(order in orders()) {
        let is_plain = is_plain(&order);
        prop_assert_eq!(direct::order(&order.encode_to_vec()).is_some(), is_plain);
        let streamed = v1::StreamAuthorizeOrdersRequest { order: Some(order) };
        prop_assert_eq!(direct::streamed_order(&streamed.encode_to_vec()).is_some(), is_plain);
    }

    #[test]
    fn a_batch_is_read_as_the_ordinary_way_reads_it_or_left_to_it(
        orders in prop::collection::vec(orders(), 0..6),
        damage in damage(),
    ) {
        let batch = v1::BatchAuthorizeOrdersRequest { orders };
        let bytes = damaged(&batch, &damage);
        if let Some(direct) = direct::batched_orders(&bytes) {
            let ordinary = v1::BatchAuthorizeOrdersRequest::decode(&*bytes).unwrap();
            prop_assert_eq!(direct.len(), ordinary.orders.len());
            for (direct, ordinary) in direct.into_iter().zip(&ordinary.orders) {
                assert_same_order(Some(direct), Some(ordinary));
            }
        }
        let is_plain = !batch.orders.is_empty() && batch.orders.iter().all(is_plain);
        prop_assert_eq!(direct::batched_orders(&batch.encode_to_vec()).is_some(), is_plain);
    }

    #[test]
    fn an_answer_has_the_bytes_of_the_ordinary_one(
        decision in decisions(),
        prefix in positions(),
        effective_at in instants(),
        policy_id in ids().prop_filter_map("an id", |it| PolicyId::parse(&it).ok()),
        policy_version in prop_oneof![0_u32..3, any::<u32>()],
        tag in any::<u64>(),
        order_ref in option::of("[A-Za-z0-9._:/#+=~-]{1,128}"),
    ) {
        let (as_of, ids) = (AsOf { prefix: Position(prefix), effective_at }, Ids { tag });
        let response = answer::response(&decision, &as_of, &policy_id, policy_version, &ids);
        let response = v1::AuthorizeOrderResponse { order_ref: order_ref.clone(), ..response };
        let answer = Answer {
            decision: &decision,
            as_of: &as_of,
            policy_id: &policy_id,
            policy_version,
            ids: &ids,
            order_ref: order_ref.as_deref(),
        };
        let mut direct = Vec::new();
        direct::response(&answer, &mut direct);
        prop_assert_eq!(&direct, &response.encode_to_vec());

        let result = authorize_order_result::Result::Response(Box::new(response));
        let result = v1::AuthorizeOrderResult { result: Some(result) };
        let streamed = v1::StreamAuthorizeOrdersResponse { result: Some(result.clone()) };
        let mut direct = b"before".to_vec();
        direct::streamed(&answer, &mut direct);
        prop_assert_eq!(&direct, &[b"before", &*streamed.encode_to_vec()].concat());

        // The same from an answer that rests on another acceptance.
        let mut other = decision.clone();
        for reason in &mut other.reasons {
            reason.acceptance = reason.acceptance.map(|_| EventRef { position: Position(7), recorded_at: effective_at });
        }
        let repeated = Repeated::of(&Answer { decision: &other, ..answer });
        prop_assert_eq!(repeated.is_some(), decision.reasons.len() == 1 && decision.remediations.is_empty());
        if let Some(repeated) = repeated {
            let mut direct = b"before".to_vec();
            repeated.streamed(decision.reasons[0].acceptance, &ids, order_ref.as_deref(), &mut direct);
            prop_assert_eq!(&direct, &[b"before", &*streamed.encode_to_vec()].concat());
        }

        // What a batch's answer is made of.
        let batch = v1::BatchAuthorizeOrdersResponse { results: vec![result; 2] };
        let mut direct = Vec::new();
        direct::streamed(&answer, &mut direct);
        direct::streamed(&answer, &mut direct);
        prop_assert_eq!(&direct, &batch.encode_to_vec());
    }
}

#[test]
fn what_concerns_recording_is_left_to_the_ordinary_way() {
    let plain = v1::AuthorizeOrderRequest { request_id: None, ..order() };
    let read = |order: v1::AuthorizeOrderRequest| direct::order(&order.encode_to_vec()).is_some();
    assert!(read(v1::AuthorizeOrderRequest { record: None, ..plain.clone() }));
    assert!(!read(v1::AuthorizeOrderRequest { record: Some(true), known_at: None, ..plain.clone() }));
    assert!(!read(v1::AuthorizeOrderRequest { request_id: Some(REQUEST.to_owned()), ..plain.clone() }));
    assert!(!read(v1::AuthorizeOrderRequest { with_proof: Some(true), ..plain }));
}

#[test]
fn an_answer_longer_than_its_length_was_thought_to_be_is_encoded_all_the_same() {
    let reasons = vec![Reason::of(ReasonCode::AcceptanceMissing); 200];
    let decision = Decision {
        outcome: Outcome::Denied,
        reasons: reasons.into(),
        remediations: vec![],
        valid_until: None,
    };
    let as_of = AsOf { prefix: Position(1), effective_at: Instant::EPOCH };
    let (policy_id, ids) = (PolicyId::parse("microsoft-csp").unwrap(), Ids { tag: 7 });
    let response = answer::response(&decision, &as_of, &policy_id, 1, &ids);
    let result =
        v1::AuthorizeOrderResult { result: Some(authorize_order_result::Result::Response(response.into())) };
    let streamed = v1::StreamAuthorizeOrdersResponse { result: Some(result) }.encode_to_vec();
    let answer = Answer {
        decision: &decision,
        as_of: &as_of,
        policy_id: &policy_id,
        policy_version: 1,
        ids: &ids,
        order_ref: None,
    };
    let mut direct = Vec::new();
    direct::streamed(&answer, &mut direct);
    assert!(streamed.len() > 1 << 14 && direct == streamed);
}
