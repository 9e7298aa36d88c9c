//! The parties of a command, looked up once, and what can be wrong with them.

use std::borrow::Cow;

use crate::acceptance::Relationship;
use crate::command::{Context, Parties};
use crate::directory::{Customer, CustomerFacts, Partner, PartnerFacts};
use crate::facts::Facts;
use crate::refusal::Refusal;
use crate::values::{Cloud, Position, Program};

/// What the facts say about the two parties of a command and their relationship.
pub(super) struct Scene<'a> {
    pub(super) parties: &'a Parties,
    partner: Option<&'a Partner>,
    customer: Option<Cow<'a, Customer>>,
    relationship: Option<Cow<'a, Relationship>>,
}

impl<'a> Scene<'a> {
    pub(super) fn of(facts: &'a (impl Facts + ?Sized), parties: &'a Parties) -> Self {
        Self {
            parties,
            partner: facts.partner(&parties.partner),
            customer: facts.customer(&parties.customer),
            relationship: facts.relationship(&parties.partner, &parties.customer),
        }
    }

    pub(super) fn partner(&self) -> Option<&'a PartnerFacts> {
        self.partner?.at(Position::END)
    }

    pub(super) fn customer(&self) -> Option<&CustomerFacts> {
        self.customer.as_ref()?.at(Position::END)
    }

    /// The customer with what it bought; also one that is not registered.
    pub(super) fn customer_record(&self) -> Option<&Customer> {
        self.customer.as_deref()
    }

    pub(super) fn relationship(&self) -> Option<&Relationship> {
        self.relationship.as_deref()
    }

    /// PARTNER_UNKNOWN and CUSTOMER_UNKNOWN.
    pub(super) fn unknown_parties(&self) -> impl Iterator<Item = Refusal> + use<> {
        let Parties { partner, customer } = self.parties;
        let no_partner =
            self.partner().is_none().then(|| Refusal::PartnerUnknown { partner: partner.clone() });
        let no_customer =
            self.customer().is_none().then(|| Refusal::CustomerUnknown { customer: customer.clone() });
        no_partner.into_iter().chain(no_customer)
    }

    /// RESELLER_CANNOT_CONFIRM, with the providers through which the reseller sells (rule W1).
    pub(super) fn reseller_cannot_confirm(&self) -> Option<Refusal> {
        match self.partner()?.program {
            Program::DirectBill | Program::IndirectProvider => None,
            Program::IndirectReseller => Some(Refusal::ResellerCannotConfirm {
                partner: self.parties.partner.clone(),
                providers: self.partner?.providers_at(Position::END).cloned().collect(),
            }),
        }
    }

    /// PARTNER_INACTIVE (rule W6). An unknown partner is unknown, not inactive.
    pub(super) fn partner_inactive(&self) -> Option<Refusal> {
        let partner = self.partner.filter(|it| it.facts.is_some())?;
        let inactive = !partner.is_active_at(Position::END);
        inactive.then(|| Refusal::PartnerInactive { partner: self.parties.partner.clone() })
    }

    /// RELATIONSHIP_MISSING, where it must be in force (rule W6).
    pub(super) fn relationship_not_in_force(&self) -> Option<Refusal> {
        let in_force = self.relationship().is_some_and(|it| it.is_in_force_at(Position::END));
        (!in_force).then(|| self.relationship_missing())
    }

    /// RELATIONSHIP_MISSING, where it is enough that it once existed (rule W6).
    pub(super) fn relationship_never_was(&self) -> Option<Refusal> {
        let ever = self.relationship().is_some_and(Relationship::ever_existed);
        (!ever).then(|| self.relationship_missing())
    }

    fn relationship_missing(&self) -> Refusal {
        let Parties { partner, customer } = self.parties.clone();
        Refusal::RelationshipMissing { partner, customer }
    }

    /// CLOUD_NOT_SUPPORTED (rule C6).
    pub(super) fn cloud_not_supported(&self) -> Option<Refusal> {
        let cloud = self.customer()?.cloud;
        match cloud {
            Cloud::Public => None,
            Cloud::UsGovernment | Cloud::Germany | Cloud::China => {
                Some(Refusal::CloudNotSupported { customer: self.parties.customer.clone(), cloud })
            }
        }
    }

    /// REVISION_CONFLICT, where the caller expects another revision of the relationship.
    pub(super) fn revision_conflict(&self, context: &Context) -> Option<Refusal> {
        let expected = context.expected_revision?;
        let actual = u64::from(self.relationship().map_or(0, |it| it.stream.revision));
        (expected != actual).then_some(Refusal::RevisionConflict { expected, actual })
    }
}
