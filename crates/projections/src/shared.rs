//! The index of a replica: many read it, one task writes it.

use std::sync::Arc;

use assent_domain::values::{CustomerId, PartnerId, Position};
use assent_domain::{Facts, Recorded};
use assent_index::Index;
use parking_lot::{Mutex, RwLock, RwLockReadGuard};
use tokio::sync::{Notify, broadcast, watch};

use crate::decode::{Decoded, LeafHash};
use crate::maintain::is_catalogue;

/// How many changes a watcher may be behind before it is told that everything may have changed.
const WATCH_CHANGES_MAX: usize = 4_096;

/// How many events are kept for the read models at most.
pub(crate) const PENDING_EVENTS_MAX: usize = 200_000;

/// The index of a replica. A reader holds the lock for one decision and never across an await: what it sees is
/// exactly one prefix of the log.
#[derive(Clone, Debug)]
pub struct SharedIndex(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    index: RwLock<Index>,
    /// What the read models do not have yet, up to exactly the position applied; none: nobody maintains them.
    /// Written under the index's lock.
    pending: Mutex<Option<Pending>>,
    applied: watch::Sender<Position>,
    /// Somebody waits for the read models.
    wanted: Notify,
    changes: broadcast::Sender<Applied>,
}

/// What the read models need of the events that were applied.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    /// The leaf hash of the last event applied: which log's rows these are.
    pub(crate) leaf_hash: LeafHash,
    /// Those that they do not have yet, in order.
    pub(crate) events: Vec<Decoded>,
    /// The positions of all that a start folds again: catalogue and policies.
    pub(crate) catalogue_events: Vec<u64>,
}

/// What an applied event touched.
#[derive(Clone, Debug)]
pub enum Applied {
    /// A relationship.
    Relationship(Position, PartnerId, CustomerId),
    /// A partner: each of its relationships.
    Partner(Position, PartnerId),
    /// A provider and a reseller: each one's relationships.
    Link(Position, PartnerId, PartnerId),
    /// A customer: its relationship with each partner.
    Customer(Position, CustomerId),
    /// Policy or catalogue: every answer.
    Everything(Position),
    /// Nothing that a status shows.
    Nothing(Position),
}

impl SharedIndex {
    /// Shares an index, with what the read models do not have yet.
    pub(crate) fn new(index: Index, pending: Pending) -> Self {
        let applied = watch::Sender::new(index.ledger().applied);
        let changes = broadcast::Sender::new(WATCH_CHANGES_MAX);
        Self(Arc::new(Inner {
            index: RwLock::new(index),
            pending: Mutex::new(Some(pending)),
            wanted: Notify::new(),
            applied,
            changes,
        }))
    }

    /// Shares an index that no read models are kept of.
    pub fn unmaintained(index: Index) -> Self {
        let shared = Self::new(index, Pending::default());
        shared.stop_pending();
        shared
    }

    /// The facts of the whole prefix applied.
    pub fn read(&self) -> RwLockReadGuard<'_, Index> {
        self.0.index.read()
    }

    /// Applies events, all or none visible at once, and tells who waits. `leaf_hash` is the last one's.
    pub fn apply(&self, events: Vec<Decoded>, leaf_hash: LeafHash) {
        let Some(last) = events.last().map(|it| it.recorded.position) else { return };
        let touched: Vec<_>;
        {
            let mut index = self.0.index.write();
            // Under the lock: who subscribes before it reads the position applied misses nothing.
            touched = match self.0.changes.receiver_count() {
                0 => Vec::new(),
                _ => events.iter().map(|it| touched_by(&it.recorded)).collect(),
            };
            for event in &events {
                assent_domain::evolve(&mut *index, &event.recorded);
            }
            if let Some(pending) = self.0.pending.lock().as_mut() {
                let catalogue = events.iter().filter(|it| is_catalogue(&it.recorded.event));
                pending.catalogue_events.extend(catalogue.map(|it| it.recorded.position.0));
                pending.events.extend(events);
                pending.leaf_hash = leaf_hash;
                // Nobody writes them, or too slowly: whoever does reads them from the log.
                if pending.events.len() > PENDING_EVENTS_MAX {
                    pending.events.clear();
                }
            }
        }
        self.0.applied.send_replace(last);
        for change in touched {
            // Nobody listening any more is no failure.
            let _ = self.0.changes.send(change);
        }
    }

    /// Puts another index in this one's place: the log was found to be another one than was read.
    pub(crate) fn replace(&self, index: Index, anew: Pending) {
        let applied = index.ledger().applied;
        {
            let mut place = self.0.index.write();
            *place = index;
            if let Some(pending) = self.0.pending.lock().as_mut() {
                *pending = anew;
            }
        }
        self.0.applied.send_replace(applied);
        // Nobody listening is no failure.
        let _ = self.0.changes.send(Applied::Everything(applied));
    }

    /// What the read models do not have yet, with the index that those are the last events of; none where nobody keeps it.
    pub(crate) fn with_pending<T>(&self, look: impl FnOnce(&Index, Option<&Pending>) -> T) -> T {
        let index = self.0.index.read();
        let pending = self.0.pending.lock();
        look(&index, pending.as_ref())
    }

    /// The read models have everything up to this position.
    pub(crate) fn forget_pending(&self, written: Position) {
        if let Some(pending) = self.0.pending.lock().as_mut() {
            pending.events.retain(|it| it.recorded.position > written);
        }
    }

    /// The last of the events behind a position that are applied and not pending; none: nothing is missing.
    pub(crate) fn missing_behind(&self, written: Position) -> Option<Position> {
        self.with_pending(|index, pending| {
            let first = pending.and_then(|it| it.events.first());
            let first = first.map_or(index.ledger().applied.0 + 1, |it| it.recorded.position.0);
            (first > written.0 + 1).then(|| Position(first - 1))
        })
    }

    /// Puts events before those that are pending, unless that has changed meanwhile.
    pub(crate) fn refill_pending(&self, mut events: Vec<Decoded>) {
        let index = self.0.index.read();
        let mut pending = self.0.pending.lock();
        let (Some(pending), Some(last)) = (pending.as_mut(), events.last()) else { return };
        let next = pending.events.first().map_or(index.ledger().applied.0 + 1, |it| it.recorded.position.0);
        if last.recorded.position.0 + 1 == next {
            events.append(&mut pending.events);
            pending.events = events;
        }
    }

    /// Asks that the read models be brought up to date now: somebody waits for them.
    pub fn want_read_models(&self) {
        self.0.wanted.notify_one();
    }

    /// Resolves when somebody waits for the read models.
    pub(crate) async fn read_models_wanted(&self) {
        self.0.wanted.notified().await;
    }

    /// Nobody maintains the read models any more: nothing is kept for them.
    pub(crate) fn stop_pending(&self) {
        *self.0.pending.lock() = None;
    }

    /// How many events the read models are behind.
    pub fn pending_count(&self) -> usize {
        self.0.pending.lock().as_ref().map_or(0, |it| it.events.len())
    }

    /// The position applied, and every later one.
    pub fn applied(&self) -> watch::Receiver<Position> {
        self.0.applied.subscribe()
    }

    /// What is touched from now on.
    pub fn changes(&self) -> broadcast::Receiver<Applied> {
        self.0.changes.subscribe()
    }
}

/// What an event touches.
fn touched_by(recorded: &Recorded) -> Applied {
    use assent_domain::Event;
    let at = recorded.position;
    match &recorded.event {
        Event::RelationshipEstablished { partner, customer }
        | Event::RelationshipEnded { partner, customer }
        | Event::AcceptanceRecorded { partner, customer, .. }
        | Event::AcceptanceVoided { partner, customer, .. }
        | Event::WithdrawalVoided { partner, customer, .. }
        | Event::AcceptanceWithdrawn { partner, customer, .. }
        | Event::CancellationRecorded { partner, customer, .. }
        | Event::EvidenceSubmitted { provider: partner, customer, .. }
        | Event::EvidenceRejected { provider: partner, customer, .. } => {
            Applied::Relationship(at, partner.clone(), customer.clone())
        }
        Event::PartnerRegistered { partner, .. }
        | Event::PartnerChanged { partner, .. }
        | Event::PartnerStatusSet { partner, .. } => Applied::Partner(at, partner.clone()),
        Event::ResellerLinked { provider, reseller } | Event::ResellerUnlinked { provider, reseller } => {
            Applied::Link(at, provider.clone(), reseller.clone())
        }
        Event::CustomerRegistered { customer, .. } | Event::CustomerChanged { customer, .. } => {
            Applied::Customer(at, customer.clone())
        }
        Event::AgreementVersionPublished { .. }
        | Event::AgreementRetired { .. }
        | Event::PolicyPublished { .. }
        | Event::LedgerFormatted { .. }
        | Event::RulesActivated { .. } => Applied::Everything(at),
        Event::CustomerPurchased { .. }
        | Event::OrderDecided { .. }
        | Event::OrderOutcomeRecorded { .. }
        | Event::PersonalDataErased { .. }
        | Event::PersonLookedUp { .. }
        | Event::InquiryOpened { .. }
        | Event::InquiryExported { .. } => Applied::Nothing(at),
    }
}
