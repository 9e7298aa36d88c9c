//! An order with everything that its answer rests on, looked up once.

use smallvec::smallvec;

use super::parties::Faults;
use super::{AsOf, By, Decision, Order, Outcome, Reason, ReasonCode, remedies, validity};
use crate::acceptance::{AcceptanceFact, Relationship};
use crate::catalog::Catalogue;
use crate::facts::{Facts, Found};
use crate::policy::{Policy, Requirement, VersionRule};
use crate::values::{Channel, Cloud, CustomerId, Environment, PartnerId, ProductFamily, TransactionKind};

/// An order with everything that its answer rests on.
pub(super) struct Question<'a> {
    /// Who orders; none only for the provider that a reseller does not have yet.
    pub(super) seller: Option<&'a PartnerId>,
    pub(super) reseller: Option<&'a PartnerId>,
    pub(super) customer: &'a CustomerId,
    pub(super) transaction: TransactionKind,
    pub(super) channel: Channel,
    pub(super) product_family: Option<&'a ProductFamily>,
    pub(super) as_of: AsOf,
    pub(super) policy: &'a Policy,
    pub(super) catalogue: &'a Catalogue,
    pub(super) environment: Environment,
    pub(super) relationship: Option<&'a Relationship>,
    pub(super) faults: Faults,
    pub(super) demand: Demand,
}

/// What the policy demands of the order, the parties aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Demand {
    /// Nothing: the transaction is exempt (rule O2).
    Exempt,
    /// Nothing: the customer's cloud is not covered (rule O5).
    CloudNotCovered,
    /// Nothing: no line covers the instant and transaction (rule O13).
    NotInForce,
    /// What a line says: its place, and that of the base line of the instant, which it may be itself.
    Line { at: usize, base: Option<usize> },
}

impl<'a> Question<'a> {
    pub(super) fn of(
        policy: &'a Policy,
        facts: &'a (impl Facts + ?Sized),
        found: &'a Found<'_>,
        order: &'a Order,
        as_of: AsOf,
    ) -> Self {
        let parties = (Some(&order.partner), order.reseller.as_ref());
        Self::by(policy, facts, found, order, as_of, parties)
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
        policy: &'a Policy,
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
        // An unknown customer counts as one in the public cloud (rule O9).
        let cloud = customer.map_or(Cloud::Public, |it| it.cloud);
        Self {
            seller,
            reseller,
            customer: &order.customer,
            transaction: order.transaction,
            channel: order.channel,
            product_family: order.product_family.as_ref(),
            as_of,
            policy,
            catalogue: facts.catalogue(),
            environment: facts.ledger().environment,
            relationship,
            faults,
            demand: demand(policy, order, cloud, as_of),
        }
    }

    /// The one reason that allows the order, where nothing stands against it.
    pub(super) fn permit(&self) -> Option<Reason> {
        if self.faults.any() {
            return None;
        }
        match self.demand {
            Demand::Exempt => Some(Reason::of(ReasonCode::TransactionExempt)),
            Demand::CloudNotCovered => Some(Reason::of(ReasonCode::CloudNotCovered)),
            Demand::NotInForce => Some(Reason::of(ReasonCode::RequirementNotInForce)),
            Demand::Line { at, base: _ } => {
                let fact = self.latest_that(|it| self.in_force(it) && self.fits(at, it))?;
                Some(self.reason_of(ReasonCode::AcceptanceInForce, fact))
            }
        }
    }

    pub(super) fn allowed(&self, reason: Reason) -> Decision {
        Decision {
            outcome: Outcome::Allowed,
            reasons: smallvec![reason],
            remediations: remedies::of_open_obligations(self, By::Partner),
            valid_until: validity::valid_until(self, Outcome::Allowed),
        }
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
        self.policy.requirements(line).any(|(requirement, agreement)| {
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
        self.policy.agreements[line].contains(&fact.agreement)
    }

    /// A reason that rests on an acceptance.
    pub(super) fn reason_of(&self, code: ReasonCode, fact: &AcceptanceFact) -> Reason {
        let agreement = self.catalogue.agreement(fact.agreement);
        Reason {
            agreement: Some(agreement.id.clone()),
            version: Some(agreement.version(fact.version).id.clone()),
            acceptance: Some(fact.recorded),
            ..Reason::of(code)
        }
    }
}

fn demand(policy: &Policy, order: &Order, cloud: Cloud, as_of: AsOf) -> Demand {
    match order.transaction {
        TransactionKind::AutoRenewal => return Demand::Exempt,
        TransactionKind::NewPurchase
        | TransactionKind::SeatIncrease
        | TransactionKind::SeatDecrease
        | TransactionKind::Renewal
        | TransactionKind::SubscriptionChange => {}
    }
    if !policy.document.covered_clouds.contains(&cloud) {
        return Demand::CloudNotCovered;
    }
    let (mut base, mut of_product) = (None, None);
    for at in policy.concerning(order.channel, order.transaction) {
        let line = policy.line(*at);
        if !line.is_in_force_at(as_of.effective_at) {
            continue;
        }
        if line.products.is_empty() {
            base.get_or_insert(*at);
        } else if order.product_family.as_ref().is_some_and(|it| line.products.contains(it)) {
            of_product.get_or_insert(*at);
        }
    }
    match of_product.or(base) {
        Some(at) => Demand::Line { at, base },
        None => Demand::NotInForce,
    }
}
