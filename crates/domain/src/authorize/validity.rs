//! Until when an answer holds by itself: the earliest later instant, of those already known, at which it may change.
//!
//! Party facts have no business time (rule O11), so that they never end an answer by themselves.

use super::question::{Demand, Question};
use super::{AsOf, Outcome};
use crate::acceptance::Relationship;
use crate::policy::{Line, VersionRule};
use crate::values::Instant;

/// The earliest later instant at which the answer may change; none where it holds until the log grows.
pub(super) fn valid_until(question: &Question<'_>, outcome: Outcome) -> Option<Instant> {
    let mut next = Next { after: question.as_of.effective_at, earliest: None };
    match question.demand {
        // No acceptance matters; what can change is whether an obligation is open (rule O2).
        Demand::Exempt | Demand::CloudNotCovered => {}
        Demand::NotInForce => lines(question, &mut next),
        Demand::Line { at, base: _ } => {
            lines(question, &mut next);
            match outcome {
                Outcome::Allowed => {}
                Outcome::Denied => availability(question, at, &mut next),
            }
        }
    }
    let accepting = matches!(question.demand, Demand::Line { .. });
    if let Some(relationship) = question.relationship
        && (accepting || is_obliged(relationship, question.as_of))
    {
        facts(relationship, question.as_of, &mut next);
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

/// Where lines for such orders begin and end, and where the version that one of them wants becomes another.
fn lines(question: &Question<'_>, next: &mut Next) {
    for at in question.policy.concerning(question.channel, question.transaction) {
        let line = question.policy.line(*at);
        let for_product = question.product_family.is_some_and(|it| line.products.contains(it));
        if !line.products.is_empty() && !for_product {
            continue;
        }
        next.consider(line.from);
        line.until.into_iter().for_each(|it| next.consider(it));
        if line.until.is_none_or(|until| until > next.after) {
            versions(question, *at, line, next);
        }
    }
}

fn versions(question: &Question<'_>, at: usize, line: &Line, next: &mut Next) {
    for (requirement, agreement) in question.policy.requirements(at) {
        match requirement.version {
            VersionRule::Any => continue,
            VersionRule::MostCurrent => {}
        }
        for version in &question.catalogue.agreement(agreement).versions {
            if version.published <= question.as_of.prefix
                && let Some(from) = version.in_force_from.filter(|it| line.is_in_force_at(*it))
            {
                next.consider(from);
            }
        }
    }
}

/// Where the agreement that a remedy names can begin or cease to be confirmed.
fn availability(question: &Question<'_>, line: usize, next: &mut Next) {
    for (_, agreement) in question.policy.requirements(line) {
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
