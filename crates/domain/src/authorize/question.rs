//! An order with everything that its answer rests on, looked up once.

use smallvec::smallvec;

use super::parties::Faults;
use super::terms::{Demand, Terms};
use super::{
    Allowed, AsOf, By, Decision, Order, Outcome, Reason, ReasonCode, RestsOn, Verdict, denial, remedies,
    validity,
};
use crate::acceptance::{AcceptanceFact, Relationship};
use crate::catalog::Catalogue;
use crate::facts::{Facts, Found};
use crate::policy::{Policy, Requirement, VersionRule};
use crate::values::{Channel, CustomerId, Environment, PartnerId, TransactionKind};

/// An order with everything that its answer rests on.
pub(super) struct Question<'a> {
    /// Who orders; none only for the provider that a reseller does not have yet.
    pub(super) seller: Option<&'a PartnerId>,
    pub(super) reseller: Option<&'a PartnerId>,
    pub(super) customer: &'a CustomerId,
    pub(super) transaction: TransactionKind,
    pub(super) channel: Channel,
    pub(super) as_of: AsOf,
    pub(super) terms: Terms<'a>,
    pub(super) catalogue: &'a Catalogue,
    pub(super) environment: Environment,
    pub(super) relationship: Option<&'a Relationship>,
    pub(super) faults: Faults,
}

impl<'a> Question<'a> {
    pub(super) fn of(
        terms: Terms<'a>,
        facts: &'a (impl Facts + ?Sized),
        found: &'a Found<'_>,
        order: &'a Order,
        as_of: AsOf,
    ) -> Self {
        let parties = (Some(&order.partner), order.reseller.as_ref());
        Self::by(terms, facts, found, order, as_of, parties)
    }

    /// What an order by another seller would rest on.
    pub(super) fn found_for<'f>(
        facts: &'f (impl Facts + ?Sized),
        order: &Order,
        seller: Option<&PartnerId>,
    ) -> Found<'f> {
        match seller {
            Some(seller) => facts.find(seller, &order.customer),
            None => Found { customer: facts.customer(&order.customer), ..Found::default() },
        }
    }

    /// An order by this seller, for this reseller.
    pub(super) fn by(
        terms: Terms<'a>,
        facts: &'a (impl Facts + ?Sized),
        found: &'a Found<'_>,
        order: &'a Order,
        as_of: AsOf,
        (seller, reseller): (Option<&'a PartnerId>, Option<&'a PartnerId>),
    ) -> Self {
        let prefix = as_of.prefix;
        let Found { partner, customer, relationship } = found;
        let (customer, relationship) = (customer.as_deref(), relationship.as_deref());
        let customer = customer.and_then(|it| it.at(prefix));
        let partner = seller.map(|it| (it, *partner));
        let mut faults = Faults::default();
        if let Some((_, partner)) = partner {
            faults.of_partner(partner, prefix);
        }
        if let Some(reseller) = reseller {
            faults.of_reseller(facts, reseller, partner, prefix);
        }
        faults.of_customer(customer, relationship, prefix);
        Self {
            seller,
            reseller,
            customer: &order.customer,
            transaction: order.transaction,
            channel: order.channel,
            as_of,
            terms,
            catalogue: facts.catalogue(),
            environment: facts.ledger().environment,
            relationship,
            faults,
        }
    }

    pub(super) const fn policy(&self) -> &'a Policy {
        self.terms.policy
    }

    /// Why the order may go through, where nothing stands against it; and the acceptance that it rests on.
    pub(super) fn permit(&self) -> Option<(ReasonCode, Option<&'a AcceptanceFact>)> {
        if self.faults.any() {
            return None;
        }
        match self.terms.demand {
            Demand::Exempt => Some((ReasonCode::TransactionExempt, None)),
            Demand::CloudNotCovered => Some((ReasonCode::CloudNotCovered, None)),
            Demand::NotInForce => Some((ReasonCode::RequirementNotInForce, None)),
            Demand::Line { at, base: _ } => {
                let fact = self.latest_that(|it| self.in_force(it) && self.fits(at, it))?;
                Some((ReasonCode::AcceptanceInForce, Some(fact)))
            }
        }
    }

    /// What the order is answered.
    pub(super) fn decision(&self, facts: &(impl Facts + ?Sized), order: &Order) -> Decision {
        let Some((code, fact)) = self.permit() else { return denial::denied(self, facts, order) };
        Decision {
            outcome: Outcome::Allowed,
            reasons: smallvec![fact.map_or(Reason::of(code), |it| self.reason_of(code, it))],
            remediations: remedies::of_open_obligations(self, By::Partner),
            valid_until: validity::valid_until(self, Outcome::Allowed),
        }
    }

    /// The same, in a few words where the order may go through and nothing is to be done.
    pub(super) fn verdict(&self, facts: &(impl Facts + ?Sized), order: &Order) -> Verdict {
        match self.permit() {
            Some((code, fact)) if self.has_no_obligation() => {
                let rests_on = fact.map(RestsOn::from);
                let valid_until = validity::valid_until(self, Outcome::Allowed);
                Verdict::Allowed(Allowed { code, rests_on, valid_until })
            }
            Some(_) | None => Verdict::Decided(Box::new(self.decision(facts, order))),
        }
    }

    /// Whether the customer never withdrew anything.
    pub(super) fn has_no_obligation(&self) -> bool {
        self.relationship.is_none_or(|it| it.withdrawals().is_empty())
    }

    /// The latest of the relationship's acceptances for which this holds (rules C8, O3).
    pub(super) fn latest_that(&self, holds: impl Fn(&AcceptanceFact) -> bool) -> Option<&'a AcceptanceFact> {
        self.relationship?.acceptances.iter().filter(|it| holds(it)).max_by_key(|it| it.rank())
    }

    pub(super) fn in_force(&self, fact: &AcceptanceFact) -> bool {
        self.relationship.is_some_and(|it| it.is_in_force(fact, self.as_of))
    }

    /// Whether the line takes the acceptance, so long as it is in force (rule O4).
    pub(super) fn fits(&self, line: usize, fact: &AcceptanceFact) -> bool {
        self.policy().requirements(line).any(|(requirement, agreement)| {
            agreement == fact.agreement && self.fits_requirement(requirement, fact)
        })
    }

    fn fits_requirement(&self, requirement: &Requirement, fact: &AcceptanceFact) -> bool {
        let AsOf { prefix, effective_at } = self.as_of;
        let version = match requirement.version {
            VersionRule::Any => true,
            VersionRule::MostCurrent => {
                let current = self.catalogue.agreement(fact.agreement).in_force_at(effective_at, prefix);
                current == Some(fact.version)
            }
        };
        // The date is that of the acceptance as it was stated: with a calendar date, the customer's own.
        version && requirement.accepted_from.is_none_or(|from| from <= fact.accepted_at)
    }

    /// Whether the line wants this acceptance's agreement at all.
    pub(super) fn takes(&self, line: usize, fact: &AcceptanceFact) -> bool {
        self.policy().agreements[line].contains(&fact.agreement)
    }

    /// A reason that rests on an acceptance.
    pub(super) fn reason_of(&self, code: ReasonCode, fact: &AcceptanceFact) -> Reason {
        RestsOn::from(fact).reason(code, self.catalogue)
    }
}
