//! Customers and relationships with all that they are, as an index image has those that do not lie in its records.

use assent_domain::acceptance::{AcceptanceFact, Relationship};
use assent_domain::catalog::{AgreementIndex, VersionIndex};
use assent_domain::directory::Customer;
use assent_domain::values::{Method, Position};

use super::{CustomerState, Head, Reference, RelationshipState, event_ref, head, instant, kind, reference};
use super::{small, stream};

/// A customer.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct RichCustomer {
    #[prost(message, required, tag = "1")]
    state: CustomerState,
    #[prost(uint64, tag = "2")]
    mentioned: u64,
}

/// A relationship, with its acceptances and its stream.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct RichRelationship {
    #[prost(message, required, tag = "1")]
    state: RelationshipState,
    #[prost(message, required, tag = "2")]
    stream: Head,
    #[prost(message, repeated, tag = "3")]
    acceptances: Vec<AcceptanceState>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct AcceptanceState {
    #[prost(message, required, tag = "1")]
    recorded: Reference,
    #[prost(int64, tag = "2")]
    accepted_at: i64,
    #[prost(int64, tag = "3")]
    confirmed_at: i64,
    #[prost(uint64, tag = "4")]
    corrected_by: u64,
    #[prost(uint64, tag = "5")]
    voided_by: u64,
    #[prost(uint32, tag = "6")]
    agreement: u32,
    #[prost(uint32, tag = "7")]
    version: u32,
    #[prost(uint32, tag = "8")]
    method: u32,
    #[prost(bool, tag = "9")]
    backfilled: bool,
}

impl RichCustomer {
    pub(crate) fn of(it: &Customer) -> Self {
        Self { state: CustomerState::of(it), mentioned: it.mentioned.0 }
    }

    pub(crate) fn restore(&self) -> Option<Customer> {
        self.state.restore(Position(self.mentioned))
    }
}

impl RichRelationship {
    pub(crate) fn of(it: &Relationship) -> Self {
        Self {
            state: RelationshipState::of(it),
            stream: head(it.stream),
            acceptances: it.acceptances.iter().map(AcceptanceState::of).collect(),
        }
    }

    pub(crate) fn restore(&self) -> Option<Relationship> {
        let acceptances = self.acceptances.iter().map(AcceptanceState::restore).collect::<Option<_>>()?;
        Some(Relationship { acceptances, ..self.state.restore(stream(self.stream))? })
    }
}

impl AcceptanceState {
    fn of(it: &AcceptanceFact) -> Self {
        let AcceptanceFact {
            recorded,
            accepted_at,
            confirmed_at,
            corrected_by,
            voided_by,
            agreement,
            version,
            method,
            backfilled,
        } = it;
        Self {
            recorded: reference(*recorded),
            accepted_at: accepted_at.micros(),
            confirmed_at: confirmed_at.micros(),
            corrected_by: corrected_by.0,
            voided_by: voided_by.0,
            agreement: agreement.0.into(),
            version: version.0.into(),
            method: *method as u32,
            backfilled: *backfilled,
        }
    }

    fn restore(&self) -> Option<AcceptanceFact> {
        Some(AcceptanceFact {
            recorded: event_ref(self.recorded)?,
            accepted_at: instant(self.accepted_at)?,
            confirmed_at: instant(self.confirmed_at)?,
            corrected_by: Position(self.corrected_by),
            voided_by: Position(self.voided_by),
            agreement: AgreementIndex(small(self.agreement)?),
            version: VersionIndex(small(self.version)?),
            method: kind(Method::ALL, self.method)?,
            backfilled: self.backfilled,
        })
    }
}
