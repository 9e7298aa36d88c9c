//! Whether an order may go through: the pure heart.

mod decision;
mod denial;
mod message;
mod parties;
mod question;
mod remedies;
mod shortfall;
mod terms;
mod together;
mod validity;

pub use decision::{By, Call, Decision, Outcome, Reason, ReasonCode, Remediation, RemediationAction};
pub use together::{Allowed, Deciding, RestsOn, Verdict};

use crate::facts::{Facts, Found};
use crate::policy::Policy;
use crate::values::{
    Channel, Cloud, CustomerId, Instant, PartnerId, Position, ProductFamily, TransactionKind,
};
use question::Question;
use terms::{Kind, Terms};

/// An order to decide about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Who orders.
    pub partner: PartnerId,
    /// For whom.
    pub customer: CustomerId,
    /// The reseller that sells it, where one does.
    pub reseller: Option<PartnerId>,
    /// What the order does.
    pub transaction: TransactionKind,
    /// Through which channel.
    pub channel: Channel,
    /// Of which product family.
    pub product_family: Option<ProductFamily>,
}

/// As of when an order is decided (rule O11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsOf {
    /// The log's prefix that counts.
    pub prefix: Position,
    /// The business instant that is asked about.
    pub effective_at: Instant,
}

impl AsOf {
    /// All that the log says, at any instant.
    pub const EVERYTHING: Self = Self { prefix: Position::END, effective_at: Instant::LAST };
}

/// No policy was published in the prefix asked about (POLICY_UNKNOWN).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyUnknown;

impl std::fmt::Display for PolicyUnknown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no policy had been published in the part of the log that was asked about")
    }
}

impl std::error::Error for PolicyUnknown {}

/// Whether the order may go through: a function of the log's prefix, the order and the instant, and of nothing else
/// (rule O10). It allocates only where it has remedies to name.
///
/// # Errors
///
/// There is no answer without a policy.
pub fn authorize(
    facts: &(impl Facts + ?Sized),
    order: &Order,
    as_of: &AsOf,
) -> Result<Decision, PolicyUnknown> {
    authorize_found(facts, &facts.find(&order.partner, &order.customer), order, as_of)
}

/// The same, with the order's two sides looked up by the caller.
///
/// # Errors
///
/// There is no answer without a policy.
pub fn authorize_found<F: Facts + ?Sized>(
    facts: &F,
    found: &Found<'_>,
    order: &Order,
    as_of: &AsOf,
) -> Result<Decision, PolicyUnknown> {
    let policy = facts.policies().at(as_of.prefix).ok_or(PolicyUnknown)?;
    let kind = Kind::of(order, cloud(found, as_of.prefix), *as_of);
    let terms = Terms::of(policy, facts.catalogue(), &kind);
    Ok(Question::of(terms, facts, found, order, *as_of).decision(facts, order))
}

/// The same under a policy of the caller's choice: how a candidate policy is simulated.
pub fn authorize_with(
    policy: &Policy,
    facts: &(impl Facts + ?Sized),
    order: &Order,
    as_of: &AsOf,
) -> Decision {
    let found = facts.find(&order.partner, &order.customer);
    let kind = Kind::of(order, cloud(&found, as_of.prefix), *as_of);
    let terms = Terms::of(policy, facts.catalogue(), &kind);
    Question::of(terms, facts, &found, order, *as_of).decision(facts, order)
}

/// The customer's cloud. An unknown customer counts as one in the public cloud (rule O9).
fn cloud(found: &Found<'_>, prefix: Position) -> Cloud {
    found.customer.as_deref().and_then(|it| it.at(prefix)).map_or(Cloud::Public, |it| it.cloud)
}
