//! The entries that `docs/format.md` shows byte by byte.

mod privacy;

use assent_proto::event::event::Payload;
use assent_proto::event::{
    AcceptanceConfirmed, AcceptanceDetails, AcceptanceWithdrawn, Actor, Channel, Cloud, Contact,
    CustomerProfile, CustomerRegistered, Decision, Environment, Event, Evidence, LedgerFormatted, Links,
    Order, OrderDecided, Party, Reason, ReasonCode, Remediation, RemediationAction, SealedBox, TemplateKey,
    TransactionKind,
};
use bytes::Bytes;
use prost::Message;
use prost_types::Timestamp;

use crate::sealing::Item;

pub(crate) const TAG: u64 = 0x2_5a5a_5a5a;
const PARTNER: &str = "contoso";
const CUSTOMER: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
const AGREEMENT: &str = "microsoft-customer-agreement";

/// Every example with the name of its type.
pub(crate) fn all() -> [(&'static str, Event); 9] {
    [
        ("ledger_formatted", ledger_formatted()),
        ("customer_registered", customer_registered()),
        ("acceptance_confirmed", acceptance_confirmed()),
        ("acceptance_withdrawn", acceptance_withdrawn()),
        ("order_decided", order_decided()),
        ("personal_data_erased", privacy::personal_data_erased()),
        ("person_looked_up", privacy::person_looked_up()),
        ("inquiry_opened", privacy::inquiry_opened()),
        ("inquiry_exported", privacy::inquiry_exported()),
    ]
}

/// The contact that the confirmation's box holds.
pub(crate) fn contact() -> Contact {
    Contact {
        first_name: "Ada".to_owned(),
        last_name: "Łukasiewicz".to_owned(),
        email: "ada@example.com".to_owned(),
        phone_number: None,
    }
}

pub(crate) fn contact_item(plaintext: &[u8]) -> Item<'_> {
    Item { partner: PARTNER, customer: CUSTOMER, kind: 1, plaintext, fill: 0x02 }
}

pub(crate) fn sealed_contact() -> SealedBox {
    contact_item(&contact().encode_to_vec()).seal()
}

fn ledger_formatted() -> Event {
    let payload = LedgerFormatted { format: 1, tag: TAG, environment: Environment::Production.into() };
    Event {
        stream: "ledger".to_owned(),
        actor: Some(Actor { user_id: "assent".to_owned(), ..Default::default() }),
        payload: Some(Payload::LedgerFormatted(payload)),
        position: 1,
        revision: 1,
        recorded_at: Some(at(1_700_000_000, 0)),
        event_id: "018bcfe5-6800-7969-9a5a-5a0000000001".to_owned(),
        links: Some(Links::default()),
        ..Default::default()
    }
}

fn customer_registered() -> Event {
    let profile =
        CustomerProfile { country: "DE".to_owned(), cloud: Cloud::Public.into(), has_purchases: false };
    let payload = CustomerRegistered { customer_id: CUSTOMER.to_owned(), profile: Some(profile) };
    Event {
        stream: format!("customer/{CUSTOMER}"),
        actor: Some(actor("grace@contoso.example", "ADMIN_AGENT")),
        request_id: Some("c0ffee00-0000-4000-8000-000000000001".to_owned()),
        payload: Some(Payload::CustomerRegistered(payload)),
        position: 298,
        revision: 1,
        recorded_at: Some(at(1_700_000_000, 123_456_000)),
        event_id: "018bcfe5-687b-7969-9a5a-5a000000012a".to_owned(),
        links: Some(Links::default()),
    }
}

fn acceptance_confirmed() -> Event {
    let evidence = Evidence {
        uri: None,
        sha256: Some(Bytes::from_static(&[0xab; 32])),
        media_type: Some("application/pdf".to_owned()),
    };
    let acceptance = AcceptanceDetails {
        partner_id: PARTNER.to_owned(),
        customer_id: CUSTOMER.to_owned(),
        agreement_id: AGREEMENT.to_owned(),
        version: Some("2023-04".to_owned()),
        version_inferred: true,
        document_sha256: None,
        template: Some(TemplateKey { country: "DE".to_owned(), language: "de-DE".to_owned() }),
        contact: Some(sealed_contact()),
        evidence: Some(evidence),
        accepted_at: Some(at(1_699_920_000, 0)),
        accepted_on: Some("2023-11-14".to_owned()),
        confirmed_at: None,
        channel: Channel::Api.into(),
        backfilled: false,
    };
    Event {
        stream: format!("relationship/{PARTNER}/{CUSTOMER}"),
        actor: Some(actor("grace@contoso.example", "ADMIN_AGENT")),
        request_id: Some("c0ffee00-0000-4000-8000-000000000002".to_owned()),
        payload: Some(Payload::AcceptanceConfirmed(AcceptanceConfirmed { acceptance: Some(acceptance) })),
        position: 300,
        revision: 2,
        recorded_at: Some(at(1_700_000_000, 123_456_000)),
        event_id: "018bcfe5-687b-7969-9a5a-5a000000012c".to_owned(),
        links: Some(Links {
            stream: Some(299),
            customer: Some(299),
            partner: Some(299),
            agreement: Some(3),
            reseller: None,
        }),
    }
}

fn acceptance_withdrawn() -> Event {
    let reason = Item { partner: PARTNER, customer: CUSTOMER, kind: 3, plaintext: b"moved away", fill: 0x12 };
    let payload = AcceptanceWithdrawn {
        partner_id: PARTNER.to_owned(),
        customer_id: CUSTOMER.to_owned(),
        agreement_id: AGREEMENT.to_owned(),
        withdrawn_at: Some(at(1_700_003_600, 0)),
        reason: Some(reason.seal()),
    };
    Event {
        stream: format!("relationship/{PARTNER}/{CUSTOMER}"),
        actor: Some(actor("grace@contoso.example", "SALES_AGENT")),
        request_id: None,
        payload: Some(Payload::AcceptanceWithdrawn(payload)),
        position: 301,
        revision: 3,
        recorded_at: Some(at(1_700_003_600, 1_000)),
        event_id: "018bd01c-5680-7969-9a5a-5a000000012d".to_owned(),
        links: Some(Links {
            stream: Some(300),
            customer: Some(300),
            partner: Some(300),
            agreement: Some(300),
            reseller: None,
        }),
    }
}

fn order_decided() -> Event {
    let order = Order {
        partner_id: PARTNER.to_owned(),
        customer_id: CUSTOMER.to_owned(),
        reseller_id: None,
        transaction: TransactionKind::NewPurchase.into(),
        channel: Channel::Api.into(),
        product_family: Some("azure-plan".to_owned()),
        order_ref: Some("order-17".to_owned()),
    };
    let payload = OrderDecided {
        order: Some(order),
        effective_at: Some(at(1_700_007_200, 500_000_000)),
        decided_at_position: 301,
        policy_id: "microsoft-csp".to_owned(),
        policy_version: 1,
        decision: Decision::Denied.into(),
        reasons: vec![Reason {
            code: ReasonCode::AcceptanceWithdrawn.into(),
            rule: "C13".to_owned(),
            agreement_id: Some(AGREEMENT.to_owned()),
            version: Some("2023-04".to_owned()),
            acceptance_id: Some("018bcfe5-687b-7969-9a5a-5a000000012c".to_owned()),
            partner_id: None,
        }],
        remediations: vec![cancel_subscriptions()],
        valid_until: None,
    };
    Event {
        stream: format!("orders/{PARTNER}/{CUSTOMER}"),
        actor: Some(actor("shop", "SALES_AGENT")),
        request_id: None,
        payload: Some(Payload::OrderDecided(payload)),
        position: 302,
        revision: 1,
        recorded_at: Some(at(1_700_007_200, 500_000_000)),
        event_id: "018bd053-46f4-7969-9a5a-5a000000012e".to_owned(),
        links: Some(Links { customer: Some(301), partner: Some(301), ..Links::default() }),
    }
}

fn cancel_subscriptions() -> Remediation {
    Remediation {
        action: RemediationAction::CancelSubscriptions.into(),
        by: Party::Partner.into(),
        call: Some("assent.v1.AcceptanceService/RecordCancellation".to_owned()),
        partner_id: Some(PARTNER.to_owned()),
        customer_id: Some(CUSTOMER.to_owned()),
        agreement_id: Some(AGREEMENT.to_owned()),
        obligation_id: Some("018bd01c-5680-7969-9a5a-5a000000012d".to_owned()),
        ..Default::default()
    }
}

fn actor(user_id: &str, role: &str) -> Actor {
    Actor { user_id: user_id.to_owned(), role: Some(role.to_owned()), employee: None }
}

fn at(seconds: i64, nanos: i32) -> Timestamp {
    Timestamp { seconds, nanos }
}
