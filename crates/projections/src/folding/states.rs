//! The rows of states, all at once.

use assent_domain::Facts as _;
use assent_domain::values::{CustomerId, PartnerId, Position};

use crate::Index;
use crate::decode::LeafHash;
use crate::start::StartError;
use crate::views::{CustomerRow, Making, PartnerRow, RelationshipRow, Rows, Touched};

/// How many rows are written at once.
const STATES_AT_ONCE: usize = 4_096;

/// What only rows of states know: the last event that is no acceptance, of each customer and of each relationship's stream, by
/// their places in the index.
#[derive(Default)]
pub(super) struct LastOthers {
    customers: Vec<Position>,
    relationships: Vec<Position>,
}

impl LastOthers {
    pub(super) fn take(&mut self, index: &Index, touched: &Touched) {
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
pub(super) async fn add_states(
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
