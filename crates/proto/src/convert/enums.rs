//! The closed sets, wire to domain and back. No wildcard: a new member does not compile until both sides have it.

use assent_domain::acceptance::{AcceptanceState, EvidenceOutcome, ObligationState};
use assent_domain::authorize::{By, Outcome, ReasonCode, RemediationAction};
use assent_domain::values as domain;

use crate::v1;

/// A closed set of the API.
pub trait WireEnum: TryFrom<i32> + Copy {
    /// The same set in the domain.
    type Domain: Copy;

    /// The domain's member; none for the unspecified one.
    fn domain(self) -> Option<Self::Domain>;
}

macro_rules! wire {
    ($($wire:ident = $domain:ty { $($name:ident)* })*) => {$(
        impl From<$domain> for v1::$wire {
            fn from(value: $domain) -> Self {
                match value { $(<$domain>::$name => Self::$name,)* }
            }
        }

        impl WireEnum for v1::$wire {
            type Domain = $domain;

            fn domain(self) -> Option<$domain> {
                match self {
                    Self::Unspecified => None,
                    $(Self::$name => Some(<$domain>::$name),)*
                }
            }
        }
    )*};
}

wire! {
    Environment = domain::Environment { Production Sandbox }
    Program = domain::Program { DirectBill IndirectProvider IndirectReseller }
    PartnerStatus = domain::PartnerStatus { Active Inactive }
    Cloud = domain::Cloud { Public UsGovernment Germany China }
    Channel = domain::Channel { Api Dashboard }
    TransactionKind = domain::TransactionKind {
        NewPurchase SeatIncrease SeatDecrease Renewal SubscriptionChange AutoRenewal
    }
    Method = domain::Method { Confirmed Attested Direct }
    Scenario = domain::Scenario { ExistingPartnerPurchases NewPartner }
    OrderOutcome = domain::OrderOutcome { Placed Failed Cancelled }
    Decision = Outcome { Allowed Denied }
    ReasonCode = ReasonCode {
        TransactionExempt CloudNotCovered RequirementNotInForce AcceptanceInForce AcceptanceMissing
        AcceptanceStale AcceptanceWithdrawn AgreementNoLongerHonoured AgreementNotValidForProduct PartnerUnknown
        PartnerInactive PartnerNotEligible CustomerUnknown RelationshipMissing ResellerNotLinked
    }
    RemediationAction = RemediationAction {
        ConfirmAcceptance ReconfirmCurrentVersion AcceptOtherAgreement CancelSubscriptions RegisterPartner
        ActivatePartner RegisterCustomer EstablishRelationship OrderThroughProvider
    }
    Party = By { Partner Provider Reseller Customer Operator }
    AcceptanceState = AcceptanceState { Current Superseded Corrected Withdrawn Void }
    ObligationState = ObligationState { Open Cancelled Restored Voided }
}

/// What became of evidence, without by what: the state that listings filter by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvidenceState {
    /// Nothing yet.
    Pending,
    /// The provider confirmed it.
    Confirmed,
    /// The provider rejected it.
    Rejected,
}

wire! {
    EvidenceState = EvidenceState { Pending Confirmed Rejected }
}

impl From<EvidenceOutcome> for EvidenceState {
    fn from(outcome: EvidenceOutcome) -> Self {
        match outcome {
            EvidenceOutcome::Pending => Self::Pending,
            EvidenceOutcome::Confirmed(_) => Self::Confirmed,
            EvidenceOutcome::Rejected(_) => Self::Rejected,
        }
    }
}
