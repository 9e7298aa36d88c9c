//! Erasures, look-ups and inquiries.

use assent_domain::event::EventRef;
use assent_domain::privacy::{ErasedContact, InquiryExport, InquiryScope, KeyId};
use assent_domain::values::CustomerId;
use bytes::Bytes;

use super::Particulars;
use crate::event;
use crate::stored::timestamp_of;

pub(super) fn data_erased(
    customer: &CustomerId,
    contact: Option<&ErasedContact>,
    key_ids: &[KeyId],
    own: &Particulars,
    id: &dyn Fn(EventRef) -> String,
) -> event::PersonalDataErased {
    event::PersonalDataErased {
        customer_id: customer.to_string(),
        partner_id: contact.map(|it| it.partner.to_string()),
        acceptance_id: contact.map(|it| id(it.acceptance)),
        key_ids: key_ids.iter().map(|it| Bytes::copy_from_slice(it)).collect(),
        reason: own.reason.clone(),
    }
}

pub(super) fn looked_up(
    records: &[EventRef],
    own: &Particulars,
    id: &dyn Fn(EventRef) -> String,
) -> event::PersonLookedUp {
    event::PersonLookedUp {
        purpose: own.reason.clone(),
        record_ids: records.iter().map(|it| id(*it)).collect(),
    }
}

pub(super) fn inquiry_opened(
    scope: &InquiryScope,
    with_contacts: bool,
    own: &Particulars,
) -> event::InquiryOpened {
    let everything =
        event::InquiryOpened { with_contacts, purpose: own.reason.clone(), ..Default::default() };
    match scope {
        InquiryScope::Everything => everything,
        InquiryScope::Customer(it) => {
            event::InquiryOpened { customer_id: Some(it.to_string()), ..everything }
        }
        InquiryScope::Partner(it) => event::InquiryOpened { partner_id: Some(it.to_string()), ..everything },
        InquiryScope::Agreement(it) => {
            event::InquiryOpened { agreement_id: Some(it.to_string()), ..everything }
        }
        InquiryScope::Period { from, until } => event::InquiryOpened {
            from: from.map(timestamp_of),
            until: until.map(timestamp_of),
            ..everything
        },
    }
}

pub(super) fn inquiry_exported(
    inquiry: EventRef,
    export: &InquiryExport,
    id: &dyn Fn(EventRef) -> String,
) -> event::InquiryExported {
    let InquiryExport { manifest_sha256, events, payload_bytes, checkpoint_size } = export;
    event::InquiryExported {
        inquiry_id: id(inquiry),
        manifest_sha256: Bytes::copy_from_slice(manifest_sha256),
        events: *events,
        payload_bytes: *payload_bytes,
        checkpoint_size: checkpoint_size.0,
    }
}
