//! The closed sets, stored number to domain and back. A number that is not known here stops the reader.

use assent_domain::authorize::{By, Outcome, ReasonCode, RemediationAction};
use assent_domain::values as domain;

use crate::event;

use super::fields::{StoredError, bad};

/// A closed set of the domain, as stored.
pub trait StoredEnum: Sized {
    /// The stored number.
    fn number(self) -> i32;
    /// The value with this number; an error for a number not known here, and for 0.
    fn of(number: i32, field: &'static str) -> Result<Self, StoredError>;
    /// The same, 0 standing for none.
    fn of_optional(number: i32, field: &'static str) -> Result<Option<Self>, StoredError> {
        if number == 0 { Ok(None) } else { Self::of(number, field).map(Some) }
    }
}

macro_rules! stored {
    ($($domain:ty = $stored:ident { $($name:ident)* })*) => {$(
        impl StoredEnum for $domain {
            fn number(self) -> i32 {
                (match self { $(Self::$name => event::$stored::$name,)* }) as i32
            }

            fn of(number: i32, field: &'static str) -> Result<Self, StoredError> {
                match event::$stored::try_from(number) {
                    $(Ok(event::$stored::$name) => Ok(Self::$name),)*
                    Ok(event::$stored::Unspecified) | Err(_) => Err(bad(field)),
                }
            }
        }
    )*};
}

stored! {
    domain::Environment = Environment { Production Sandbox }
    domain::Program = Program { DirectBill IndirectProvider IndirectReseller }
    domain::PartnerStatus = PartnerStatus { Active Inactive }
    domain::Cloud = Cloud { Public UsGovernment Germany China }
    domain::Channel = Channel { Api Dashboard }
    domain::TransactionKind = TransactionKind { NewPurchase SeatIncrease SeatDecrease Renewal SubscriptionChange AutoRenewal }
    domain::Method = Method { Confirmed Attested Direct }
    domain::Scenario = Scenario { ExistingPartnerPurchases NewPartner }
    domain::OrderOutcome = OrderOutcome { Placed Failed Cancelled }
    Outcome = Decision { Allowed Denied }
    ReasonCode = ReasonCode { TransactionExempt CloudNotCovered RequirementNotInForce AcceptanceInForce AcceptanceMissing AcceptanceStale AcceptanceWithdrawn AgreementNoLongerHonoured AgreementNotValidForProduct PartnerUnknown PartnerInactive PartnerNotEligible CustomerUnknown RelationshipMissing ResellerNotLinked }
    RemediationAction = RemediationAction { ConfirmAcceptance ReconfirmCurrentVersion AcceptOtherAgreement CancelSubscriptions RegisterPartner ActivatePartner RegisterCustomer EstablishRelationship OrderThroughProvider }
    By = Party { Partner Provider Reseller Customer Operator }
}
