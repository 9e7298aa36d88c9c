//! Relationships.

use assent_domain::acceptance::{
    EvidenceFact, EvidenceFacts, EvidenceOutcome, Relationship, Rest, WithdrawalFact,
};
use assent_domain::catalog::AgreementIndex;
use assent_domain::directory::StreamHead;
use assent_domain::values::{AgreementId, Instant, PartnerId, Position};

use super::{Head, Reference, Since, event_ref, head, history, instant, reference, restored, small, stream};

/// All of a relationship but its stream, which has columns, and its acceptances, which have rows of their own.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct RelationshipState {
    #[prost(message, repeated, tag = "1")]
    in_force: Vec<Since>,
    #[prost(message, repeated, tag = "3")]
    withdrawals: Vec<WithdrawalState>,
    #[prost(message, repeated, tag = "4")]
    evidence: Vec<EvidenceState>,
    #[prost(int64, optional, tag = "5")]
    first_purchase: Option<i64>,
    #[prost(message, optional, tag = "6")]
    orders: Option<Head>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct WithdrawalState {
    #[prost(message, required, tag = "1")]
    recorded: Reference,
    #[prost(uint32, tag = "2")]
    agreement: u32,
    #[prost(int64, tag = "3")]
    withdrawn_at: i64,
    #[prost(message, optional, tag = "4")]
    voided_by: Option<Reference>,
    #[prost(message, optional, tag = "5")]
    cancelled: Option<Reference>,
    #[prost(int64, tag = "6")]
    cancelled_at: i64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct EvidenceState {
    #[prost(message, required, tag = "1")]
    recorded: Reference,
    #[prost(string, tag = "2")]
    reseller: String,
    #[prost(string, tag = "3")]
    agreement: String,
    #[prost(int64, tag = "4")]
    accepted_at: i64,
    #[prost(message, optional, tag = "5")]
    confirmed: Option<Reference>,
    #[prost(uint64, tag = "6")]
    rejected: u64,
}

impl RelationshipState {
    pub(crate) fn of(it: &Relationship) -> Self {
        let Relationship { in_force, acceptances: _, rest, first_purchase, orders, stream: _ } = it;
        // As it was stored from the first edition on: with all that few relationships have.
        let has_more = rest.is_some() || first_purchase.is_some() || *orders != StreamHead::default();
        Self {
            in_force: history(in_force.as_ref(), u32::from),
            withdrawals: it.withdrawals().iter().map(WithdrawalState::of).collect(),
            evidence: it.evidence().iter().map(EvidenceState::of).collect(),
            first_purchase: first_purchase.map(Instant::micros),
            orders: has_more.then(|| head(*orders)),
        }
    }

    /// The relationship without its acceptances. None: the row is no state of this edition.
    pub(crate) fn restore(&self, stream_head: StreamHead) -> Option<Relationship> {
        let rest = Rest {
            withdrawals: self.withdrawals.iter().map(WithdrawalState::restore).collect::<Option<_>>()?,
            evidence: self.evidence.iter().map(EvidenceState::restore).collect::<Option<_>>()?,
        };
        Some(Relationship {
            in_force: restored(&self.in_force, |it| Some(it != 0))?,
            acceptances: Default::default(),
            rest: (rest != Rest::default()).then(|| Box::new(rest)),
            first_purchase: match self.first_purchase {
                None => None,
                Some(micros) => Some(instant(micros)?),
            },
            orders: self.orders.map(stream).unwrap_or_default(),
            stream: stream_head,
        })
    }
}

impl WithdrawalState {
    fn of(it: &WithdrawalFact) -> Self {
        let WithdrawalFact { recorded, agreement, withdrawn_at, voided_by, cancelled } = it;
        Self {
            recorded: reference(*recorded),
            agreement: agreement.0.into(),
            withdrawn_at: withdrawn_at.micros(),
            voided_by: voided_by.map(reference),
            cancelled: cancelled.map(|(event, _)| reference(event)),
            cancelled_at: cancelled.map_or(0, |(_, at)| at.micros()),
        }
    }

    fn restore(&self) -> Option<WithdrawalFact> {
        Some(WithdrawalFact {
            recorded: event_ref(self.recorded)?,
            agreement: AgreementIndex(small(self.agreement)?),
            withdrawn_at: instant(self.withdrawn_at)?,
            voided_by: match self.voided_by {
                None => None,
                Some(event) => Some(event_ref(event)?),
            },
            cancelled: match self.cancelled {
                None => None,
                Some(event) => Some((event_ref(event)?, instant(self.cancelled_at)?)),
            },
        })
    }
}

impl EvidenceState {
    fn of(it: &EvidenceFact) -> Self {
        let EvidenceFact { recorded, facts, outcome } = it;
        let EvidenceFacts { reseller, agreement, accepted_at } = facts;
        let (confirmed, rejected) = match outcome {
            EvidenceOutcome::Pending => (None, 0),
            EvidenceOutcome::Confirmed(by) => (Some(reference(*by)), 0),
            EvidenceOutcome::Rejected(by) => (None, by.0),
        };
        Self {
            recorded: reference(*recorded),
            reseller: reseller.to_string(),
            agreement: agreement.to_string(),
            accepted_at: accepted_at.micros(),
            confirmed,
            rejected,
        }
    }

    fn restore(&self) -> Option<EvidenceFact> {
        let outcome = match (self.confirmed, self.rejected) {
            (Some(by), _) => EvidenceOutcome::Confirmed(event_ref(by)?),
            (None, 0) => EvidenceOutcome::Pending,
            (None, by) => EvidenceOutcome::Rejected(Position(by)),
        };
        let facts = EvidenceFacts {
            reseller: PartnerId::parse(&self.reseller).ok()?,
            agreement: AgreementId::parse(&self.agreement).ok()?,
            accepted_at: instant(self.accepted_at)?,
        };
        Some(EvidenceFact { recorded: event_ref(self.recorded)?, facts, outcome })
    }
}
