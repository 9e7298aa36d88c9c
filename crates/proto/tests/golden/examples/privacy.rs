//! What is recorded of personal data and inquiries.

use assent_proto::event::event::Payload;
use assent_proto::event::{Event, InquiryExported, InquiryOpened, Links, PersonLookedUp, PersonalDataErased};
use bytes::Bytes;

use super::{CUSTOMER, PARTNER, actor, at};
use crate::sealing::Item;

/// The contact of the confirmation, and the key of a request that has no box.
pub(super) fn personal_data_erased() -> Event {
    let reason =
        Item { partner: PARTNER, customer: CUSTOMER, kind: 3, plaintext: b"asked for it", fill: 0x22 };
    let payload = PersonalDataErased {
        customer_id: CUSTOMER.to_owned(),
        partner_id: Some(PARTNER.to_owned()),
        acceptance_id: Some("018bcfe5-687b-7969-9a5a-5a000000012c".to_owned()),
        key_ids: vec![Bytes::from_static(&[0x02; 16]), Bytes::from_static(&[0x32; 16])],
        reason: Some(reason.seal()),
    };
    Event {
        stream: format!("customer/{CUSTOMER}"),
        actor: Some(actor("dora@contoso.example", "PRIVACY_OFFICER")),
        request_id: Some("c0ffee00-0000-4000-8000-000000000003".to_owned()),
        payload: Some(Payload::PersonalDataErased(payload)),
        position: 303,
        revision: 2,
        recorded_at: Some(at(1_700_010_800, 0)),
        event_id: "018bd08a-3380-7969-9a5a-5a000000012f".to_owned(),
        links: Some(Links { stream: Some(298), customer: Some(302), partner: Some(302), ..Links::default() }),
    }
}

pub(super) fn person_looked_up() -> Event {
    let purpose = Item { partner: "", customer: "", kind: 3, plaintext: b"request 17", fill: 0x42 };
    let payload = PersonLookedUp {
        purpose: Some(purpose.seal()),
        record_ids: vec!["018bcfe5-687b-7969-9a5a-5a000000012c".to_owned()],
    };
    Event {
        stream: "ledger".to_owned(),
        actor: Some(actor("dora@contoso.example", "PRIVACY_OFFICER")),
        request_id: None,
        payload: Some(Payload::PersonLookedUp(payload)),
        position: 304,
        revision: 3,
        recorded_at: Some(at(1_700_010_801, 0)),
        event_id: "018bd08a-3768-7969-9a5a-5a0000000130".to_owned(),
        links: Some(Links { stream: Some(2), ..Links::default() }),
    }
}

/// Everything about a customer: its link to the customer's last event closes the chain.
pub(super) fn inquiry_opened() -> Event {
    let purpose = Item { partner: "", customer: CUSTOMER, kind: 3, plaintext: b"case 4711", fill: 0x52 };
    let payload = InquiryOpened {
        customer_id: Some(CUSTOMER.to_owned()),
        with_contacts: true,
        purpose: Some(purpose.seal()),
        ..Default::default()
    };
    Event {
        stream: "ledger".to_owned(),
        actor: Some(actor("carol@contoso.example", "AUDITOR")),
        request_id: None,
        payload: Some(Payload::InquiryOpened(payload)),
        position: 305,
        revision: 4,
        recorded_at: Some(at(1_700_010_802, 0)),
        event_id: "018bd08a-3b50-7969-9a5a-5a0000000131".to_owned(),
        links: Some(Links { stream: Some(304), customer: Some(303), ..Links::default() }),
    }
}

pub(super) fn inquiry_exported() -> Event {
    let payload = InquiryExported {
        inquiry_id: "018bd08a-3b50-7969-9a5a-5a0000000131".to_owned(),
        manifest_sha256: Bytes::from_static(&[0xcd; 32]),
        events: 6,
        payload_bytes: 12_345,
        checkpoint_size: 305,
    };
    Event {
        stream: "ledger".to_owned(),
        actor: Some(actor("carol@contoso.example", "AUDITOR")),
        request_id: None,
        payload: Some(Payload::InquiryExported(payload)),
        position: 306,
        revision: 5,
        recorded_at: Some(at(1_700_010_803, 0)),
        event_id: "018bd08a-3f38-7969-9a5a-5a0000000132".to_owned(),
        links: Some(Links { stream: Some(305), ..Links::default() }),
    }
}
