//! What an order lacks of what its line wants (rules O1, O4, O6, O7, C13).

use smallvec::SmallVec;

use super::question::Question;
use super::terms::Demand;
use super::{AsOf, Reason, ReasonCode};
use crate::acceptance::AcceptanceFact;
use crate::catalog::{AgreementIndex, Available};
use crate::policy::{Requirement, VersionRule};
use crate::values::VersionId;

/// What an order lacks, where its line is not fulfilled.
pub(super) struct Shortfall<'a> {
    pub(super) lack: Lack<'a>,
    /// The acceptance of another agreement that the line does not take, and why.
    pub(super) other: Option<(ReasonCode, &'a AcceptanceFact)>,
    /// The requirement that the customer should fulfil, and its agreement.
    pub(super) wanted: Option<(&'a Requirement, AgreementIndex)>,
    /// Whether that agreement can be confirmed at the instant asked about.
    pub(super) available: bool,
}

/// Why no acceptance of what the line wants counts.
#[derive(Clone, Copy)]
pub(super) enum Lack<'a> {
    /// There is none.
    Missing,
    /// The latest is too old.
    Stale(&'a AcceptanceFact),
    /// The latest was withdrawn.
    Withdrawn(&'a AcceptanceFact),
}

/// What the order lacks; nothing where no line covers it, or where an acceptance fulfils the line.
pub(super) fn of<'a>(question: &Question<'a>) -> Option<Shortfall<'a>> {
    let Demand::Line { at, base } = question.terms.demand else { return None };
    if question.latest_that(|it| question.in_force(it) && question.fits(at, it)).is_some() {
        return None;
    }
    let lack = lack(question, at);
    let other = not_valid_for_product(question, at, base).or_else(|| no_longer_honoured(question, at, base));
    let wanted = wanted(question, at, lack);
    let available = wanted.is_some_and(|(_, agreement)| available(question, agreement));
    Some(Shortfall { lack, other, wanted, available })
}

/// The latest acceptance that fails in one thing only tells which; one that is both stale and withdrawn tells that
/// it was withdrawn, where there is no other.
fn lack<'a>(question: &Question<'a>, line: usize) -> Lack<'a> {
    let candidate = |it: &AcceptanceFact| question.takes(line, it) && it.has_begun(question.as_of);
    let in_force = |it: &AcceptanceFact| question.in_force(it);
    let one_fault = |it: &AcceptanceFact| candidate(it) && (in_force(it) || question.fits(line, it));
    match question.latest_that(one_fault).or_else(|| question.latest_that(candidate)) {
        None => Lack::Missing,
        Some(latest) if in_force(latest) => Lack::Stale(latest),
        Some(latest) => Lack::Withdrawn(latest),
    }
}

/// An acceptance in force that would do without the product (rule O6).
fn not_valid_for_product<'a>(
    question: &Question<'a>,
    line: usize,
    base: Option<usize>,
) -> Option<(ReasonCode, &'a AcceptanceFact)> {
    let base = base.filter(|it| *it != line)?;
    let fact = question
        .latest_that(|it| question.in_force(it) && question.fits(base, it) && !question.takes(line, it))?;
    Some((ReasonCode::AgreementNotValidForProduct, fact))
}

/// An acceptance in force of an agreement that an earlier base line took, and that none of the instant takes (rule
/// O7).
fn no_longer_honoured<'a>(
    question: &Question<'a>,
    line: usize,
    base: Option<usize>,
) -> Option<(ReasonCode, &'a AcceptanceFact)> {
    let policy = question.policy();
    let took_once = |fact: &AcceptanceFact| {
        policy.concerning(question.channel, question.transaction).iter().any(|at| {
            let earlier = policy.line(*at);
            let over = earlier.until.is_some_and(|until| until <= question.as_of.effective_at);
            over && earlier.products.is_empty() && question.takes(*at, fact)
        })
    };
    let takes_now =
        |fact: &AcceptanceFact| question.takes(line, fact) || base.is_some_and(|it| question.takes(it, fact));
    let fact = question.latest_that(|it| question.in_force(it) && !takes_now(it) && took_once(it))?;
    Some((ReasonCode::AgreementNoLongerHonoured, fact))
}

/// The requirement to fulfil: that of the agreement accepted before, else the line's first; in either case one whose
/// agreement can be confirmed, where there is such a one. It is named also where it cannot be: a denial always says
/// what is missing.
fn wanted<'a>(
    question: &Question<'a>,
    line: usize,
    lack: Lack<'a>,
) -> Option<(&'a Requirement, AgreementIndex)> {
    let policy = question.policy();
    let before = match lack {
        Lack::Missing => None,
        Lack::Stale(fact) | Lack::Withdrawn(fact) => Some(fact.agreement),
    };
    let all = || policy.requirements(line);
    let preferred = all().find(|(_, agreement)| Some(*agreement) == before).or_else(|| all().next());
    let available = |it: &(&Requirement, AgreementIndex)| available(question, it.1);
    preferred.filter(available).or_else(|| all().find(available)).or(preferred)
}

fn available(question: &Question<'_>, agreement: AgreementIndex) -> bool {
    let AsOf { prefix, effective_at } = question.as_of;
    let agreement = question.catalogue.agreement(agreement);
    let available = agreement.available_at(question.environment, question.channel, effective_at, prefix);
    available == Available::Now
}

impl Shortfall<'_> {
    /// Its reasons. That nothing was accepted goes without saying where another agreement was.
    pub(super) fn reasons(&self, question: &Question<'_>) -> SmallVec<[Reason; 2]> {
        let mut reasons = SmallVec::new();
        match (self.lack, self.other) {
            (Lack::Missing, Some(_)) => {}
            (Lack::Missing, None) => reasons.push(self.missing(question)),
            (Lack::Stale(fact), _) => reasons.push(question.reason_of(ReasonCode::AcceptanceStale, fact)),
            (Lack::Withdrawn(fact), _) => {
                reasons.push(question.reason_of(ReasonCode::AcceptanceWithdrawn, fact));
            }
        }
        reasons.extend(self.other.map(|(code, fact)| question.reason_of(code, fact)));
        reasons
    }

    fn missing(&self, question: &Question<'_>) -> Reason {
        let agreement = self.wanted.map(|(_, agreement)| question.catalogue.agreement(agreement).id.clone());
        Reason {
            agreement,
            version: self.wanted_version(question),
            ..Reason::of(ReasonCode::AcceptanceMissing)
        }
    }

    /// The version wanted, where it must be the current one.
    pub(super) fn wanted_version(&self, question: &Question<'_>) -> Option<VersionId> {
        let (requirement, agreement) = self.wanted?;
        let agreement = question.catalogue.agreement(agreement);
        match requirement.version {
            VersionRule::Any => None,
            VersionRule::MostCurrent => {
                let current = agreement.in_force_at(question.as_of.effective_at, question.as_of.prefix)?;
                Some(agreement.version(current).id.clone())
            }
        }
    }
}
