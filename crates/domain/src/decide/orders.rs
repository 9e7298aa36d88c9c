//! Recording decisions and what became of orders (rules O12, C11).

use super::scene::Scene;
use super::{CLOCK_SKEW_MICROS, none_holds};
use crate::authorize::{AsOf, Order, PolicyUnknown, authorize};
use crate::command::{Context, Parties};
use crate::event::Event;
use crate::facts::Facts;
use crate::refusal::{Refusal, Refusals};
use crate::values::{Instant, OrderOutcome, PartnerId, Position, ProductFamily, TransactionKind};

/// Decides on the prefix just before the event that records the decision; that prefix is part of it.
pub(super) fn record_decision(
    facts: &(impl Facts + ?Sized),
    order: &Order,
    effective_at: Instant,
) -> Result<Vec<Event>, Refusals> {
    let prefix = facts.ledger().applied;
    let decision = authorize(facts, order, &AsOf { prefix, effective_at })
        .map_err(|PolicyUnknown| Refusals::from(Refusal::PolicyUnknown))?;
    Ok(vec![Event::OrderDecided { order: order.clone(), effective_at, prefix, decision }])
}

/// What became of an order, beside its parties.
pub(super) struct OrderEnd<'a> {
    pub(super) reseller: &'a Option<PartnerId>,
    pub(super) transaction: &'a TransactionKind,
    pub(super) product_family: &'a Option<ProductFamily>,
    pub(super) outcome: &'a OrderOutcome,
    pub(super) occurred_at: &'a Instant,
    pub(super) decision: &'a Option<Position>,
}

/// A PLACED order is a purchase: the first one through the partner, or one before it, is an event of the customer.
pub(super) fn record_outcome(
    facts: &(impl Facts + ?Sized),
    parties: &Parties,
    order: OrderEnd<'_>,
    context: &Context,
) -> Result<Vec<Event>, Refusals> {
    let scene = Scene::of(facts, parties);
    let OrderEnd { reseller, transaction, product_family, outcome, occurred_at, decision } = order;
    let (outcome, occurred_at) = (*outcome, *occurred_at);

    let mut refusals: Vec<_> = scene.unknown_parties().collect();
    refusals.extend(in_future(occurred_at, context.now));
    refusals.extend(decision.and_then(|it| beyond_log(it, facts.ledger().applied)));
    refusals.extend(scene.revision_conflict(context));
    none_holds(refusals)?;

    let Parties { partner, customer } = parties.clone();
    let known = scene.relationship().and_then(|it| it.first_purchase);
    let purchased = match outcome {
        OrderOutcome::Placed => known.is_none_or(|it| occurred_at < it),
        OrderOutcome::Failed | OrderOutcome::Cancelled => false,
    };
    let purchase =
        Event::CustomerPurchased { customer: customer.clone(), partner: partner.clone(), occurred_at };
    let recorded = Event::OrderOutcomeRecorded {
        partner,
        customer,
        reseller: reseller.clone(),
        transaction: *transaction,
        product_family: product_family.clone(),
        outcome,
        occurred_at,
    };
    Ok(if purchased { vec![recorded, purchase] } else { vec![recorded] })
}

fn in_future(occurred_at: Instant, now: Instant) -> Option<Refusal> {
    (occurred_at > now.plus_micros(CLOCK_SKEW_MICROS)).then(|| Refusal::FieldInvalid {
        field: "occurred_at",
        description: "must not lie in the future".to_owned(),
    })
}

fn beyond_log(decision: Position, applied: Position) -> Option<Refusal> {
    (decision == Position::START || decision > applied).then(|| Refusal::FieldInvalid {
        field: "decision_position",
        description: "the log has no such position".to_owned(),
    })
}
