//! Orders that are decided together, on the same facts: what is the same for many of them is worked out once, and what nearly all
//! are answered is said in a few words.

use smallvec::smallvec;

use super::question::Question;
use super::terms::{Kind, Terms};
use super::{AsOf, Decision, Order, Outcome, PolicyUnknown, Reason, ReasonCode, cloud};
use crate::acceptance::AcceptanceFact;
use crate::catalog::{AgreementIndex, Catalogue, VersionIndex};
use crate::event::EventRef;
use crate::facts::{Facts, Found};
use crate::values::{Instant, ProductFamily};

/// How many kinds of orders are remembered: those of a partner are mostly of one or two.
const KINDS_MAX: usize = 8;

/// What becomes of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may go through, and nothing is to be done.
    Allowed(Allowed),
    /// All else; beside the verdict, which is moved for every order that may go through.
    Decided(Box<Decision>),
}

/// An order that may go through. On the same facts, all of which this says the same are answered the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// Why.
    pub code: ReasonCode,
    /// The acceptance that it rests on, where it needs one.
    pub rests_on: Option<RestsOn>,
    /// As in [`Decision::valid_until`].
    pub valid_until: Option<Instant>,
}

/// An acceptance that allows an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestsOn {
    /// Of this agreement.
    pub agreement: AgreementIndex,
    /// Of this version.
    pub version: VersionIndex,
    /// The event that recorded it.
    pub acceptance: EventRef,
}

impl From<&AcceptanceFact> for RestsOn {
    fn from(fact: &AcceptanceFact) -> Self {
        Self { agreement: fact.agreement, version: fact.version, acceptance: fact.recorded }
    }
}

impl RestsOn {
    /// A reason that rests on the acceptance.
    pub(super) fn reason(self, code: ReasonCode, catalogue: &Catalogue) -> Reason {
        let Self { agreement, version, acceptance } = self;
        let agreement = catalogue.agreement(agreement);
        Reason {
            agreement: Some(agreement.id.clone()),
            version: Some(agreement.version(version).id.clone()),
            acceptance: Some(acceptance),
            ..Reason::of(code)
        }
    }
}

impl Verdict {
    /// The whole of it; the facts are those that it was decided on.
    pub fn decision(self, facts: &(impl Facts + ?Sized)) -> Decision {
        match self {
            Self::Allowed(it) => it.decision(facts),
            Self::Decided(it) => *it,
        }
    }
}

impl Allowed {
    /// Whether both, on the same facts and as of the same instant and prefix, say the same but for the acceptance's event.
    pub fn is_like(&self, other: &Self) -> bool {
        let place = |it: &Self| it.rests_on.map(|it| (it.agreement, it.version));
        (self.code, self.valid_until) == (other.code, other.valid_until) && place(self) == place(other)
    }

    /// The whole of it; the facts are those that it was decided on.
    pub fn decision(&self, facts: &(impl Facts + ?Sized)) -> Decision {
        let Self { code, rests_on, valid_until } = *self;
        let of_acceptance = |it: RestsOn| it.reason(code, facts.catalogue());
        let reason = rests_on.map_or(Reason::of(code), of_acceptance);
        let reasons = smallvec![reason];
        Decision { outcome: Outcome::Allowed, reasons, remediations: Vec::new(), valid_until }
    }
}

/// Decides orders one after the other, on the same facts.
#[derive(Debug)]
pub struct Deciding<'a, F: ?Sized> {
    facts: &'a F,
    /// What was worked out for the orders before.
    terms: Vec<(Kind<ProductFamily>, Terms<'a>)>,
}

impl<'a, F: Facts + ?Sized> Deciding<'a, F> {
    /// Nothing was decided yet.
    pub const fn on(facts: &'a F) -> Self {
        Self { facts, terms: Vec::new() }
    }

    /// What [`super::authorize_found`] decides.
    ///
    /// # Errors
    ///
    /// There is no answer without a policy.
    pub fn decide(
        &mut self,
        found: &Found<'_>,
        order: &Order,
        as_of: &AsOf,
    ) -> Result<Verdict, PolicyUnknown> {
        let kind = Kind::of(order, cloud(found, as_of.prefix), *as_of);
        let terms = match self.terms.iter().find(|(known, _)| known.is(&kind)) {
            Some((_, terms)) => *terms,
            None => self.work_out(&kind)?,
        };
        Ok(Question::of(terms, self.facts, found, order, *as_of).verdict(self.facts, order))
    }

    #[cold]
    fn work_out(&mut self, kind: &Kind<&ProductFamily>) -> Result<Terms<'a>, PolicyUnknown> {
        let policy = self.facts.policies().at(kind.as_of.prefix).ok_or(PolicyUnknown)?;
        let terms = Terms::of(policy, self.facts.catalogue(), kind);
        // Orders with instants of their own are a kind each: what they leave behind must not stand in the others' way.
        if self.terms.len() == KINDS_MAX {
            self.terms.clear();
        }
        self.terms.push((kind.kept(), terms));
        Ok(terms)
    }
}
