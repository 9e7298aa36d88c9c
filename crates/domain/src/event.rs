//! What can stand in the log, as the business reads it. Personal data is no part of it: decisions never need it.

use crate::acceptance::{EvidenceFacts, WithdrawalTarget};
use crate::authorize::{Decision, Order};
use crate::catalog::{Availability, VersionTemplate};
use crate::directory::{CustomerFacts, PartnerFacts};
use crate::policy::PolicyDocument;
use crate::privacy::{ErasedContact, InquiryExport, InquiryScope, KeyId};
use crate::values::{
    AgreementId, Channel, CustomerId, Environment, Instant, Method, OrderOutcome, PartnerId, PartnerStatus,
    Position, ProductFamily, Sha256, TransactionKind, VersionId,
};
use std::sync::Arc;

/// An event with its place in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Where it stands.
    pub position: Position,
    /// When it was recorded.
    pub recorded_at: Instant,
    /// What happened.
    pub event: Event,
}

/// Names an event: its position, and the time that its id carries with it, in whole milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventRef {
    /// Where it stands.
    pub position: Position,
    /// When it was recorded, in whole milliseconds.
    pub recorded_at: Instant,
}

impl EventRef {
    /// Names the event at this place; the time is cut to the milliseconds that ids carry.
    pub fn new(position: Position, recorded_at: Instant) -> Self {
        let beyond = recorded_at.micros() % 1_000;
        Self { position, recorded_at: recorded_at.plus_micros(-beyond) }
    }
}

impl Recorded {
    /// Names this event.
    pub fn reference(&self) -> EventRef {
        EventRef::new(self.position, self.recorded_at)
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the fields repeat the words of rules.md and of the messages that store them"
)]
pub enum Event {
    /// The first event of a ledger: its format, its tag (34 bits) and what it is for.
    LedgerFormatted { format: u32, tag: u64, environment: Environment },
    /// An edition of the rules governs from the next event on.
    RulesActivated { edition: u32 },

    /// A partner was registered.
    PartnerRegistered { partner: PartnerId, facts: PartnerFacts },
    /// A partner's registration was changed; its status stays.
    PartnerChanged { partner: PartnerId, facts: PartnerFacts },
    /// A partner was made active or inactive.
    PartnerStatusSet { partner: PartnerId, status: PartnerStatus },
    /// A customer was registered.
    CustomerRegistered { customer: CustomerId, facts: CustomerFacts },
    /// A customer's registration was changed.
    CustomerChanged { customer: CustomerId, facts: CustomerFacts },
    /// A customer's first PLACED order through this partner, or one that lies before it (rule C11).
    CustomerPurchased { customer: CustomerId, partner: PartnerId, occurred_at: Instant },
    /// A commerce relationship is in force (rule W6).
    RelationshipEstablished { partner: PartnerId, customer: CustomerId },
    /// It no longer is.
    RelationshipEnded { partner: PartnerId, customer: CustomerId },
    /// A reseller sells through this provider.
    ResellerLinked { provider: PartnerId, reseller: PartnerId },
    /// It no longer does.
    ResellerUnlinked { provider: PartnerId, reseller: PartnerId },

    /// A confirmation, attestation, direct acceptance, a correction of one, or evidence confirmed.
    AcceptanceRecorded { partner: PartnerId, customer: CustomerId, acceptance: AcceptanceRecorded },
    /// An acceptance never counted, for every prefix from here on (rule C9).
    AcceptanceVoided {
        partner: PartnerId,
        customer: CustomerId,
        agreement: AgreementId,
        acceptance: EventRef,
    },
    /// A withdrawal never was, for every prefix from here on (rule C9).
    WithdrawalVoided {
        partner: PartnerId,
        customer: CustomerId,
        agreement: AgreementId,
        withdrawal: WithdrawalTarget,
    },
    /// A customer no longer agrees; it opens an obligation to cancel (rule C13).
    AcceptanceWithdrawn {
        partner: PartnerId,
        customer: CustomerId,
        agreement: AgreementId,
        withdrawn_at: Instant,
    },
    /// The subscriptions of a withdrawal were cancelled: its obligation is closed.
    CancellationRecorded {
        partner: PartnerId,
        customer: CustomerId,
        agreement: AgreementId,
        obligation: EventRef,
        cancelled_at: Instant,
    },
    /// A reseller submitted collected evidence to its provider; it satisfies nothing (rule W2).
    EvidenceSubmitted { provider: PartnerId, customer: CustomerId, evidence: EvidenceFacts },
    /// The provider rejected it.
    EvidenceRejected {
        provider: PartnerId,
        customer: CustomerId,
        reseller: PartnerId,
        agreement: AgreementId,
        evidence: EventRef,
    },

    /// A version of an agreement, its templates and its availability.
    AgreementVersionPublished { agreement: AgreementId, published: VersionPublished },
    /// An agreement is no longer to be confirmed (rule C10).
    AgreementRetired {
        agreement: AgreementId,
        environment: Option<Environment>,
        channel: Option<Channel>,
        retired_at: Instant,
        successor: Option<AgreementId>,
    },
    /// Another version of the policy governs from here on.
    PolicyPublished { version: u32, document: Arc<PolicyDocument>, sha256: Sha256 },

    /// A decision that was asked to be recorded (rule O12), with the prefix that it rests on.
    OrderDecided { order: Order, effective_at: Instant, prefix: Position, decision: Decision },
    /// What became of an order.
    OrderOutcomeRecorded {
        partner: PartnerId,
        customer: CustomerId,
        reseller: Option<PartnerId>,
        transaction: TransactionKind,
        product_family: Option<ProductFamily>,
        outcome: OrderOutcome,
        occurred_at: Instant,
    },

    /// Personal data of a customer was erased, or one contact's: these vault rows are gone (rule C14).
    PersonalDataErased { customer: CustomerId, contact: Option<ErasedContact>, key_ids: Vec<KeyId> },
    /// Somebody looked for a person and was shown these records.
    PersonLookedUp { records: Vec<EventRef> },
    /// An export was begun; the event closes the chain that it selects.
    InquiryOpened { scope: InquiryScope, with_contacts: bool },
    /// It was finished.
    InquiryExported { inquiry: EventRef, export: InquiryExport },
}

/// An acceptance as recorded: what decisions need of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptanceRecorded {
    /// How it came in.
    pub method: Method,
    /// The agreement accepted.
    pub agreement: AgreementId,
    /// The version accepted (rule C4).
    pub version: VersionId,
    /// Whether the version was inferred from the instant.
    pub version_inferred: bool,
    /// The hash of the document accepted, where the catalogue knows it.
    pub document_sha256: Option<Sha256>,
    /// The instant of acceptance as it was stated.
    pub accepted_at: Instant,
    /// When it was confirmed; other than `recorded_at` only for a backfill (rule C10).
    pub confirmed_at: Instant,
    /// Whether it was backfilled.
    pub backfilled: bool,
    /// The acceptance that this one corrects (rule C9).
    pub corrects: Option<EventRef>,
    /// The evidence that this one confirms (rule W2).
    pub evidence: Option<EventRef>,
    /// Who submitted that evidence; none also for the correction of an acceptance that confirmed evidence.
    pub reseller: Option<PartnerId>,
}

/// What publishing a version says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionPublished {
    /// The version.
    pub version: VersionId,
    /// From when on it is in force; none: since ever.
    pub in_force_from: Option<Instant>,
    /// The hash of the version's own text, where it has one beside its templates'.
    pub document_sha256: Option<Sha256>,
    /// The templates, by country and language.
    pub templates: Arc<[VersionTemplate]>,
    /// The agreement's availability from now on; empty: as it was.
    pub availability: Vec<Availability>,
    /// The agreement's successor; none: as it was.
    pub successor: Option<AgreementId>,
    /// The vendor's id of the agreement's template; none: as it was.
    pub template_id: Option<String>,
}

impl Event {
    /// The agreement that the event names; its chain links the event (house: links).
    pub const fn agreement(&self) -> Option<&AgreementId> {
        match self {
            Self::AcceptanceRecorded { acceptance, .. } => Some(&acceptance.agreement),
            Self::AcceptanceVoided { agreement, .. }
            | Self::WithdrawalVoided { agreement, .. }
            | Self::AcceptanceWithdrawn { agreement, .. }
            | Self::CancellationRecorded { agreement, .. }
            | Self::EvidenceRejected { agreement, .. }
            | Self::AgreementVersionPublished { agreement, .. }
            | Self::AgreementRetired { agreement, .. } => Some(agreement),
            Self::EvidenceSubmitted { evidence, .. } => Some(&evidence.agreement),
            Self::InquiryOpened { scope: InquiryScope::Agreement(agreement), .. } => Some(agreement),
            Self::LedgerFormatted { .. }
            | Self::RulesActivated { .. }
            | Self::PartnerRegistered { .. }
            | Self::PartnerChanged { .. }
            | Self::PartnerStatusSet { .. }
            | Self::CustomerRegistered { .. }
            | Self::CustomerChanged { .. }
            | Self::CustomerPurchased { .. }
            | Self::RelationshipEstablished { .. }
            | Self::RelationshipEnded { .. }
            | Self::ResellerLinked { .. }
            | Self::ResellerUnlinked { .. }
            | Self::PolicyPublished { .. }
            | Self::OrderDecided { .. }
            | Self::OrderOutcomeRecorded { .. }
            | Self::PersonalDataErased { .. }
            | Self::PersonLookedUp { .. }
            | Self::InquiryOpened { .. }
            | Self::InquiryExported { .. } => None,
        }
    }

    /// The reseller that the event names beside its partner. A partner has one chain, whatever its role.
    pub const fn reseller(&self) -> Option<&PartnerId> {
        match self {
            Self::ResellerLinked { reseller, .. }
            | Self::ResellerUnlinked { reseller, .. }
            | Self::EvidenceRejected { reseller, .. } => Some(reseller),
            Self::AcceptanceRecorded { acceptance, .. } => acceptance.reseller.as_ref(),
            Self::EvidenceSubmitted { evidence, .. } => Some(&evidence.reseller),
            Self::OrderDecided { order, .. } => order.reseller.as_ref(),
            Self::OrderOutcomeRecorded { reseller, .. } => reseller.as_ref(),
            Self::LedgerFormatted { .. }
            | Self::RulesActivated { .. }
            | Self::PartnerRegistered { .. }
            | Self::PartnerChanged { .. }
            | Self::PartnerStatusSet { .. }
            | Self::CustomerRegistered { .. }
            | Self::CustomerChanged { .. }
            | Self::CustomerPurchased { .. }
            | Self::RelationshipEstablished { .. }
            | Self::RelationshipEnded { .. }
            | Self::AcceptanceVoided { .. }
            | Self::WithdrawalVoided { .. }
            | Self::AcceptanceWithdrawn { .. }
            | Self::CancellationRecorded { .. }
            | Self::AgreementVersionPublished { .. }
            | Self::AgreementRetired { .. }
            | Self::PolicyPublished { .. }
            | Self::PersonalDataErased { .. }
            | Self::PersonLookedUp { .. }
            | Self::InquiryOpened { .. }
            | Self::InquiryExported { .. } => None,
        }
    }

    /// The partner that the event is about: the provider, where a reseller is named too.
    pub const fn partner(&self) -> Option<&PartnerId> {
        match self {
            Self::PartnerRegistered { partner, .. }
            | Self::PartnerChanged { partner, .. }
            | Self::PartnerStatusSet { partner, .. }
            | Self::CustomerPurchased { partner, .. }
            | Self::RelationshipEstablished { partner, .. }
            | Self::RelationshipEnded { partner, .. }
            | Self::ResellerLinked { provider: partner, .. }
            | Self::ResellerUnlinked { provider: partner, .. }
            | Self::AcceptanceRecorded { partner, .. }
            | Self::AcceptanceVoided { partner, .. }
            | Self::WithdrawalVoided { partner, .. }
            | Self::AcceptanceWithdrawn { partner, .. }
            | Self::CancellationRecorded { partner, .. }
            | Self::EvidenceSubmitted { provider: partner, .. }
            | Self::EvidenceRejected { provider: partner, .. }
            | Self::OrderOutcomeRecorded { partner, .. } => Some(partner),
            Self::OrderDecided { order, .. } => Some(&order.partner),
            Self::PersonalDataErased { contact: Some(contact), .. } => Some(&contact.partner),
            Self::InquiryOpened { scope: InquiryScope::Partner(partner), .. } => Some(partner),
            Self::LedgerFormatted { .. }
            | Self::RulesActivated { .. }
            | Self::CustomerRegistered { .. }
            | Self::CustomerChanged { .. }
            | Self::AgreementVersionPublished { .. }
            | Self::AgreementRetired { .. }
            | Self::PolicyPublished { .. }
            | Self::PersonalDataErased { contact: None, .. }
            | Self::PersonLookedUp { .. }
            | Self::InquiryOpened { .. }
            | Self::InquiryExported { .. } => None,
        }
    }

    /// The customer that the event is about.
    pub const fn customer(&self) -> Option<&CustomerId> {
        match self {
            Self::CustomerRegistered { customer, .. }
            | Self::CustomerChanged { customer, .. }
            | Self::CustomerPurchased { customer, .. }
            | Self::RelationshipEstablished { customer, .. }
            | Self::RelationshipEnded { customer, .. }
            | Self::AcceptanceRecorded { customer, .. }
            | Self::AcceptanceVoided { customer, .. }
            | Self::WithdrawalVoided { customer, .. }
            | Self::AcceptanceWithdrawn { customer, .. }
            | Self::CancellationRecorded { customer, .. }
            | Self::EvidenceSubmitted { customer, .. }
            | Self::EvidenceRejected { customer, .. }
            | Self::OrderOutcomeRecorded { customer, .. }
            | Self::PersonalDataErased { customer, .. }
            | Self::InquiryOpened { scope: InquiryScope::Customer(customer), .. } => Some(customer),
            Self::OrderDecided { order, .. } => Some(&order.customer),
            Self::LedgerFormatted { .. }
            | Self::RulesActivated { .. }
            | Self::PartnerRegistered { .. }
            | Self::PartnerChanged { .. }
            | Self::PartnerStatusSet { .. }
            | Self::ResellerLinked { .. }
            | Self::ResellerUnlinked { .. }
            | Self::AgreementVersionPublished { .. }
            | Self::AgreementRetired { .. }
            | Self::PolicyPublished { .. }
            | Self::PersonLookedUp { .. }
            | Self::InquiryOpened { .. }
            | Self::InquiryExported { .. } => None,
        }
    }
}
