//! What a range of events touches: which rows are written.

use std::collections::{BTreeMap, BTreeSet};

use assent_domain::stream::{Stream, stream_of};
use assent_domain::values::{CustomerId, PartnerId, Position};
use assent_domain::{Event, Facts, Recorded};
use assent_index::Index;

/// What a range of events touches.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    pub(super) partners: BTreeSet<PartnerId>,
    /// With the last event that is no acceptance.
    pub(crate) customers: BTreeMap<CustomerId, Option<Position>>,
    /// With the last event of the stream that is no acceptance.
    pub(crate) relationships: BTreeMap<(PartnerId, CustomerId), Option<Position>>,
    /// How many acceptances were added to relationships that are otherwise left as they are.
    accepted: BTreeMap<(PartnerId, CustomerId), u32>,
    pub(super) records: BTreeMap<Position, (PartnerId, CustomerId)>,
}

impl Touched {
    /// An acceptance that has a row says there what it changes of its relationship and its customer: their rows stay as
    /// they are. Only evidence that it confirms stands with the relationship.
    pub(super) fn add(&mut self, recorded: &Recorded, has_row: bool) {
        let event = &recorded.event;
        self.partners.extend(event.partner().cloned());
        self.partners.extend(event.reseller().cloned());
        if let Some(customer) = event.customer().filter(|_| !has_row) {
            self.customers.insert(customer.clone(), Some(recorded.position));
        }
        let (Some(partner), Some(customer)) = (event.partner(), event.customer()) else { return };
        let pair = (partner.clone(), customer.clone());
        let named = match event {
            Event::AcceptanceRecorded { acceptance, .. } => {
                [acceptance.corrects.map(|it| it.position), acceptance.evidence.map(|it| it.position)]
            }
            Event::AcceptanceVoided { acceptance: it, .. }
            | Event::WithdrawalVoided { withdrawal: it, .. }
            | Event::CancellationRecorded { obligation: it, .. }
            | Event::EvidenceRejected { evidence: it, .. } => [Some(it.position), None],
            Event::AcceptanceWithdrawn { .. } | Event::EvidenceSubmitted { .. } => {
                [Some(recorded.position), None]
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
            | Event::InquiryExported { .. } => [None; 2],
        };
        for position in named.into_iter().flatten() {
            self.records.insert(position, pair.clone());
        }
        let confirms_evidence =
            matches!(event, Event::AcceptanceRecorded { acceptance, .. } if acceptance.evidence.is_some());
        if has_row && !confirms_evidence {
            *self.accepted.entry(pair).or_default() += 1;
            return;
        }
        let last = self.relationships.entry(pair).or_default();
        if !has_row && matches!(stream_of(event), Stream::Relationship { .. }) {
            *last = Some(recorded.position);
        }
    }

    /// What begins with acceptances has no row yet.
    pub(super) fn add_new(&mut self, index: &Index) {
        for (pair, added) in std::mem::take(&mut self.accepted) {
            let revision = index.relationship(&pair.0, &pair.1).map_or(0, |it| it.stream.revision);
            if revision <= added {
                self.customers.entry(pair.1.clone()).or_default();
                self.relationships.entry(pair).or_default();
            }
        }
    }
}
