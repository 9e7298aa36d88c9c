//! Erasing personal data, and what is recorded of who was shown it (rule C14).

use assent_domain::command::Command;
use assent_domain::event::EventRef;
use assent_domain::privacy::{InquiryExport, InquiryScope};
use assent_domain::values::AgreementId;

use super::{Envelope, Intent, What};
use crate::convert::fields::{Fields, MISSING, Parsed};
use crate::convert::ids::EventId;
use crate::convert::violations::Violations;
use crate::v1;
use crate::v1::export_inquiry_request::Scope;

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

/// An export that is asked for.
#[derive(Clone, Debug)]
pub enum Export {
    /// A new one: it begins with this.
    Begin(Box<Intent>),
    /// One that broke off.
    GoOn {
        /// The event that began it.
        inquiry: EventId,
        /// How many of its segments the caller has whole.
        segments_done: u32,
    },
}

/// An export for an inquiry.
pub fn export_inquiry(request: v1::ExportInquiryRequest) -> Result<Export, Violations> {
    let v1::ExportInquiryRequest { purpose, with_contacts, inquiry_id, segments_done, request_id, scope } =
        request;
    let mut fields = Fields::default();
    if !inquiry_id.is_empty() {
        let inquiry = fields.event_id("inquiry_id", &inquiry_id);
        let alone = match (scope, purpose.is_empty()) {
            (None, true) => Ok(()),
            (Some(_), _) => fields.bad("scope", "must be left out where `inquiry_id` is given"),
            (None, false) => fields.bad("purpose", "must be left out where `inquiry_id` is given"),
        };
        return fields.finish(|| {
            alone?;
            Ok(Export::GoOn { inquiry: inquiry?, segments_done })
        });
    }
    let scope = match scope {
        None => fields.bad("scope", MISSING),
        Some(Scope::CustomerId(id)) => fields.customer(&id).map(InquiryScope::Customer),
        Some(Scope::PartnerId(id)) => fields.partner(&id).map(InquiryScope::Partner),
        Some(Scope::AgreementId(id)) => {
            fields.required("agreement_id", &id, AgreementId::parse).map(InquiryScope::Agreement)
        }
        Some(Scope::Everything(true)) => Ok(InquiryScope::Everything),
        Some(Scope::Everything(false)) => fields.bad("everything", "must be true, or another scope be given"),
        Some(Scope::Period(period)) => fields.nest("period", |inner| inner.period(&period)),
    };
    let purpose = fields.text("purpose", &purpose);
    let envelope = fields.envelope(request_id.as_deref(), None, None);
    fields.finish(|| {
        let what = What::Command(Command::OpenInquiry { scope: scope?, with_contacts });
        let intent = Intent { reason: Some(purpose?), ..Intent::new("ExportInquiry", envelope?, what) };
        Ok(Export::Begin(Box::new(intent)))
    })
}

impl Fields {
    fn period(&mut self, period: &v1::RecordedPeriod) -> Parsed<InquiryScope> {
        let from = self.optional_instant("from", period.from.as_ref());
        let until = self.optional_instant("until", period.until.as_ref());
        match (from?, until?) {
            (None, None) => self.bad("from", "must be given, or `until`"),
            (Some(from), Some(until)) if from >= until => self.bad("until", "must be after `from`"),
            (from, until) => Ok(InquiryScope::Period { from, until }),
        }
    }
}

/// An export for an inquiry is finished.
pub fn finish_inquiry(inquiry: EventRef, export: InquiryExport) -> Intent {
    let what = What::Command(Command::FinishInquiry { inquiry, export });
    Intent::new("ExportInquiry", Envelope::default(), what)
}
