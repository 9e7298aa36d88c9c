use assent_domain::Event;
use assent_domain::authorize::{
    By, Decision, Order, Outcome, Reason, ReasonCode, Remediation, RemediationAction,
};
use assent_domain::event::{AcceptanceRecorded, EventRef};
use assent_domain::values::{
    AgreementId, Channel, CustomerId, Instant, Method, PartnerId, Position, TransactionKind, VersionId,
};
use assent_proto::convert::Ids;
use assent_proto::stored::{self, Particulars, timestamp_of};

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
