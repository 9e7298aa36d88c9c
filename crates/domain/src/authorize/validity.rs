//! Until when an answer holds by itself: the earliest later instant, of those already known, at which it may change.
//!
//! Party facts have no business time (rule O11), so that they never end an answer by themselves.

use super::question::Question;
use super::terms::{Demand, Kind};
use super::{AsOf, Outcome};
use crate::acceptance::Relationship;
use crate::catalog::Catalogue;
use crate::policy::{Line, Policy, VersionRule};
use crate::values::{Instant, ProductFamily};

/// The earliest later instant at which the answer may change; none where it holds until the log grows.
pub(super) fn valid_until(question: &Question<'_>, outcome: Outcome) -> Option<Instant> {
    let mut next = Next { after: question.as_of.effective_at, earliest: question.terms.until };
    let line = match question.terms.demand {
        Demand::Exempt | Demand::CloudNotCovered | Demand::NotInForce => None,
        Demand::Line { at, base: _ } => Some(at),
    };
    if let (Some(line), Outcome::Denied) = (line, outcome) {
        availability(question, line, &mut next);
    }
    if let Some(relationship) = question.relationship
        && (line.is_some() || is_obliged(relationship, question.as_of))
    {
        facts(relationship, question.as_of, &mut next);
    }
    next.earliest
}

/// Where lines for such orders begin and end, and where the version that one of them wants becomes another.
pub(super) fn until(
    policy: &Policy,
    catalogue: &Catalogue,
    kind: &Kind<&ProductFamily>,
    demand: Demand,
) -> Option<Instant> {
    match demand {
        // No acceptance matters; what can change is whether an obligation is open (rule O2).
        Demand::Exempt | Demand::CloudNotCovered => return None,
        Demand::NotInForce | Demand::Line { .. } => {}
    }
    let mut next = Next { after: kind.as_of.effective_at, earliest: None };
    for at in policy.concerning(kind.channel, kind.transaction) {
        let line = policy.line(*at);
        let for_product = kind.product_family.is_some_and(|it| line.products.contains(it));
        if !line.products.is_empty() && !for_product {
            continue;
        }
        next.consider(line.from);
        line.until.into_iter().for_each(|it| next.consider(it));
        if line.until.is_none_or(|until| until > next.after) {
            versions(policy, catalogue, kind.as_of, (*at, line), &mut next);
        }
    }
    next.earliest
}

/// Whether the prefix knows an obligation, open or closed.
fn is_obliged(relationship: &Relationship, as_of: AsOf) -> bool {
    relationship.withdrawals().iter().any(|it| it.stands_at(as_of.prefix))
}

struct Next {
    after: Instant,
    earliest: Option<Instant>,
}

impl Next {
    fn consider(&mut self, instant: Instant) {
        if instant > self.after && self.earliest.is_none_or(|it| instant < it) {
            self.earliest = Some(instant);
        }
    }
}

fn versions(
    policy: &Policy,
    catalogue: &Catalogue,
    as_of: AsOf,
    (at, line): (usize, &Line),
    next: &mut Next,
) {
    for (requirement, agreement) in policy.requirements(at) {
        match requirement.version {
            VersionRule::Any => continue,
            VersionRule::MostCurrent => {}
        }
        for version in &catalogue.agreement(agreement).versions {
            if version.published <= as_of.prefix
                && let Some(from) = version.in_force_from.filter(|it| line.is_in_force_at(*it))
            {
                next.consider(from);
            }
        }
    }
}

/// Where the agreement that a remedy names can begin or cease to be confirmed.
fn availability(question: &Question<'_>, line: usize, next: &mut Next) {
    for (_, agreement) in question.policy().requirements(line) {
        let known = question.catalogue.agreement(agreement).availability.at(question.as_of.prefix);
        let times = known.into_iter().flatten();
        for time in times.filter(|it| it.concerns(question.environment, question.channel)) {
            next.consider(time.from);
            time.until.into_iter().for_each(|it| next.consider(it));
        }
    }
}

/// Where the relationship's acceptances begin to count or are withdrawn, and its obligations close.
fn facts(relationship: &Relationship, as_of: AsOf, next: &mut Next) {
    for acceptance in relationship.acceptances.iter().filter(|it| it.stands_at(as_of.prefix)) {
        next.consider(acceptance.counts_from());
    }
    for withdrawal in relationship.withdrawals().iter().filter(|it| it.stands_at(as_of.prefix)) {
        next.consider(withdrawal.withdrawn_at);
        let recorded = withdrawal.cancelled.is_some_and(|(event, _)| event.position <= as_of.prefix);
        withdrawal.cancelled_from().filter(|_| recorded).into_iter().for_each(|it| next.consider(it));
    }
}
