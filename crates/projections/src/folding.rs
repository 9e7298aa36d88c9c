//! Read models made from the log's first event.
//!
//! The rows of records, which belong to a position, are written as the events come. Those of states (partners, customers,
//! relationships) are written once, when everything is folded, in the order of their keys: as the events come, each would
//! fall on a page of its own, again and again.

use assent_domain::Facts;
use assent_domain::values::{CustomerId, PartnerId, Position};
use assent_event_log::EventLog;
use prost::Message as _;

use crate::decode::LeafHash;
use crate::prefix::Prefix;
use crate::start::{StartError, next_events};
use crate::state::LedgerState;
use crate::views::{CustomerRow, Lease, Making, PartnerRow, RelationshipRow, Rows, Touched};
use crate::{EDITION, Index, Views};

/// How many rows of states are written at once.
const STATES_AT_ONCE: usize = 4_096;

/// Read models made from the log's first event, with the index at their position.
pub(crate) struct Folding(Prefix);

impl Folding {
    /// Makes those of the log up to this position. What breaks off before all of it is there has made none.
    pub(crate) async fn anew(
        log: &EventLog,
        views: &Views,
        lease: &mut Lease,
        to: u64,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<Self, StartError> {
        let first = log.entry(1).await?.ok_or(StartError::Empty)?;
        let mut making = Making::begin(views, lease, &first.leaf_hash).await?;
        let mut prefix = Prefix::default();
        let mut last = LastOthers::default();
        while prefix.position().0 < to {
            progress(prefix.position().0, to);
            let (events, leaf_hash) = next_events(log, prefix.position(), to).await?;
            prefix.apply(&events, leaf_hash);
            let (rows, touched) = Rows::of_records(&prefix.index, &events);
            last.take(&prefix.index, &touched);
            making.add(&Rows { leaf_hash, ..rows }).await?;
        }
        let Prefix { index, leaf_hash, catalogue_events } = &prefix;
        add_states(&mut making, index, &last, *leaf_hash).await?;
        let ledger = LedgerState::of(index, catalogue_events.clone());
        making.finish(&ledger.encode_to_vec()).await?;
        Ok(Self(prefix))
    }

    /// Brings those that are there to this position of the log, or begins with them where there are none: in steps, each of
    /// which another process can go on from. Says where they are then.
    pub(crate) async fn resumed(
        log: &EventLog,
        views: &Views,
        lease: &mut Lease,
        to: Position,
    ) -> Result<Position, StartError> {
        let first = log.entry(1).await?.ok_or(StartError::Empty)?;
        let prefix = match views.load(log, &first.leaf_hash).await? {
            Some(prefix) => prefix,
            None => {
                views.clear(EDITION, lease, &first.leaf_hash).await?;
                Prefix::default()
            }
        };
        let mut folding = Self(prefix);
        folding.to(log, views, lease, to.0, |_, _| {}).await?;
        Ok(folding.position())
    }

    /// The facts that they are of.
    pub(crate) fn into_prefix(self) -> Prefix {
        self.0
    }

    /// How far it has got.
    pub(crate) fn position(&self) -> Position {
        self.0.position()
    }

    /// Folds and writes up to a later position of the log.
    pub(crate) async fn to(
        &mut self,
        log: &EventLog,
        views: &Views,
        lease: &mut Lease,
        to: u64,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<(), StartError> {
        loop {
            let from = self.position();
            progress(from.0, to);
            if from.0 >= to {
                return Ok(());
            }
            let (events, leaf_hash) = next_events(log, from, to).await?;
            self.0.apply(&events, leaf_hash);
            let rows = Rows::of(&self.0.index, &events, &self.0.catalogue_events, leaf_hash);
            views.write(lease, from, &rows).await?;
        }
    }
}

/// What only rows of states know: the last event that is no acceptance, of each customer and of each relationship's stream, by
/// their places in the index.
#[derive(Default)]
struct LastOthers {
    customers: Vec<Position>,
    relationships: Vec<Position>,
}

impl LastOthers {
    fn take(&mut self, index: &Index, touched: &Touched) {
        for (id, last) in &touched.customers {
            set(&mut self.customers, index.place_of_customer(id), *last);
        }
        for ((partner, customer), last) in &touched.relationships {
            set(&mut self.relationships, index.place_of_relationship(partner, customer), *last);
        }
    }

    fn of_customer(&self, index: &Index, id: &CustomerId) -> Option<Position> {
        self.customers.get(index.place_of_customer(id)?).copied()
    }

    fn of_relationship(&self, index: &Index, partner: &PartnerId, customer: &CustomerId) -> Option<Position> {
        self.relationships.get(index.place_of_relationship(partner, customer)?).copied()
    }
}

fn set(all: &mut Vec<Position>, place: Option<usize>, last: Option<Position>) {
    let (Some(place), Some(last)) = (place, last) else { return };
    if all.len() <= place {
        all.resize(place + 1, Position::START);
    }
    all[place] = last;
}

/// Adds the rows of all states, in the order of their keys.
async fn add_states(
    making: &mut Making<'_>,
    index: &Index,
    last: &LastOthers,
    leaf_hash: LeafHash,
) -> Result<(), StartError> {
    let none = || Rows { position: index.ledger().applied, leaf_hash, ..Rows::default() };
    let mut partners: Vec<_> = index.partners().map(|it| it.0).collect();
    partners.sort_unstable();
    for some in partners.chunks(STATES_AT_ONCE) {
        let partners = some.iter().map(|id| PartnerRow::of(index, id)).collect();
        making.add(&Rows { partners, ..none() }).await?;
    }
    let mut customers: Vec<_> = index.customers().map(|it| it.0).collect();
    customers.sort_unstable();
    for some in customers.chunks(STATES_AT_ONCE) {
        let row = |id| CustomerRow::of(index, id, last.of_customer(index, id));
        making.add(&Rows { customers: some.iter().map(row).collect(), ..none() }).await?;
    }
    drop(customers);
    let mut relationships: Vec<_> = index.relationships().map(|it| (it.0, it.1)).collect();
    relationships.sort_unstable();
    for some in relationships.chunks(STATES_AT_ONCE) {
        let row = |(partner, customer): &(&PartnerId, CustomerId)| {
            RelationshipRow::of(index, partner, customer, last.of_relationship(index, partner, customer))
        };
        making.add(&Rows { relationships: some.iter().map(row).collect(), ..none() }).await?;
    }
    Ok(())
}
