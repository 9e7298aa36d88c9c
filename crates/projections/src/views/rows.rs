//! Which rows events touch, and what those rows say.

use std::collections::{BTreeMap, BTreeSet};

use assent_domain::acceptance::EvidenceOutcome;
use assent_domain::values::{CustomerId, PartnerId, Position};
use assent_domain::{Event, Facts, Recorded};
use assent_index::Index;
use prost::Message;

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
    pub(crate) state: Vec<u8>,
}

#[derive(Debug)]
pub(crate) struct RelationshipRow {
    pub(crate) partner: String,
    pub(crate) customer: String,
    pub(crate) in_force: bool,
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
    pub(crate) accepted_at: i64,
    pub(crate) confirmed_at: i64,
    pub(crate) corrected_by: Option<i64>,
    pub(crate) voided_by: Option<i64>,
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
    pub(crate) box_id: Option<Vec<u8>>,
}

/// What a range of events touches.
#[derive(Debug, Default)]
struct Touched {
    partners: BTreeSet<PartnerId>,
    customers: BTreeSet<CustomerId>,
    relationships: BTreeSet<(PartnerId, CustomerId)>,
    records: BTreeMap<Position, (PartnerId, CustomerId)>,
}

impl Touched {
    fn add(&mut self, recorded: &Recorded) {
        let event = &recorded.event;
        self.partners.extend(event.partner().cloned());
        self.customers.extend(event.customer().cloned());
        self.partners.extend(event.reseller().cloned());
        let (Some(partner), Some(customer)) = (event.partner(), event.customer()) else { return };
        let pair = (partner.clone(), customer.clone());
        self.relationships.insert(pair.clone());
        let named = match event {
            Event::AcceptanceRecorded { acceptance, .. } => [
                Some(recorded.position),
                acceptance.corrects.map(|it| it.position),
                acceptance.evidence.map(|it| it.position),
            ],
            Event::AcceptanceVoided { acceptance: it, .. }
            | Event::WithdrawalVoided { withdrawal: it, .. }
            | Event::CancellationRecorded { obligation: it, .. }
            | Event::EvidenceRejected { evidence: it, .. } => [Some(it.position), None, None],
            Event::AcceptanceWithdrawn { .. } | Event::EvidenceSubmitted { .. } => {
                [Some(recorded.position), None, None]
            }
            Event::LedgerFormatted { .. }
            | Event::RulesActivated { .. }
            | Event::PartnerRegistered { .. }
            | Event::PartnerChanged { .. }
            | Event::PartnerStatusSet { .. }
            | Event::CustomerRegistered { .. }
            | Event::CustomerChanged { .. }
            | Event::CustomerPurchased { .. }
            | Event::RelationshipEstablished { .. }
            | Event::RelationshipEnded { .. }
            | Event::ResellerLinked { .. }
            | Event::ResellerUnlinked { .. }
            | Event::AgreementVersionPublished { .. }
            | Event::AgreementRetired { .. }
            | Event::PolicyPublished { .. }
            | Event::OrderDecided { .. }
            | Event::OrderOutcomeRecorded { .. }
            | Event::PersonalDataErased { .. }
            | Event::PersonLookedUp { .. }
            | Event::InquiryOpened { .. }
            | Event::InquiryExported { .. } => [None; 3],
        };
        for position in named.into_iter().flatten() {
            self.records.insert(position, pair.clone());
        }
    }
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
        let mut touched = Touched::default();
        let mut rows = Self { position: index.ledger().applied, leaf_hash, ..Self::default() };
        for event in events {
            touched.add(&event.recorded);
            rows.events.push(EventRow::of(event));
        }
        rows.partners = touched.partners.iter().map(|id| PartnerRow::of(index, id)).collect();
        rows.customers = touched.customers.iter().map(|id| CustomerRow::of(index, id)).collect();
        rows.relationships =
            touched.relationships.iter().map(|(it, its)| RelationshipRow::of(index, it, its)).collect();
        for (position, (partner, customer)) in &touched.records {
            rows.add_record(index, *position, partner, customer);
        }
        rows.ledger = LedgerState::of(index, catalogue_events.to_vec()).encode_to_vec();
        rows
    }

    pub(super) fn add_record(
        &mut self,
        index: &Index,
        position: Position,
        partner: &PartnerId,
        customer: &CustomerId,
    ) {
        let Some(relationship) = index.relationship(partner, customer) else { return };
        let (partner, customer) = (partner.to_string(), customer.to_string());
        let place = |it: Position| (it != Position::START).then_some(it.0 as i64);
        let is_it = |it: Position| it == position;
        let agreement = |it| index.catalogue().agreement(it);
        if let Some(it) = relationship.acceptance(position) {
            self.acceptances.push(AcceptanceRow {
                position: position.0 as i64,
                partner,
                customer,
                agreement: agreement(it.agreement).id.to_string(),
                version: agreement(it.agreement).version(it.version).id.to_string(),
                method: it.method.name(),
                accepted_at: it.accepted_at.micros(),
                confirmed_at: it.confirmed_at.micros(),
                corrected_by: place(it.corrected_by),
                voided_by: place(it.voided_by),
            });
        } else if let Some(it) = relationship.withdrawals().iter().find(|it| is_it(it.recorded.position)) {
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

impl EventRow {
    pub(super) fn of(Decoded { recorded, kind, box_id }: &Decoded) -> Self {
        Self {
            position: recorded.position.0 as i64,
            kind,
            partner: recorded.event.partner().map(ToString::to_string),
            customer: recorded.event.customer().map(ToString::to_string),
            reseller: recorded.event.reseller().map(ToString::to_string),
            box_id: box_id.map(Vec::from),
        }
    }
}

impl PartnerRow {
    pub(super) fn of(index: &Index, id: &PartnerId) -> Self {
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
    pub(super) fn of(index: &Index, id: &CustomerId) -> Self {
        let customer = index.customer(id);
        let facts = customer.as_ref().and_then(|it| it.facts.as_ref()).map(|it| it.current());
        Self {
            id: id.to_string(),
            country: facts.map(|it| it.country.to_string()),
            cloud: facts.map(|it| it.cloud.name()),
            state: customer.as_ref().map(|it| CustomerState::of(it).encode_to_vec()).unwrap_or_default(),
        }
    }
}

impl RelationshipRow {
    pub(super) fn of(index: &Index, partner: &PartnerId, customer: &CustomerId) -> Self {
        let relationship = index.relationship(partner, customer);
        Self {
            partner: partner.to_string(),
            customer: customer.to_string(),
            in_force: relationship.as_ref().is_some_and(|it| it.is_in_force_at(Position::END)),
            revision: relationship.as_ref().map_or(0, |it| it.stream.revision.into()),
            state: relationship
                .as_ref()
                .map(|it| RelationshipState::of(it).encode_to_vec())
                .unwrap_or_default(),
        }
    }
}
