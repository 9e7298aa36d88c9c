//! What an order is answered: the reasons, and the whole way to ALLOWED (rule O9).

use smallvec::SmallVec;

use crate::event::EventRef;
use crate::values::{AgreementId, CustomerId, Instant, PartnerId, VersionId, kinds};

/// An answer. One that allows has exactly one reason; one that denies has all that hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// ALLOWED or DENIED.
    pub outcome: Outcome,
    /// Why.
    pub reasons: SmallVec<[Reason; 1]>,
    /// What to do.
    pub remediations: Vec<Remediation>,
    /// The earliest later instant already known at which this answer may change by itself.
    pub valid_until: Option<Instant>,
}

/// What becomes of the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It may go through.
    Allowed,
    /// It may not.
    Denied,
}

/// Why an order is answered as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// What holds.
    pub code: ReasonCode,
    /// The agreement that it is about.
    pub agreement: Option<AgreementId>,
    /// The version that it is about: of the acceptance that it rests on, or the one wanted.
    pub version: Option<VersionId>,
    /// The acceptance that it rests on.
    pub acceptance: Option<EventRef>,
    /// The partner that it is about, where that is not the ordering one.
    pub partner: Option<PartnerId>,
}

/// What would allow the order, as a program can act on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remediation {
    /// What to do.
    pub action: RemediationAction,
    /// Who does it.
    pub by: By,
    /// By which call, where a call does it.
    pub call: Option<Call>,
    /// For or through this partner.
    pub partner: Option<PartnerId>,
    /// For this customer.
    pub customer: Option<CustomerId>,
    /// For this reseller.
    pub reseller: Option<PartnerId>,
    /// With this agreement.
    pub agreement: Option<AgreementId>,
    /// In this version.
    pub version: Option<VersionId>,
    /// Accepted on or after this instant.
    pub accepted_from: Option<Instant>,
    /// This obligation: the withdrawal that opened it.
    pub obligation: Option<EventRef>,
}

kinds! {
    /// What holds.
    #[expect(missing_docs, reason = "the words of rules.md, where each is explained")]
    ReasonCode {
        TransactionExempt = "TRANSACTION_EXEMPT",
        CloudNotCovered = "CLOUD_NOT_COVERED",
        RequirementNotInForce = "REQUIREMENT_NOT_IN_FORCE",
        AcceptanceInForce = "ACCEPTANCE_IN_FORCE",
        AcceptanceMissing = "ACCEPTANCE_MISSING",
        AcceptanceStale = "ACCEPTANCE_STALE",
        AcceptanceWithdrawn = "ACCEPTANCE_WITHDRAWN",
        AgreementNoLongerHonoured = "AGREEMENT_NO_LONGER_HONOURED",
        AgreementNotValidForProduct = "AGREEMENT_NOT_VALID_FOR_PRODUCT",
        PartnerUnknown = "PARTNER_UNKNOWN",
        PartnerInactive = "PARTNER_INACTIVE",
        PartnerNotEligible = "PARTNER_NOT_ELIGIBLE",
        CustomerUnknown = "CUSTOMER_UNKNOWN",
        RelationshipMissing = "RELATIONSHIP_MISSING",
        ResellerNotLinked = "RESELLER_NOT_LINKED",
    }
    /// What to do.
    #[expect(missing_docs, reason = "the words of rules.md, where each is explained")]
    RemediationAction {
        ConfirmAcceptance = "CONFIRM_ACCEPTANCE",
        ReconfirmCurrentVersion = "RECONFIRM_CURRENT_VERSION",
        AcceptOtherAgreement = "ACCEPT_OTHER_AGREEMENT",
        CancelSubscriptions = "CANCEL_SUBSCRIPTIONS",
        RegisterPartner = "REGISTER_PARTNER",
        ActivatePartner = "ACTIVATE_PARTNER",
        RegisterCustomer = "REGISTER_CUSTOMER",
        EstablishRelationship = "ESTABLISH_RELATIONSHIP",
        OrderThroughProvider = "ORDER_THROUGH_PROVIDER",
    }
    /// Who does it.
    By {
        /// The ordering partner.
        Partner = "PARTNER",
        /// The provider.
        Provider = "PROVIDER",
        /// The reseller.
        Reseller = "RESELLER",
        /// The customer.
        Customer = "CUSTOMER",
        /// Who runs the ledger.
        Operator = "OPERATOR",
    }
    /// The call that does it; its name is the full method name.
    #[expect(missing_docs, reason = "the methods of contract.md")]
    Call {
        ConfirmAcceptance = "assent.v1.AcceptanceService/ConfirmAcceptance",
        RecordCancellation = "assent.v1.AcceptanceService/RecordCancellation",
        RegisterPartner = "assent.v1.DirectoryService/RegisterPartner",
        SetPartnerStatus = "assent.v1.DirectoryService/SetPartnerStatus",
        RegisterCustomer = "assent.v1.DirectoryService/RegisterCustomer",
        EstablishRelationship = "assent.v1.DirectoryService/EstablishRelationship",
        AuthorizeOrder = "assent.v1.AuthorizationService/AuthorizeOrder",
    }
}

impl ReasonCode {
    /// The rule that the reason states: an id of [`crate::policy::rules::RULES`].
    pub const fn rule(self) -> &'static str {
        match self {
            Self::TransactionExempt => "O2",
            Self::CloudNotCovered => "O5",
            Self::RequirementNotInForce => "O13",
            Self::AcceptanceInForce => "O3",
            Self::AcceptanceMissing => "O1",
            Self::AcceptanceStale => "O4",
            Self::AcceptanceWithdrawn => "C13",
            Self::AgreementNoLongerHonoured => "O7",
            Self::AgreementNotValidForProduct => "O6",
            Self::PartnerUnknown
            | Self::PartnerInactive
            | Self::CustomerUnknown
            | Self::ResellerNotLinked => "O8",
            Self::PartnerNotEligible => "W1",
            Self::RelationshipMissing => "W6",
        }
    }
}

impl Reason {
    /// A reason that names nothing but what holds.
    pub const fn of(code: ReasonCode) -> Self {
        Self { code, agreement: None, version: None, acceptance: None, partner: None }
    }
}

impl Remediation {
    /// A remedy that names nothing but what to do, and who does it.
    pub const fn of(action: RemediationAction, by: By) -> Self {
        Self {
            action,
            by,
            call: None,
            partner: None,
            customer: None,
            reseller: None,
            agreement: None,
            version: None,
            accepted_from: None,
            obligation: None,
        }
    }
}
