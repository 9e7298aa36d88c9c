//! Which rows events touch, and what those rows say.

use assent_domain::acceptance::{AcceptanceFact, EvidenceOutcome, Relationship};
use assent_domain::privacy::KeyId;
use assent_domain::values::{CustomerId, PartnerId, Position};
use assent_domain::{Event, Facts};
use assent_index::Index;
use prost::Message;

use super::touched::Touched;
use crate::decode::{Decoded, LeafHash};
use crate::state::{CustomerState, LedgerState, PartnerState, RelationshipState};

/// The rows that a range of events touches, as they are at its end.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) partners: Vec<PartnerRow>,
    pub(crate) customers: Vec<CustomerRow>,
    pub(crate) relationships: Vec<RelationshipRow>,
    pub(crate) acceptances: Vec<AcceptanceRow>,
    pub(crate) obligations: Vec<ObligationRow>,
    pub(crate) evidence: Vec<EvidenceRow>,
    pub(crate) events: Vec<EventRow>,
    pub(crate) ledger: Vec<u8>,
    /// The leaf hash of the event at `position`.
    pub(crate) leaf_hash: LeafHash,
    pub(crate) position: Position,
}

#[derive(Debug)]
pub(crate) struct PartnerRow {
    pub(crate) id: String,
    pub(crate) program: Option<&'static str>,
    pub(crate) country: Option<String>,
    pub(crate) status: Option<&'static str>,
    pub(crate) state: Vec<u8>,
}

#[derive(Debug)]
pub(crate) struct CustomerRow {
    pub(crate) id: String,
    pub(crate) country: Option<String>,
    pub(crate) cloud: Option<&'static str>,
    /// The last event that names it, but for acceptances; none: the row, where it is there, knows.
    pub(crate) mentioned: Option<i64>,
    pub(crate) state: Vec<u8>,
}

#[derive(Debug)]
pub(crate) struct RelationshipRow {
    pub(crate) partner: String,
    pub(crate) customer: String,
    pub(crate) in_force: bool,
    /// The last event of its stream, but for acceptances; none: the row, where it is there, knows.
    pub(crate) position: Option<i64>,
    /// How many events its stream has, but for acceptances.
    pub(crate) revision: i64,
    pub(crate) state: Vec<u8>,
}

#[derive(Debug)]
pub(crate) struct AcceptanceRow {
    pub(crate) position: i64,
    pub(crate) partner: String,
    pub(crate) customer: String,
    pub(crate) agreement: String,
    pub(crate) version: String,
    pub(crate) method: &'static str,
    pub(crate) recorded_at: i64,
    pub(crate) accepted_at: i64,
    pub(crate) confirmed_at: i64,
    pub(crate) backfilled: bool,
    pub(crate) corrected_by: Option<i64>,
    pub(crate) voided_by: Option<i64>,
    /// What only its event says; none where the row is there already.
    pub(crate) event: Option<AcceptanceEvent>,
}

#[derive(Debug)]
pub(crate) struct AcceptanceEvent {
    pub(crate) kind: &'static str,
    pub(crate) reseller: Option<String>,
    pub(crate) box_id: Option<KeyId>,
}

#[derive(Debug)]
pub(crate) struct ObligationRow {
    pub(crate) position: i64,
    pub(crate) partner: String,
    pub(crate) customer: String,
    pub(crate) agreement: String,
    pub(crate) withdrawn_at: i64,
    pub(crate) voided_by: Option<i64>,
    pub(crate) cancelled_by: Option<i64>,
    pub(crate) cancelled_at: Option<i64>,
}

#[derive(Debug)]
pub(crate) struct EvidenceRow {
    pub(crate) position: i64,
    pub(crate) partner: String,
    pub(crate) customer: String,
    pub(crate) reseller: String,
    pub(crate) agreement: String,
    pub(crate) state: &'static str,
}

#[derive(Debug)]
pub(crate) struct EventRow {
    pub(crate) position: i64,
    pub(crate) kind: &'static str,
    pub(crate) partner: Option<String>,
    pub(crate) customer: Option<String>,
    pub(crate) reseller: Option<String>,
    pub(crate) box_id: Option<KeyId>,
}

impl Rows {
    /// The rows that these events touch, from the index that they are the last events of; `leaf_hash` is that of the
    /// last one.
    pub(crate) fn of(
        index: &Index,
        events: &[Decoded],
        catalogue_events: &[u64],
        leaf_hash: LeafHash,
    ) -> Self {
        let (mut rows, mut touched) = Self::of_records(index, events);
        touched.add_new(index);
        rows.partners = touched.partners.iter().map(|id| PartnerRow::of(index, id)).collect();
        rows.customers =
            touched.customers.iter().map(|(id, last)| CustomerRow::of(index, id, *last)).collect();
        rows.relationships = touched
            .relationships
            .iter()
            .map(|((partner, customer), last)| RelationshipRow::of(index, partner, customer, *last))
            .collect();
        Self { leaf_hash, ledger: LedgerState::of(index, catalogue_events.to_vec()).encode_to_vec(), ..rows }
    }

    /// The rows of records that events touch: those that belong to a position, not those of states. With all that they touch.
    pub(crate) fn of_records(index: &Index, events: &[Decoded]) -> (Self, Touched) {
        let mut touched = Touched::default();
        let mut rows = Self { position: index.ledger().applied, ..Self::default() };
        for event in events {
            let acceptance = AcceptanceRow::of(index, event);
            touched.add(&event.recorded, acceptance.is_some());
            match acceptance {
                Some(row) => rows.acceptances.push(row),
                None => rows.events.push(EventRow::of(event)),
            }
        }
        let first = events.first().map_or(Position::END, |it| it.recorded.position);
        for (position, (partner, customer)) in &touched.records {
            rows.add_record(index, *position, partner, customer, first);
        }
        (rows, touched)
    }

    /// Adds the row of a record, but of no acceptance from `first` on.
    pub(super) fn add_record(
        &mut self,
        index: &Index,
        position: Position,
        partner: &PartnerId,
        customer: &CustomerId,
        first: Position,
    ) {
        let Some(relationship) = index.relationship(partner, customer) else { return };
        let is_it = |it: Position| it == position;
        let agreement = |it| index.catalogue().agreement(it);
        if let Some(it) = relationship.acceptance(position) {
            if position < first {
                self.acceptances.push(AcceptanceRow::with(index, partner, customer, it, None));
            }
            return;
        }
        let (partner, customer) = (partner.to_string(), customer.to_string());
        if let Some(it) = relationship.withdrawals().iter().find(|it| is_it(it.recorded.position)) {
            self.obligations.push(ObligationRow {
                position: position.0 as i64,
                partner,
                customer,
                agreement: agreement(it.agreement).id.to_string(),
                withdrawn_at: it.withdrawn_at.micros(),
                voided_by: it.voided_by.map(|it| it.position.0 as i64),
                cancelled_by: it.cancelled.map(|(event, _)| event.position.0 as i64),
                cancelled_at: it.cancelled.map(|(_, at)| at.micros()),
            });
        } else if let Some(it) = relationship.evidence().iter().find(|it| is_it(it.recorded.position)) {
            self.evidence.push(EvidenceRow {
                position: position.0 as i64,
                partner,
                customer,
                reseller: it.facts.reseller.to_string(),
                agreement: it.facts.agreement.to_string(),
                state: match it.outcome {
                    EvidenceOutcome::Pending => "PENDING",
                    EvidenceOutcome::Confirmed(_) => "CONFIRMED",
                    EvidenceOutcome::Rejected(_) => "REJECTED",
                },
            });
        }
    }
}

impl AcceptanceRow {
    /// The row of an event that records an acceptance. None for any other, and for an acceptance that the facts do not
    /// have: of an agreement that was never published.
    fn of(index: &Index, Decoded { recorded, kind, box_id }: &Decoded) -> Option<Self> {
        let Event::AcceptanceRecorded { partner, customer, .. } = &recorded.event else { return None };
        let relationship = index.relationship(partner, customer)?;
        let event = AcceptanceEvent {
            kind,
            reseller: recorded.event.reseller().map(ToString::to_string),
            box_id: *box_id,
        };
        let fact = relationship.acceptance(recorded.position)?;
        Some(Self::with(index, partner, customer, fact, Some(event)))
    }

    fn with(
        index: &Index,
        partner: &PartnerId,
        customer: &CustomerId,
        fact: &AcceptanceFact,
        event: Option<AcceptanceEvent>,
    ) -> Self {
        let place = |it: Position| (it != Position::START).then_some(it.0 as i64);
        let AcceptanceFact { recorded, accepted_at, confirmed_at, corrected_by, voided_by, .. } = fact;
        let AcceptanceFact { agreement, version, method, backfilled, .. } = fact;
        let agreement = index.catalogue().agreement(*agreement);
        Self {
            position: recorded.position.0 as i64,
            partner: partner.text(),
            customer: customer.text(),
            agreement: agreement.id.text(),
            version: agreement.version(*version).id.text(),
            method: method.name(),
            recorded_at: recorded.recorded_at.micros(),
            accepted_at: accepted_at.micros(),
            confirmed_at: confirmed_at.micros(),
            backfilled: *backfilled,
            corrected_by: place(*corrected_by),
            voided_by: place(*voided_by),
            event,
        }
    }
}

impl EventRow {
    pub(super) fn of(Decoded { recorded, kind, box_id }: &Decoded) -> Self {
        Self {
            position: recorded.position.0 as i64,
            kind,
            partner: recorded.event.partner().map(PartnerId::text),
            customer: recorded.event.customer().map(CustomerId::text),
            reseller: recorded.event.reseller().map(ToString::to_string),
            box_id: *box_id,
        }
    }
}

impl PartnerRow {
    pub(crate) fn of(index: &Index, id: &PartnerId) -> Self {
        let partner = index.partner(id);
        let facts = partner.and_then(|it| it.facts.as_ref()).map(|it| it.current());
        Self {
            id: id.to_string(),
            program: facts.map(|it| it.program.name()),
            country: facts.map(|it| it.country.to_string()),
            status: partner.and_then(|it| it.status.as_ref()).map(|it| it.current().name()),
            state: partner.map(|it| PartnerState::of(it).encode_to_vec()).unwrap_or_default(),
        }
    }
}

impl CustomerRow {
    pub(crate) fn of(index: &Index, id: &CustomerId, mentioned: Option<Position>) -> Self {
        let customer = index.customer(id);
        let facts = customer.as_ref().and_then(|it| it.facts.as_ref()).map(|it| it.current());
        Self {
            id: id.to_string(),
            country: facts.map(|it| it.country.to_string()),
            cloud: facts.map(|it| it.cloud.name()),
            mentioned: mentioned.map(|it| it.0 as i64),
            state: customer.as_ref().map(|it| CustomerState::of(it).encode_to_vec()).unwrap_or_default(),
        }
    }
}

impl RelationshipRow {
    pub(crate) fn of(
        index: &Index,
        partner: &PartnerId,
        customer: &CustomerId,
        last: Option<Position>,
    ) -> Self {
        let relationship = index.relationship(partner, customer);
        let of_others = |it: &Relationship| i64::from(it.stream.revision) - it.acceptances.len() as i64;
        Self {
            partner: partner.text(),
            customer: customer.text(),
            in_force: relationship.as_ref().is_some_and(|it| it.is_in_force_at(Position::END)),
            position: last.map(|it| it.0 as i64),
            revision: relationship.as_ref().map_or(0, |it| of_others(it)),
            state: relationship
                .as_ref()
                .map(|it| RelationshipState::of(it).encode_to_vec())
                .unwrap_or_default(),
        }
    }
}
