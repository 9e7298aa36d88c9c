//! Why a command can't be recorded. A refusal stores nothing; the service maps each to one reason of the contract.

use crate::acceptance::AcceptanceState;
use crate::event::EventRef;
use crate::values::{AgreementId, CustomerId, Instant, PartnerId, Template, VersionId};

/// Why a command can't be recorded: each of the contract's reasons that depend on state.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the reasons of contract.md; fields are what their metadata names")]
pub enum Refusal {
    /// FIELD_INVALID, where only the clock or the log can tell.
    FieldInvalid {
        field: &'static str,
        description: String,
    },
    PartnerUnknown {
        partner: PartnerId,
    },
    CustomerUnknown {
        customer: CustomerId,
    },
    AgreementUnknown {
        agreement: AgreementId,
    },
    AcceptanceUnknown,
    EvidenceUnknown,
    ObligationUnknown,
    ResellerCannotConfirm {
        partner: PartnerId,
        providers: Vec<PartnerId>,
    },
    PartnerInactive {
        partner: PartnerId,
    },
    RelationshipMissing {
        partner: PartnerId,
        customer: CustomerId,
    },
    CloudNotSupported {
        customer: CustomerId,
        cloud: crate::values::Cloud,
    },
    AgreementRetired {
        agreement: AgreementId,
        successor: Option<AgreementId>,
    },
    AgreementNotAvailable {
        agreement: AgreementId,
        from: Option<Instant>,
    },
    VersionMismatch {
        agreement: AgreementId,
        version: VersionId,
        in_force_from: Option<Instant>,
    },
    TemplateUnknown {
        agreement: AgreementId,
        version: VersionId,
        template: Template,
        fitting: Vec<Template>,
    },
    ContactIsPartner {
        partner: PartnerId,
        domain: String,
    },
    PartnerMustAttest {
        partner: PartnerId,
        customer: CustomerId,
    },
    RevisionConflict {
        expected: u64,
        actual: u64,
    },
    AcceptanceAlreadyConfirmed {
        acceptance: EventRef,
        state: AcceptanceState,
    },
    AcceptanceAlreadyCorrected {
        acceptance: EventRef,
        successor: EventRef,
    },
    NothingToWithdraw {
        agreement: AgreementId,
    },
    ProgramNotEligible {
        partner: PartnerId,
        wanted: crate::values::Program,
    },
    ResellerNotLinked {
        provider: PartnerId,
        reseller: PartnerId,
    },
    PolicyUnknown,
    /// POLICY_INVALID, where only the catalogue or the log can tell.
    PolicyInvalid {
        field: String,
        description: String,
    },
    VersionExists {
        agreement: AgreementId,
        version: VersionId,
    },
}

/// Every reason that holds, the contract's first one first. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusals(pub Vec<Refusal>);

impl From<Refusal> for Refusals {
    fn from(refusal: Refusal) -> Self {
        Self(vec![refusal])
    }
}
