//! What callers ask to be written. Parsed at the edge; the instant and what the vault knows arrive beside it.

use std::sync::Arc;

use crate::acceptance::EvidenceFacts;
use crate::authorize::Order;
use crate::directory::{CustomerFacts, PartnerFacts};
use crate::event::{EventRef, VersionPublished};
use crate::policy::PolicyDocument;
use crate::privacy::{ErasedContact, InquiryExport, InquiryScope, KeyId};
use crate::values::{
    AgreementId, Channel, Contact, CustomerId, Date, Environment, Instant, Method, OrderOutcome, PartnerId,
    PartnerStatus, Position, ProductFamily, Scenario, Sha256, Template, TransactionKind, VersionId,
};

/// The longest URI of evidence, in bytes.
pub const URI_BYTES_MAX: usize = 2_048;
/// The longest free text (reason, note), in bytes.
pub const TEXT_BYTES_MAX: usize = 4_096;

/// A relationship's two sides.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Parties {
    /// The partner.
    pub partner: PartnerId,
    /// The customer.
    pub customer: CustomerId,
}

/// The instant of an acceptance, in either of the sources' forms (rule C3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcceptedAt {
    /// An instant.
    Instant(Instant),
    /// A date; it counts as 00:00 UTC of it.
    Date(Date),
}

impl AcceptedAt {
    /// The instant that is stored.
    pub fn instant(self) -> Instant {
        match self {
            Self::Instant(instant) => instant,
            Self::Date(date) => date.start(),
        }
    }
}

/// The partner's proof of the acceptance (rule C15).
#[derive(Clone, PartialEq, Eq)]
pub struct Proof {
    /// Where the partner keeps it. Free text: sealed.
    pub uri: String,
    /// Its hash, where it was given.
    pub sha256: Option<Sha256>,
    /// Its media type, where it was given.
    pub media_type: Option<String>,
}

impl std::fmt::Debug for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Proof(redacted)")
    }
}

/// What every recording of an acceptance says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptanceClaim {
    /// The agreement accepted.
    pub agreement: AgreementId,
    /// The version accepted; none: the one in force at the instant (rule C4).
    pub version: Option<VersionId>,
    /// The template accepted (rule C5).
    pub template: Option<Template>,
    /// Who accepted; none only for a direct acceptance (rule C1).
    pub contact: Option<Contact>,
    /// When.
    pub accepted_at: AcceptedAt,
    /// Through which channel it is recorded.
    pub channel: Channel,
    /// The partner's proof of it.
    pub proof: Option<Proof>,
    /// A backfill's instant of confirming (rule C10).
    pub confirmed_at: Option<Instant>,
}

/// How an acceptance comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recording {
    /// The partner confirms it.
    Confirm,
    /// The partner attests it (rule C11).
    Attest(Scenario),
    /// The customer accepted directly.
    Direct,
    /// The provider confirms evidence that a reseller submitted (rule W2).
    ConfirmEvidence(EventRef),
}

impl Recording {
    /// The method that the acceptance shows.
    pub const fn method(&self) -> Method {
        match self {
            Self::Confirm | Self::ConfirmEvidence(_) => Method::Confirmed,
            Self::Attest(_) => Method::Attested,
            Self::Direct => Method::Direct,
        }
    }
}

/// What is asked to be written.
///
/// A command that names an event (`acceptance`, `evidence`, `withdrawal`, `obligation`) was given its id; whoever
/// parsed the id has looked up that the event exists, is of that kind, and belongs to these parties. `decide` still
/// checks that the facts know it.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields repeat the words of rules.md and contract.md")]
pub enum Command {
    RecordAcceptance {
        parties: Parties,
        recording: Recording,
        claim: AcceptanceClaim,
    },
    /// `claim` holds the values that the corrected record will have: those given, and the original's where none
    /// was given (an inferred version is inferred anew: then `claim.version` is none).
    CorrectAcceptance {
        parties: Parties,
        acceptance: EventRef,
        claim: AcceptanceClaim,
        scenario: Option<Scenario>,
    },
    VoidAcceptance {
        parties: Parties,
        acceptance: EventRef,
    },
    VoidWithdrawal {
        parties: Parties,
        withdrawal: EventRef,
    },
    WithdrawAcceptance {
        parties: Parties,
        agreement: AgreementId,
        withdrawn_at: Option<Instant>,
    },
    RecordCancellation {
        parties: Parties,
        obligation: EventRef,
        cancelled_at: Option<Instant>,
    },
    /// `parties.partner` is the provider.
    SubmitEvidence {
        parties: Parties,
        evidence: EvidenceFacts,
        claim: AcceptanceClaim,
    },
    RejectEvidence {
        parties: Parties,
        evidence: EventRef,
    },

    RegisterPartner {
        partner: PartnerId,
        facts: PartnerFacts,
    },
    SetPartnerStatus {
        partner: PartnerId,
        status: PartnerStatus,
    },
    RegisterCustomer {
        customer: CustomerId,
        facts: CustomerFacts,
    },
    EstablishRelationship {
        parties: Parties,
    },
    EndRelationship {
        parties: Parties,
    },
    LinkReseller {
        provider: PartnerId,
        reseller: PartnerId,
    },
    UnlinkReseller {
        provider: PartnerId,
        reseller: PartnerId,
    },

    PublishAgreementVersion {
        agreement: AgreementId,
        published: VersionPublished,
    },
    RetireAgreement {
        agreement: AgreementId,
        environment: Option<Environment>,
        channel: Option<Channel>,
        retired_at: Option<Instant>,
        successor: Option<AgreementId>,
    },
    PublishPolicy {
        document: Arc<PolicyDocument>,
        sha256: Sha256,
        expected_version: Option<u32>,
    },

    /// Decides the order on the prefix before its own event, and records the decision (rule O12).
    RecordDecision {
        order: Order,
        effective_at: Option<Instant>,
    },
    RecordOrderOutcome {
        parties: Parties,
        reseller: Option<PartnerId>,
        transaction: TransactionKind,
        product_family: Option<ProductFamily>,
        outcome: OrderOutcome,
        occurred_at: Instant,
        decision: Option<Position>,
    },

    /// `key_ids` names every vault row that the prefix says is to be erased and was not erased before: whoever made
    /// the command has followed the customer's chain up to the prefix's end.
    ErasePersonalData {
        customer: CustomerId,
        contact: Option<ErasedContact>,
        key_ids: Vec<KeyId>,
    },
    /// What a look-up of a person is about to show.
    RecordLookup {
        records: Vec<EventRef>,
    },
    OpenInquiry {
        scope: InquiryScope,
        with_contacts: bool,
    },
    FinishInquiry {
        inquiry: EventRef,
        export: InquiryExport,
    },
}

impl Command {
    /// Whom it is about, where that is a customer through a partner.
    pub const fn parties(&self) -> Option<&Parties> {
        match self {
            Self::RecordAcceptance { parties, .. }
            | Self::CorrectAcceptance { parties, .. }
            | Self::VoidAcceptance { parties, .. }
            | Self::VoidWithdrawal { parties, .. }
            | Self::WithdrawAcceptance { parties, .. }
            | Self::RecordCancellation { parties, .. }
            | Self::SubmitEvidence { parties, .. }
            | Self::RejectEvidence { parties, .. }
            | Self::EstablishRelationship { parties }
            | Self::EndRelationship { parties }
            | Self::RecordOrderOutcome { parties, .. } => Some(parties),
            Self::RegisterPartner { .. }
            | Self::SetPartnerStatus { .. }
            | Self::RegisterCustomer { .. }
            | Self::LinkReseller { .. }
            | Self::UnlinkReseller { .. }
            | Self::PublishAgreementVersion { .. }
            | Self::RetireAgreement { .. }
            | Self::PublishPolicy { .. }
            | Self::RecordDecision { .. }
            | Self::ErasePersonalData { .. }
            | Self::RecordLookup { .. }
            | Self::OpenInquiry { .. }
            | Self::FinishInquiry { .. } => None,
        }
    }
}

/// What a decision takes beside facts and command.
#[derive(Clone, Debug)]
pub struct Context {
    /// The instant of the batch: `now` of the decision, and `recorded_at` of its events.
    pub now: Instant,
    /// The revision that the caller expects the relationship to have.
    pub expected_revision: Option<u64>,
    /// Those of [`crate::decide::duplicate_candidates`] whose contact is the command's own (rule C8): the vault
    /// compares them, because contacts are nowhere in the facts.
    pub same_contact: Vec<Position>,
}
