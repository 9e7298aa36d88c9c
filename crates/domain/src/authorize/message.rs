//! The human sentence of a reason and of a remedy. They hold ids, never personal data (rules O9, C14), and are no
//! part of a decision: their wording can change at any time.

use std::fmt;

use super::{By, Reason, ReasonCode, Remediation, RemediationAction};
use crate::values::VersionId;

impl Reason {
    /// The sentence; never empty.
    pub fn message(&self) -> String {
        self.to_string()
    }
}

impl Remediation {
    /// The sentence; never empty.
    pub fn message(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let agreement = Named(self.agreement.as_ref(), "the agreement");
        let version = Version(self.version.as_ref());
        let partner = Named(self.partner.as_ref(), "the ordering partner");
        let reseller = Named(self.partner.as_ref(), "the reseller");
        match self.code {
            ReasonCode::TransactionExempt => f.write_str("An automatic renewal needs no acceptance."),
            ReasonCode::CloudNotCovered => {
                f.write_str("The requirement does not apply in the customer's cloud.")
            }
            ReasonCode::RequirementNotInForce => {
                f.write_str("No requirement is in force for this transaction at this instant.")
            }
            ReasonCode::AcceptanceInForce => write!(f, "The customer accepted {agreement}{version}."),
            ReasonCode::AcceptanceMissing => write!(
                f,
                "The order needs the customer's acceptance of {agreement}{version}, and this partner has recorded \
                 none."
            ),
            ReasonCode::AcceptanceStale => write!(
                f,
                "The customer's acceptance of {agreement}{version} is older than this transaction needs."
            ),
            ReasonCode::AcceptanceWithdrawn => {
                write!(f, "The customer withdrew the acceptance of {agreement}{version}.")
            }
            ReasonCode::AgreementNoLongerHonoured => {
                write!(f, "The customer accepted {agreement}{version}, which no longer authorises orders.")
            }
            ReasonCode::AgreementNotValidForProduct => {
                write!(
                    f,
                    "The customer accepted {agreement}{version}, which does not authorise this product."
                )
            }
            ReasonCode::PartnerUnknown => write!(f, "No partner is registered as {partner}."),
            ReasonCode::PartnerInactive => write!(f, "{} is not active.", Capital(&partner)),
            ReasonCode::PartnerNotEligible => {
                f.write_str("An indirect reseller does not order itself; its provider does.")
            }
            ReasonCode::CustomerUnknown => f.write_str("The customer is not registered."),
            ReasonCode::RelationshipMissing => {
                f.write_str("No commerce relationship between the partner and the customer is in force.")
            }
            ReasonCode::ResellerNotLinked => {
                write!(f, "{} is no indirect reseller linked to the ordering partner.", Capital(&reseller))
            }
        }
    }
}

impl fmt::Display for Remediation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = Who(self);
        let partner = Named(self.partner.as_ref(), "an indirect provider");
        let customer = Named(self.customer.as_ref(), "the customer");
        let agreement = Named(self.agreement.as_ref(), "the agreement");
        let unavailable = self.by == By::Operator;
        match self.action {
            RemediationAction::ConfirmAcceptance
            | RemediationAction::ReconfirmCurrentVersion
            | RemediationAction::AcceptOtherAgreement
                if unavailable =>
            {
                write!(
                    f,
                    "{who} publishes when {agreement}{} can be confirmed, which it cannot be at this instant, or a \
                     policy that takes another agreement; then partner {partner} confirms the acceptance of customer \
                     {customer}.",
                    Terms(self),
                )
            }
            RemediationAction::ConfirmAcceptance => {
                write!(
                    f,
                    "{who} confirms the acceptance of {agreement}{} once customer {customer} has accepted it.",
                    Terms(self)
                )
            }
            RemediationAction::ReconfirmCurrentVersion => write!(
                f,
                "{who} confirms a new acceptance of {agreement}{} once customer {customer} has accepted it anew.",
                Terms(self)
            ),
            RemediationAction::AcceptOtherAgreement => write!(
                f,
                "{who} confirms the acceptance of {agreement}{} instead, once customer {customer} has accepted it.",
                Terms(self)
            ),
            RemediationAction::CancelSubscriptions => write!(
                f,
                "{who} cancels the subscriptions of customer {customer} under {agreement}, and records that it did."
            ),
            RemediationAction::RegisterPartner => {
                write!(f, "{who} registers partner {partner}{}.", Program(self))
            }
            RemediationAction::ActivatePartner => write!(f, "{who} sets partner {partner} active."),
            RemediationAction::RegisterCustomer => write!(f, "{who} registers customer {customer}."),
            RemediationAction::EstablishRelationship => match &self.reseller {
                Some(reseller) => {
                    write!(f, "{who} links reseller {reseller}.")
                }
                None => write!(f, "{who} establishes a relationship with customer {customer}."),
            },
            RemediationAction::OrderThroughProvider => write!(f, "{who} orders through {partner}."),
        }
    }
}

/// An id, or how to speak of it where there is none.
struct Named<'a, T>(Option<&'a T>, &'static str);

impl<T: fmt::Display> fmt::Display for Named<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(id) => id.fmt(f),
            None => f.write_str(self.1),
        }
    }
}

/// The version of an agreement, where it is known.
struct Version<'a>(Option<&'a VersionId>);

impl fmt::Display for Version<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(version) = self.0 else { return Ok(()) };
        f.write_str(", version ")?;
        version.fmt(f)
    }
}

/// The beginning of a sentence. Ids keep their case.
struct Capital<'a, 'b, T>(&'b Named<'a, T>);

impl<T: fmt::Display> fmt::Display for Capital<'_, '_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Named(Some(id), _) => write!(f, "Partner {id}"),
            Named(None, noun) => {
                let (first, rest) = noun.split_at(1);
                write!(f, "{}{rest}", first.to_uppercase())
            }
        }
    }
}

/// Who acts, by id where that is known.
struct Who<'a>(&'a Remediation);

impl fmt::Display for Who<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (noun, id) = match self.0.by {
            By::Partner => ("partner", self.0.partner.as_ref()),
            By::Provider => ("provider", self.0.partner.as_ref()),
            By::Reseller => ("reseller", self.0.reseller.as_ref()),
            By::Customer => ("customer", None),
            By::Operator => ("operator", None),
        };
        match id {
            Some(id) => write!(f, "The {noun} {id}"),
            None => write!(f, "The {noun}"),
        }
    }
}

/// The version and the date that an acceptance must have.
struct Terms<'a>(&'a Remediation);

impl fmt::Display for Terms<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(version) = &self.0.version {
            write!(f, ", version {version}")?;
        }
        if let Some(from) = self.0.accepted_from {
            write!(f, ", accepted on or after {from},")?;
        }
        Ok(())
    }
}

/// The program that a link needs its two sides to be registered in.
struct Program<'a>(&'a Remediation);

impl fmt::Display for Program<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.0.partner, &self.0.reseller) {
            (Some(partner), Some(reseller)) if partner == reseller => f.write_str(" as an indirect reseller"),
            (Some(_), Some(reseller)) => write!(f, " as the indirect provider of {reseller}"),
            (_, None) | (None, Some(_)) => Ok(()),
        }
    }
}
