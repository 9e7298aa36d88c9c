//! What the facts of a relationship amount to, as of a log prefix and a business instant (rules C8, C9, C13, O11).
//!
//! Nothing here is stored: a void, a correction, a withdrawal and a cancellation count from their position on, and
//! a business instant before one of them never saw it.

use super::{AcceptanceFact, Relationship, WithdrawalFact};
use crate::authorize::AsOf;
use crate::catalog::AgreementIndex;
use crate::event::EventRef;
use crate::values::{Instant, Position, kinds};

kinds! {
    /// What an acceptance is.
    AcceptanceState {
        /// The one of its agreement with the latest instant.
        Current = "CURRENT",
        /// In force, but a later one of its agreement is the current one.
        Superseded = "SUPERSEDED",
        /// Another one corrects it.
        Corrected = "CORRECTED",
        /// The customer no longer agrees.
        Withdrawn = "WITHDRAWN",
        /// It never counted.
        Void = "VOID",
    }
    /// What became of an obligation to cancel.
    ObligationState {
        /// Nothing yet.
        Open = "OPEN",
        /// The cancellation was recorded.
        Cancelled = "CANCELLED",
        /// The customer accepted anew.
        Restored = "RESTORED",
        /// The withdrawal never was.
        Voided = "VOIDED",
    }
}

/// A partner's obligation to cancel a customer's subscriptions (rule C13).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obligation {
    /// The withdrawal that opened it: its id.
    pub withdrawal: EventRef,
    /// The agreement withdrawn.
    pub agreement: AgreementIndex,
    /// The instant of the withdrawal.
    pub opened_at: Instant,
    /// What became of it.
    pub state: ObligationState,
    /// The event that closed it: the cancellation, the new acceptance, or the void.
    pub closed_by: Option<EventRef>,
}

impl Relationship {
    /// Whether the acceptance authorises as of then: it was recorded, is neither void nor corrected, has begun to
    /// count, and was not withdrawn.
    pub fn is_in_force(&self, fact: &AcceptanceFact, as_of: AsOf) -> bool {
        fact.has_begun(as_of) && self.withdrawn_at(fact, as_of).is_none()
    }

    /// The acceptance of this agreement in force with the latest instant; of two with the same, the later position.
    pub fn current(&self, agreement: AgreementIndex, as_of: AsOf) -> Option<&AcceptanceFact> {
        let of_agreement = self.acceptances.iter().filter(|it| it.agreement == agreement);
        of_agreement.filter(|it| self.is_in_force(it, as_of)).max_by_key(|it| it.rank())
    }

    /// What the acceptance is as of then. Asked about an instant before the acceptance began to count, it tells
    /// what the acceptance will be from then on, so far as the instant knows.
    pub fn state(&self, fact: &AcceptanceFact, as_of: AsOf) -> AcceptanceState {
        if fact.is_void_at(as_of.prefix) {
            AcceptanceState::Void
        } else if fact.is_corrected_at(as_of.prefix) {
            AcceptanceState::Corrected
        } else if self.withdrawn_at(fact, as_of).is_some() {
            AcceptanceState::Withdrawn
        } else if self.superseded_by(fact, as_of).is_some() {
            AcceptanceState::Superseded
        } else {
            AcceptanceState::Current
        }
    }

    /// The next later acceptance of the same agreement in force, where there is one.
    pub fn superseded_by(&self, fact: &AcceptanceFact, as_of: AsOf) -> Option<&AcceptanceFact> {
        let later = |it: &&AcceptanceFact| it.agreement == fact.agreement && it.rank() > fact.rank();
        let in_force = self.acceptances.iter().filter(later).filter(|it| self.is_in_force(it, as_of));
        in_force.min_by_key(|it| it.rank())
    }

    /// The instant of the earliest withdrawal that ended the acceptance: one ends all that are not after it,
    /// whenever they were recorded (rule C13).
    pub fn withdrawn_at(&self, fact: &AcceptanceFact, as_of: AsOf) -> Option<Instant> {
        self.withdrawal_of(fact, as_of).map(|it| it.withdrawn_at)
    }

    /// That withdrawal; of two with the same instant, the one recorded first.
    pub fn withdrawal_of(&self, fact: &AcceptanceFact, as_of: AsOf) -> Option<&WithdrawalFact> {
        let ends = |it: &&WithdrawalFact| {
            it.agreement == fact.agreement && it.has_begun(as_of) && fact.counts_from() <= it.withdrawn_at
        };
        self.withdrawals().iter().filter(ends).min_by_key(|it| it.withdrawn_at)
    }

    /// The last withdrawal of this agreement that the prefix knows: a new acceptance must lie after it.
    pub fn last_withdrawal(&self, agreement: AgreementIndex, prefix: Position) -> Option<&WithdrawalFact> {
        let of_agreement = self.withdrawals().iter().filter(|it| it.agreement == agreement);
        of_agreement.filter(|it| it.stands_at(prefix)).max_by_key(|it| it.withdrawn_at)
    }

    /// Every obligation opened as of then, by position, with what became of it.
    pub fn obligations(&self, as_of: AsOf) -> impl Iterator<Item = Obligation> {
        let opened = move |it: &&WithdrawalFact| {
            it.recorded.position <= as_of.prefix && it.withdrawn_at <= as_of.effective_at
        };
        self.withdrawals().iter().filter(opened).map(move |it| self.obligation(it, as_of))
    }

    /// The obligations that are open as of then (rule O2).
    pub fn open_obligations(&self, as_of: AsOf) -> impl Iterator<Item = Obligation> {
        self.obligations(as_of).filter(|it| it.state == ObligationState::Open)
    }

    /// What became of the obligation that this withdrawal opened. The first closing event wins, so that a
    /// cancellation recorded after the customer accepted anew leaves it RESTORED; a void undoes both.
    pub fn obligation(&self, withdrawal: &WithdrawalFact, as_of: AsOf) -> Obligation {
        let voided = withdrawal.voided_by.filter(|it| it.position <= as_of.prefix);
        let cancelled = withdrawal.cancelled_as_of(as_of);
        let restored = self.restored_by(withdrawal, as_of);
        let (state, closed_by) = match (voided, cancelled, restored) {
            (Some(void), _, _) => (ObligationState::Voided, Some(void)),
            (None, Some(cancelled), Some(restored)) if cancelled.position < restored.position => {
                (ObligationState::Cancelled, Some(cancelled))
            }
            (None, _, Some(restored)) => (ObligationState::Restored, Some(restored)),
            (None, Some(cancelled), None) => (ObligationState::Cancelled, Some(cancelled)),
            (None, None, None) => (ObligationState::Open, None),
        };
        let WithdrawalFact { recorded, agreement, withdrawn_at, voided_by: _, cancelled: _ } = *withdrawal;
        Obligation { withdrawal: recorded, agreement, opened_at: withdrawn_at, state, closed_by }
    }

    /// The first recorded acceptance of the agreement that lies after the withdrawal.
    fn restored_by(&self, withdrawal: &WithdrawalFact, as_of: AsOf) -> Option<EventRef> {
        let restores = |it: &&AcceptanceFact| {
            it.agreement == withdrawal.agreement
                && it.has_begun(as_of)
                && it.counts_from() > withdrawal.withdrawn_at
        };
        self.acceptances.iter().find(restores).map(|it| it.recorded)
    }
}

impl AcceptanceFact {
    /// From when on it counts: the earlier of its stated instant and the confirming one (rule C3). A stated
    /// instant can lie ahead by a clock's error, or by a calendar date's start in UTC.
    pub fn counts_from(&self) -> Instant {
        self.accepted_at.min(self.confirmed_at)
    }

    /// The order in which acceptances of an agreement follow one another (rule C8).
    pub fn rank(&self) -> (Instant, Position) {
        (self.counts_from(), self.recorded.position)
    }

    /// Whether the prefix holds its void.
    pub fn is_void_at(&self, prefix: Position) -> bool {
        self.voided_by != Position::START && self.voided_by <= prefix
    }

    /// Whether the prefix holds its correction.
    pub fn is_corrected_at(&self, prefix: Position) -> bool {
        self.corrected_by != Position::START && self.corrected_by <= prefix
    }

    /// Whether the prefix holds it, and neither its void nor its correction.
    pub fn stands_at(&self, prefix: Position) -> bool {
        self.recorded.position <= prefix && !self.is_void_at(prefix) && !self.is_corrected_at(prefix)
    }

    /// Whether it stands, and has begun to count.
    pub fn has_begun(&self, as_of: AsOf) -> bool {
        self.stands_at(as_of.prefix) && self.counts_from() <= as_of.effective_at
    }
}

impl WithdrawalFact {
    /// Whether the prefix holds it, and not its void.
    pub fn stands_at(&self, prefix: Position) -> bool {
        self.recorded.position <= prefix && self.voided_by.is_none_or(|it| it.position > prefix)
    }

    /// Whether it stands, and its instant has come.
    pub fn has_begun(&self, as_of: AsOf) -> bool {
        self.stands_at(as_of.prefix) && self.withdrawn_at <= as_of.effective_at
    }

    /// From when on its cancellation counts: never later than it was recorded, as with acceptances.
    pub fn cancelled_from(&self) -> Option<Instant> {
        self.cancelled.map(|(event, at)| at.min(event.recorded_at))
    }

    fn cancelled_as_of(&self, as_of: AsOf) -> Option<EventRef> {
        let (event, _) = self.cancelled?;
        let from = self.cancelled_from()?;
        (event.position <= as_of.prefix && from <= as_of.effective_at).then_some(event)
    }
}
