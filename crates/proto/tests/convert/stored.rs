use assent_domain::Event;
use assent_domain::authorize::{
    By, Decision, Order, Outcome, Reason, ReasonCode, Remediation, RemediationAction,
};
use assent_domain::command::TEXT_BYTES_MAX;
use assent_domain::event::{AcceptanceRecorded, EventRef};
use assent_domain::privacy::{ErasedContact, InquiryExport, InquiryScope, KEYS_PER_ERASURE_MAX};
use assent_domain::values::{
    AgreementId, Channel, CustomerId, Instant, Method, PartnerId, Position, TransactionKind, VersionId,
};
use assent_proto::convert::Ids;
use assent_proto::convert::asked::PAGE_SIZE_MAX;
use assent_proto::event::{self, event::Payload};
use assent_proto::stored::{self, Particulars, timestamp_of};
use prost::Message;

const IDS: Ids = Ids { tag: 0x2_5a5a_5a5a };

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

fn named(position: u64) -> EventRef {
    EventRef::new(Position(position), at("2024-01-10T00:00:00Z"))
}

/// The events that name an agreement, a reseller or an obligation beside what they are about.
fn events() -> Vec<Event> {
    let partner = PartnerId::parse("provider").unwrap();
    let reseller = PartnerId::parse("reseller").unwrap();
    let customer = CustomerId::parse("fabrikam").unwrap();
    let agreement = AgreementId::parse("microsoft-customer-agreement").unwrap();
    let cancelled_at = at("2024-01-09T00:00:00Z");
    let acceptance = AcceptanceRecorded {
        method: Method::Confirmed,
        agreement: agreement.clone(),
        version: VersionId::parse("2023-04").unwrap(),
        version_inferred: true,
        document_sha256: None,
        accepted_at: cancelled_at,
        confirmed_at: at("2024-01-11T00:00:00Z"),
        backfilled: false,
        corrects: None,
        evidence: Some(named(6)),
        reseller: Some(reseller.clone()),
    };
    let order = Order {
        partner: partner.clone(),
        customer: customer.clone(),
        reseller: Some(reseller.clone()),
        transaction: TransactionKind::Renewal,
        channel: Channel::Api,
        product_family: None,
    };
    let remedy = Remediation {
        obligation: Some(named(8)),
        ..Remediation::of(RemediationAction::CancelSubscriptions, By::Provider)
    };
    let decision = Decision {
        outcome: Outcome::Denied,
        reasons: [Reason::of(ReasonCode::AcceptanceWithdrawn)].into_iter().collect(),
        remediations: vec![remedy],
        valid_until: None,
    };
    let inquiry = |scope| Event::InquiryOpened { scope, with_contacts: true };
    let export =
        InquiryExport { manifest_sha256: [9; 32], events: 3, payload_bytes: 4, checkpoint_size: Position(5) };
    let (p, c, a) = (|| partner.clone(), || customer.clone(), || agreement.clone());
    vec![
        Event::AcceptanceRecorded { partner: p(), customer: c(), acceptance },
        Event::AcceptanceVoided { partner: p(), customer: c(), agreement: a(), acceptance: named(7) },
        Event::WithdrawalVoided { partner: p(), customer: c(), agreement: a(), withdrawal: named(8) },
        Event::CancellationRecorded {
            partner: p(),
            customer: c(),
            agreement: a(),
            obligation: named(8),
            cancelled_at,
        },
        Event::EvidenceRejected {
            provider: p(),
            customer: c(),
            reseller,
            agreement: a(),
            evidence: named(6),
        },
        Event::OrderDecided { order, effective_at: cancelled_at, prefix: Position(9), decision },
        Event::PersonalDataErased { customer: c(), contact: None, key_ids: vec![[1; 16], [2; 16]] },
        Event::PersonalDataErased {
            customer: c(),
            contact: Some(ErasedContact { partner: p(), acceptance: named(7) }),
            key_ids: vec![[3; 16]],
        },
        Event::PersonLookedUp { records: vec![] },
        Event::PersonLookedUp { records: vec![named(6), named(7)] },
        inquiry(InquiryScope::Everything),
        inquiry(InquiryScope::Customer(c())),
        inquiry(InquiryScope::Partner(p())),
        inquiry(InquiryScope::Agreement(a())),
        inquiry(InquiryScope::Period { from: Some(cancelled_at), until: None }),
        inquiry(InquiryScope::Period { from: None, until: Some(cancelled_at) }),
        Event::InquiryExported { inquiry: named(9), export },
    ]
}

#[test]
fn what_an_event_names_is_stored_with_it_and_read_back() {
    for event in events() {
        let own = Particulars::default();
        let mut stored = stored::body(String::new(), &event, &own, &|it| IDS.text(it));
        stored.recorded_at = Some(timestamp_of(at("2024-01-11T00:00:00Z")));
        let read = stored::read(&stored, &None::<bytes::Bytes>).unwrap();
        assert_eq!(read.event, event);
    }
}

#[test]
fn half_a_contact_two_scopes_and_a_short_key_id_stop_the_reader() {
    let read = |payload: Payload| {
        let recorded_at = Some(timestamp_of(at("2024-01-11T00:00:00Z")));
        let event = event::Event { payload: Some(payload), recorded_at, ..Default::default() };
        stored::read(&event, &None::<bytes::Bytes>).map_err(|it| it.to_string())
    };
    let erased = || event::PersonalDataErased { customer_id: "fabrikam".to_owned(), ..Default::default() };
    let fabrikam = || Some("fabrikam".to_owned());
    let cases = [
        (
            Payload::PersonalDataErased(event::PersonalDataErased { partner_id: fabrikam(), ..erased() }),
            "acceptance_id",
        ),
        (
            Payload::PersonalDataErased(event::PersonalDataErased {
                acceptance_id: Some(IDS.text(named(7))),
                ..erased()
            }),
            "partner_id",
        ),
        (
            Payload::PersonalDataErased(event::PersonalDataErased {
                key_ids: vec![bytes::Bytes::from_static(&[1; 15])],
                ..erased()
            }),
            "key_ids",
        ),
        (
            Payload::InquiryOpened(event::InquiryOpened {
                customer_id: fabrikam(),
                from: Some(timestamp_of(at("2024-01-11T00:00:00Z"))),
                ..Default::default()
            }),
            "scope",
        ),
        (Payload::InquiryExported(event::InquiryExported::default()), "inquiry_id"),
    ];
    for (payload, field) in cases {
        let error = read(payload).unwrap_err();
        assert!(error.contains(&format!("`{field}`")), "{error}");
    }
}

#[test]
fn the_fullest_erasure_and_look_up_fit_into_an_entry() {
    let customer = CustomerId::parse(&"c".repeat(64)).unwrap();
    let partner = PartnerId::parse(&"p".repeat(64)).unwrap();
    let erased = Event::PersonalDataErased {
        customer,
        contact: Some(ErasedContact { partner, acceptance: named(7) }),
        key_ids: vec![[0xff; 16]; KEYS_PER_ERASURE_MAX],
    };
    let looked_up = Event::PersonLookedUp { records: vec![named(7); PAGE_SIZE_MAX] };
    let sealed = event::SealedBox {
        suite: 1,
        key_id: vec![1; 16].into(),
        nonce: vec![1; 12].into(),
        ciphertext: vec![1; TEXT_BYTES_MAX + 48].into(),
        commitment: vec![1; 32].into(),
    };
    let own = Particulars { reason: Some(sealed), ..Particulars::default() };
    for event in [erased, looked_up] {
        let stored = stored::body("s".repeat(140), &event, &own, &|it| IDS.text(it));
        // What is left is for the actor, the request id and the stamp.
        assert!(stored.encoded_len() < 60_000, "{}", stored.encoded_len());
    }
}
