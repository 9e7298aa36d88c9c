//! Requests that write, parsed: what the append task is asked to carry out.

mod acceptance;
mod canonical;
mod catalog;
mod correction;
mod directory;
mod import;
mod orders;
mod privacy;

use std::fmt;

use assent_domain::command::{AcceptedAt, Command, Proof};
use assent_domain::privacy::InquiryScope;
use assent_domain::values::{
    Channel, Contact, CustomerId, Instant, PartnerId, PersonName, Scenario, Template, VersionId,
};
use bytes::Bytes;

use super::fields::{Fields, Parsed};
use super::ids::{EventId, RequestId};

pub use acceptance::{attest_acceptance, confirm_acceptance, record_direct_acceptance, submit_evidence};
pub use catalog::{
    AVAILABILITIES_MAX, TEMPLATES_MAX, publish_agreement_version, publish_policy, retire_agreement,
};
pub use correction::{
    confirm_evidence, correct_acceptance, record_cancellation, reject_evidence, void_record,
    withdraw_acceptance,
};
pub use directory::{
    EMAIL_DOMAINS_MAX, end_relationship, establish_relationship, register_customer, register_partner,
    set_partner_status,
};
pub use import::import_row;
pub use orders::{record_decision, record_order_outcome};
pub use privacy::{Export, erase_personal_data, export_inquiry, finish_inquiry, record_lookup};

/// What a caller asks to be written.
#[derive(Clone)]
pub struct Intent {
    /// The method, for example `ConfirmAcceptance`.
    pub method: &'static str,
    /// Makes it idempotent, where it was given.
    pub request_id: Option<RequestId>,
    /// Whether the proof of the write is asked for.
    pub with_proof: bool,
    /// The revision that the caller expects the relationship to have.
    pub expected_revision: Option<u64>,
    /// What is to be written.
    pub what: What,
    /// The person behind a shared account (rule W8).
    pub employee: Option<PersonName>,
    /// The reason or note. Free text: sealed later.
    pub reason: Option<String>,
    /// The caller's own name of an order.
    pub order_ref: Option<String>,
    /// The position of the recorded decision that an order rested on.
    pub decision_position: Option<u64>,
    /// The bytes of a policy document.
    pub document: Option<Bytes>,
    /// Check only: nothing is stored.
    pub validate_only: bool,
    /// Why a partner attests (rule C11).
    pub scenario: Option<Scenario>,
}

/// What is to be written. Only the first kind can be decided as it is: the others name an event by its id, and the
/// append task looks up whose it is.
#[derive(Clone, Debug)]
pub enum What {
    /// A command of the domain.
    Command(Command),
    /// The provider confirms submitted evidence.
    ConfirmEvidence {
        /// The evidence.
        evidence: EventId,
        /// What the provider puts right in it.
        overrides: Overrides,
    },
    /// The provider rejects submitted evidence.
    RejectEvidence {
        /// The evidence.
        evidence: EventId,
    },
    /// Something about an acceptance is put right.
    CorrectAcceptance {
        /// The acceptance.
        acceptance: EventId,
        /// What is put right.
        overrides: Overrides,
    },
    /// An acceptance was recorded in error.
    VoidAcceptance(EventId),
    /// A withdrawal was recorded in error.
    VoidWithdrawal(EventId),
    /// The subscriptions of a withdrawal were cancelled.
    RecordCancellation {
        /// The obligation: its withdrawal's event.
        obligation: EventId,
        /// When; none: now.
        cancelled_at: Option<Instant>,
    },
    /// Personal data of a customer, or of one contact.
    ErasePersonalData {
        /// Whose.
        customer: CustomerId,
        /// Only the contact of this acceptance.
        acceptance: Option<EventId>,
    },
}

/// The values that take the place of recorded ones; what is none stays as it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// The version.
    pub version: Option<VersionId>,
    /// The template.
    pub template: Option<Template>,
    /// The contact, as a whole.
    pub contact: Option<Contact>,
    /// The instant or date.
    pub accepted_at: Option<AcceptedAt>,
    /// The partner's proof.
    pub proof: Option<Proof>,
    /// The channel; a correction has none.
    pub channel: Option<Channel>,
}

/// What every request that writes has in common.
#[derive(Clone, Copy, Default)]
struct Envelope {
    request_id: Option<RequestId>,
    with_proof: bool,
    expected_revision: Option<u64>,
}

impl Intent {
    fn new(method: &'static str, envelope: Envelope, what: What) -> Self {
        let Envelope { request_id, with_proof, expected_revision } = envelope;
        Self {
            method,
            request_id,
            with_proof,
            expected_revision,
            what,
            employee: None,
            reason: None,
            order_ref: None,
            decision_position: None,
            document: None,
            validate_only: false,
            scenario: None,
        }
    }

    /// The partner that the request names, which scopes its request id; none: the ledger does.
    pub fn scope(&self) -> Option<&PartnerId> {
        let command = match &self.what {
            What::Command(command) => command,
            What::ConfirmEvidence { .. }
            | What::RejectEvidence { .. }
            | What::CorrectAcceptance { .. }
            | What::VoidAcceptance(_)
            | What::VoidWithdrawal(_)
            | What::RecordCancellation { .. }
            | What::ErasePersonalData { .. } => return None,
        };
        match command {
            Command::RecordAcceptance { parties, .. }
            | Command::CorrectAcceptance { parties, .. }
            | Command::VoidAcceptance { parties, .. }
            | Command::VoidWithdrawal { parties, .. }
            | Command::WithdrawAcceptance { parties, .. }
            | Command::RecordCancellation { parties, .. }
            | Command::SubmitEvidence { parties, .. }
            | Command::RejectEvidence { parties, .. }
            | Command::EstablishRelationship { parties }
            | Command::EndRelationship { parties }
            | Command::RecordOrderOutcome { parties, .. } => Some(&parties.partner),
            Command::RegisterPartner { partner, .. } | Command::SetPartnerStatus { partner, .. } => {
                Some(partner)
            }
            Command::LinkReseller { provider, .. } | Command::UnlinkReseller { provider, .. } => {
                Some(provider)
            }
            Command::RecordDecision { order, .. } => Some(&order.partner),
            Command::OpenInquiry { scope: InquiryScope::Partner(partner), .. } => Some(partner),
            Command::RegisterCustomer { .. }
            | Command::PublishAgreementVersion { .. }
            | Command::RetireAgreement { .. }
            | Command::PublishPolicy { .. }
            | Command::ErasePersonalData { .. }
            | Command::RecordLookup { .. }
            | Command::OpenInquiry { .. }
            | Command::FinishInquiry { .. } => None,
        }
    }

    /// The parsed, normalised content in a form that is the same for ever: its keyed hash tells whether a request
    /// id was sent with other content. What was not given leaves no trace, and `request_id`, `with_proof` and
    /// `expected_revision` are no part of it.
    pub fn canonical(&self) -> Vec<u8> {
        canonical::write(self)
    }
}

impl fmt::Debug for Intent {
    /// Leaves out the reason, which is a person's free text, and the bytes of a document.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Intent")
            .field("method", &self.method)
            .field("request_id", &self.request_id)
            .field("with_proof", &self.with_proof)
            .field("expected_revision", &self.expected_revision)
            .field("what", &self.what)
            .field("employee", &self.employee)
            .field("reason", &self.reason.as_ref().map(|_| "redacted"))
            .field("order_ref", &self.order_ref)
            .field("decision_position", &self.decision_position)
            .field("document_bytes", &self.document.as_ref().map(Bytes::len))
            .field("validate_only", &self.validate_only)
            .field("scenario", &self.scenario)
            .finish()
    }
}

impl Fields {
    fn envelope(
        &mut self,
        request_id: Option<&str>,
        with_proof: Option<bool>,
        expected_revision: Option<u64>,
    ) -> Parsed<Envelope> {
        let request_id = self.request_id(request_id)?;
        Ok(Envelope { request_id, with_proof: with_proof.unwrap_or_default(), expected_revision })
    }
}
