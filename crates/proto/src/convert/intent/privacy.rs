//! Erasing personal data, and what is recorded of who was shown it (rule C14).

use assent_domain::command::Command;
use assent_domain::event::EventRef;
use assent_domain::privacy::{InquiryExport, InquiryScope};

use super::{Envelope, Intent, What};
use crate::convert::fields::Fields;
use crate::convert::violations::Violations;
use crate::v1;

/// Personal data is erased: a customer's, or one contact's.
pub fn erase_personal_data(request: v1::ErasePersonalDataRequest) -> Result<Intent, Violations> {
    let v1::ErasePersonalDataRequest { customer_id, acceptance_id, reason, request_id, with_proof } = request;
    let mut fields = Fields::default();
    let customer = fields.customer(&customer_id);
    let acceptance = match acceptance_id {
        None => Ok(None),
        Some(id) => fields.event_id("acceptance_id", &id).map(Some),
    };
    let reason = fields.text("reason", &reason);
    let envelope = fields.envelope(request_id.as_deref(), with_proof, None);
    fields.finish(|| {
        let what = What::ErasePersonalData { customer: customer?, acceptance: acceptance? };
        Ok(Intent { reason: Some(reason?), ..Intent::new("ErasePersonalData", envelope?, what) })
    })
}

/// A person was looked for, for this purpose, and is about to be shown these records.
pub fn record_lookup(records: Vec<EventRef>, purpose: String) -> Intent {
    let what = What::Command(Command::RecordLookup { records });
    Intent { reason: Some(purpose), ..Intent::new("FindPerson", Envelope::default(), what) }
}

/// An export for an inquiry begins.
pub fn open_inquiry(scope: InquiryScope, with_contacts: bool, purpose: Option<String>) -> Intent {
    let what = What::Command(Command::OpenInquiry { scope, with_contacts });
    Intent { reason: purpose, ..Intent::new("ExportInquiry", Envelope::default(), what) }
}

/// An export for an inquiry is finished.
pub fn finish_inquiry(inquiry: EventRef, export: InquiryExport) -> Intent {
    let what = What::Command(Command::FinishInquiry { inquiry, export });
    Intent::new("ExportInquiry", Envelope::default(), what)
}
