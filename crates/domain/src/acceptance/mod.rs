//! The relationship of one partner with one customer: what was accepted, withdrawn, collected, and is owed.
//!
//! These are facts, never verdicts: whether an acceptance is in force is asked with a prefix and an instant.

mod standing;

use smallvec::SmallVec;

use crate::catalog::{AgreementIndex, VersionIndex};
use crate::directory::StreamHead;
use crate::event::EventRef;
use crate::history::History;
use crate::values::{AgreementId, Instant, Method, PartnerId, Position};

pub use standing::{AcceptanceState, Obligation, ObligationState};

/// A relationship; also one that only orders were asked or recorded for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Relationship {
    /// Whether it is in force; none where it was never established (rule W6).
    pub in_force: Option<History<bool>>,
    /// Every acceptance ever recorded, by position. Most relationships have one: it lies in place.
    pub acceptances: SmallVec<[AcceptanceFact; 1]>,
    /// What few relationships have; a null pointer for all others.
    pub rest: Option<Box<Rest>>,
    /// The earliest PLACED order of the customer through this partner.
    pub first_purchase: Option<Instant>,
    /// The stream of recorded decisions and outcomes, `orders/{partner}/{customer}`.
    pub orders: StreamHead,
    /// Its stream, `relationship/{partner}/{customer}`.
    pub stream: StreamHead,
}

/// What few relationships have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rest {
    /// Every withdrawal ever recorded, by position.
    pub withdrawals: Vec<WithdrawalFact>,
    /// Every evidence ever submitted, by position.
    pub evidence: Vec<EvidenceFact>,
}

/// What decisions need of an acceptance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptanceFact {
    /// The event that recorded it: its id.
    pub recorded: EventRef,
    /// The instant of acceptance as it was stated.
    pub accepted_at: Instant,
    /// The instant of confirming; other than `recorded_at` only for a backfill or a correction of one.
    pub confirmed_at: Instant,
    /// The acceptance that corrected it; START where none did.
    pub corrected_by: Position,
    /// The event that voided it; START where none did.
    pub voided_by: Position,
    /// The agreement.
    pub agreement: AgreementIndex,
    /// The version.
    pub version: VersionIndex,
    /// How it came in.
    pub method: Method,
    /// Whether it was backfilled: then it was never confirmed before it was accepted (rule C10).
    pub backfilled: bool,
}

/// What decisions need of a withdrawal. The event that recorded it names its obligation too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithdrawalFact {
    /// The event that recorded it: its id, and its obligation's.
    pub recorded: EventRef,
    /// The agreement.
    pub agreement: AgreementIndex,
    /// From when on the customer no longer agrees.
    pub withdrawn_at: Instant,
    /// The event that voided it, which closed its obligation too.
    pub voided_by: Option<EventRef>,
    /// The event that recorded the cancellation, with the cancellation's own instant.
    pub cancelled: Option<(EventRef, Instant)>,
}

/// What is kept of evidence beside its sealed content (rule W2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceFact {
    /// The event that recorded it: its id.
    pub recorded: EventRef,
    /// What was submitted.
    pub facts: EvidenceFacts,
    /// What became of it.
    pub outcome: EvidenceOutcome,
}

/// What a submission says, beside its sealed content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceFacts {
    /// Who collected it.
    pub reseller: PartnerId,
    /// The agreement that it is about.
    pub agreement: AgreementId,
    /// The instant of acceptance that it claims.
    pub accepted_at: Instant,
}

/// What became of evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvidenceOutcome {
    /// Nothing yet.
    Pending,
    /// The provider confirmed it: this acceptance.
    Confirmed(EventRef),
    /// The provider rejected it, by this event.
    Rejected(Position),
}

/// The withdrawal that a void is about.
pub type WithdrawalTarget = EventRef;

impl Relationship {
    /// Whether the prefix has it in force (rule W6).
    pub fn is_in_force_at(&self, prefix: Position) -> bool {
        self.in_force.as_ref().and_then(|it| it.at(prefix)) == Some(&true)
    }

    /// Whether it was ever established.
    pub const fn ever_existed(&self) -> bool {
        self.in_force.is_some()
    }

    /// Every withdrawal ever recorded.
    pub fn withdrawals(&self) -> &[WithdrawalFact] {
        self.rest.as_ref().map_or(&[], |it| &it.withdrawals)
    }

    /// Every evidence ever submitted.
    pub fn evidence(&self) -> &[EvidenceFact] {
        self.rest.as_ref().map_or(&[], |it| &it.evidence)
    }

    /// The acceptance that this event recorded.
    pub fn acceptance(&self, position: Position) -> Option<&AcceptanceFact> {
        self.acceptances.iter().find(|it| it.recorded.position == position)
    }

    /// The same, to be changed.
    pub fn acceptance_mut(&mut self, position: Position) -> Option<&mut AcceptanceFact> {
        self.acceptances.iter_mut().find(|it| it.recorded.position == position)
    }

    /// The withdrawal that this event recorded.
    pub fn withdrawal(&self, position: Position) -> Option<&WithdrawalFact> {
        self.withdrawals().iter().find(|it| it.recorded.position == position)
    }

    /// The same, to be changed.
    pub fn withdrawal_mut(&mut self, position: Position) -> Option<&mut WithdrawalFact> {
        self.rest.as_mut()?.withdrawals.iter_mut().find(|it| it.recorded.position == position)
    }

    /// The evidence that this event submitted.
    pub fn evidence_of(&self, position: Position) -> Option<&EvidenceFact> {
        self.evidence().iter().find(|it| it.recorded.position == position)
    }

    /// The same, to be changed.
    pub fn evidence_mut(&mut self, position: Position) -> Option<&mut EvidenceFact> {
        self.rest.as_mut()?.evidence.iter_mut().find(|it| it.recorded.position == position)
    }

    /// What few relationships have, made where it is not there yet.
    pub fn rest_mut(&mut self) -> &mut Rest {
        self.rest.get_or_insert_default()
    }
}
