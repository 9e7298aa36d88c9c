//! Erasures, look-ups and inquiries.

use assent_domain::Event;
use assent_domain::privacy::{ErasedContact, InquiryExport, InquiryScope};
use assent_domain::values::{AgreementId, Position};

use super::{customer, partner};
use crate::event;
use crate::event::event::Payload;
use crate::stored::fields::{StoredError, bad, event_ref, hash, id, instant_of, optional};

pub(super) fn privacy(payload: &Payload) -> Result<Event, StoredError> {
    match payload {
        Payload::PersonalDataErased(it) => data_erased(it),
        Payload::PersonLookedUp(it) => {
            let records = it.record_ids.iter().map(|it| event_ref(it, "record_ids"));
            Ok(Event::PersonLookedUp { records: records.collect::<Result<_, _>>()? })
        }
        Payload::InquiryOpened(it) => {
            Ok(Event::InquiryOpened { scope: scope(it)?, with_contacts: it.with_contacts })
        }
        Payload::InquiryExported(it) => Ok(Event::InquiryExported {
            inquiry: event_ref(&it.inquiry_id, "inquiry_id")?,
            export: InquiryExport {
                manifest_sha256: hash(&it.manifest_sha256, "manifest_sha256")?,
                events: it.events,
                payload_bytes: it.payload_bytes,
                checkpoint_size: Position(it.checkpoint_size),
            },
        }),
        _ => Err(bad("payload")),
    }
}

/// A contact has both, its partner and its acceptance.
fn data_erased(it: &event::PersonalDataErased) -> Result<Event, StoredError> {
    let contact = match (&it.partner_id, &it.acceptance_id) {
        (None, None) => None,
        (Some(its_partner), Some(acceptance)) => Some(ErasedContact {
            partner: partner(its_partner)?,
            acceptance: event_ref(acceptance, "acceptance_id")?,
        }),
        (Some(_), None) => return Err(bad("acceptance_id")),
        (None, Some(_)) => return Err(bad("partner_id")),
    };
    let key_id = |it: &bytes::Bytes| it.as_ref().try_into().map_err(|_| bad("key_ids"));
    let key_ids = it.key_ids.iter().map(key_id).collect::<Result<_, _>>()?;
    Ok(Event::PersonalDataErased { customer: customer(&it.customer_id)?, contact, key_ids })
}

/// More than one scope is none that is known here.
fn scope(it: &event::InquiryOpened) -> Result<InquiryScope, StoredError> {
    let from = optional(it.from.as_ref(), instant_of)?;
    let until = optional(it.until.as_ref(), instant_of)?;
    let period = (from.is_some() || until.is_some()).then_some(InquiryScope::Period { from, until });
    let agreement = optional(it.agreement_id.as_ref(), |it| id(it, "agreement_id", AgreementId::parse))?;
    let given = [
        optional(it.customer_id.as_ref(), |it| customer(it))?.map(InquiryScope::Customer),
        optional(it.partner_id.as_ref(), |it| partner(it))?.map(InquiryScope::Partner),
        agreement.map(InquiryScope::Agreement),
        period,
    ];
    let mut given = given.into_iter().flatten();
    let scope = given.next().unwrap_or(InquiryScope::Everything);
    if given.next().is_some() { Err(bad("scope")) } else { Ok(scope) }
}
