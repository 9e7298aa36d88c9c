//! What is wrong with the parties of an order, whatever its acceptances say (rules W1, W6, O8).

use crate::acceptance::Relationship;
use crate::directory::{CustomerFacts, Partner};
use crate::facts::Facts;
use crate::values::{PartnerId, Position, Program};

/// Every party reason that holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Faults {
    pub(super) partner_unknown: bool,
    pub(super) partner_inactive: bool,
    pub(super) partner_not_eligible: bool,
    pub(super) reseller_not_linked: bool,
    pub(super) reseller_inactive: bool,
    pub(super) customer_unknown: bool,
    pub(super) relationship_missing: bool,
    /// No fault, but what its remedy must know: whether the seller can be linked to a reseller as it is.
    pub(super) partner_no_provider: bool,
    /// The same: whether the reseller can be linked to a provider as it is.
    pub(super) reseller_no_reseller: bool,
}

impl Faults {
    pub(super) fn any(&self) -> bool {
        *self != Self::default()
    }

    /// Of the seller itself.
    pub(super) fn of_partner(&mut self, partner: Option<&Partner>, prefix: Position) {
        let Some((partner, facts)) = partner.and_then(|it| Some((it, it.at(prefix)?))) else {
            self.partner_unknown = true;
            return;
        };
        self.partner_inactive = !partner.is_active_at(prefix);
        self.partner_not_eligible = match facts.program {
            Program::DirectBill | Program::IndirectProvider => false,
            Program::IndirectReseller => true,
        };
    }

    /// Of the reseller that the order names. It needs no relationship of its own with the customer.
    pub(super) fn of_reseller(
        &mut self,
        facts: &(impl Facts + ?Sized),
        reseller: &PartnerId,
        seller: Option<(&PartnerId, Option<&Partner>)>,
        prefix: Position,
    ) {
        let known = facts.partner(reseller).filter(|it| it.at(prefix).is_some());
        let is = |it: Option<&Partner>, program| {
            it.and_then(|it| it.at(prefix)).is_some_and(|facts| facts.program == program)
        };
        let linked = seller.is_some_and(|(seller, partner)| {
            partner.zip(known).is_some_and(|(partner, it)| it.sells_through(partner, seller, prefix))
        });
        self.reseller_inactive = known.is_some_and(|it| !it.is_active_at(prefix));
        if !linked {
            self.reseller_not_linked = true;
            self.reseller_no_reseller = !is(known, Program::IndirectReseller);
            self.partner_no_provider =
                seller.is_some_and(|(_, partner)| !is(partner, Program::IndirectProvider));
        }
    }

    /// Of the customer, and of the relationship with it.
    pub(super) fn of_customer(
        &mut self,
        customer: Option<&CustomerFacts>,
        relationship: Option<&Relationship>,
        prefix: Position,
    ) {
        self.customer_unknown = customer.is_none();
        self.relationship_missing = !relationship.is_some_and(|it| it.is_in_force_at(prefix));
    }
}
