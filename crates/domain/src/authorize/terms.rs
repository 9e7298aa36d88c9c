//! What a policy demands of orders of one kind, the parties aside (rules O2, O5, O6, O13): for all of them the same at one
//! prefix and instant, so that it is worked out once for those that are decided together.

use super::{AsOf, Order, validity};
use crate::catalog::Catalogue;
use crate::policy::Policy;
use crate::values::{Channel, Cloud, Instant, ProductFamily, TransactionKind};

/// What a policy demands of orders of one kind.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms<'a> {
    pub(super) policy: &'a Policy,
    pub(super) demand: Demand,
    /// The earliest later instant, of those that the policy and the catalogue know, at which the demand may be another.
    pub(super) until: Option<Instant>,
}

/// What the policy demands of an order.
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

/// All that a demand follows from, beside policy and catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind<T> {
    pub(super) as_of: AsOf,
    pub(super) transaction: TransactionKind,
    pub(super) channel: Channel,
    pub(super) cloud: Cloud,
    pub(super) product_family: Option<T>,
}

impl<'o> Kind<&'o ProductFamily> {
    /// The kind of an order by a customer in this cloud.
    pub(super) const fn of(order: &'o Order, cloud: Cloud, as_of: AsOf) -> Self {
        let Order { partner: _, customer: _, reseller: _, transaction, channel, product_family } = order;
        let product_family = product_family.as_ref();
        Self { as_of, transaction: *transaction, channel: *channel, cloud, product_family }
    }

    /// The same, to be kept.
    pub(super) fn kept(&self) -> Kind<ProductFamily> {
        let Self { as_of, transaction, channel, cloud, product_family } = *self;
        Kind { as_of, transaction, channel, cloud, product_family: product_family.cloned() }
    }
}

impl Kind<ProductFamily> {
    /// Whether it is this one.
    pub(super) fn is(&self, other: &Kind<&ProductFamily>) -> bool {
        let Self { as_of, transaction, channel, cloud, product_family } = self;
        *as_of == other.as_of
            && (*transaction, *channel, *cloud) == (other.transaction, other.channel, other.cloud)
            && product_family.as_ref() == other.product_family
    }
}

impl<'a> Terms<'a> {
    /// What the policy demands of such orders.
    pub(super) fn of(policy: &'a Policy, catalogue: &Catalogue, kind: &Kind<&ProductFamily>) -> Self {
        let demand = demand(policy, kind);
        Self { policy, demand, until: validity::until(policy, catalogue, kind, demand) }
    }
}

fn demand(policy: &Policy, kind: &Kind<&ProductFamily>) -> Demand {
    match kind.transaction {
        TransactionKind::AutoRenewal => return Demand::Exempt,
        TransactionKind::NewPurchase
        | TransactionKind::SeatIncrease
        | TransactionKind::SeatDecrease
        | TransactionKind::Renewal
        | TransactionKind::SubscriptionChange => {}
    }
    if !policy.document.covered_clouds.contains(&kind.cloud) {
        return Demand::CloudNotCovered;
    }
    let (mut base, mut of_product) = (None, None);
    for at in policy.concerning(kind.channel, kind.transaction) {
        let line = policy.line(*at);
        if !line.is_in_force_at(kind.as_of.effective_at) {
            continue;
        }
        if line.products.is_empty() {
            base.get_or_insert(*at);
        } else if kind.product_family.is_some_and(|it| line.products.contains(it)) {
            of_product.get_or_insert(*at);
        }
    }
    match of_product.or(base) {
        Some(at) => Demand::Line { at, base },
        None => Demand::NotInForce,
    }
}
