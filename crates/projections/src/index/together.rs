//! Many look-ups together. One after the other they would wait for memory each time; here each step is taken for all
//! of them before the next, and nothing in a step depends on the one before it, so that they wait together.

use std::hash::BuildHasher;
use std::hint::black_box;

use assent_domain::acceptance::Relationship;
use assent_domain::facts::{Facts, Found};
use assent_domain::history::History;
use assent_domain::values::{CustomerId, PartnerId};

use super::{CustomerRecord, Index, NOWHERE};

impl Index {
    /// What [`Facts::find`] gives for each of these, in their order.
    pub fn find_together<'a, 'b>(
        &'a self,
        pairs: impl Iterator<Item = (&'b PartnerId, &'b CustomerId)> + Clone,
    ) -> Vec<Found<'a>> {
        let hashes: Vec<_> = pairs.clone().map(|(_, customer)| self.hasher.hash_one(customer)).collect();
        for hash in &hashes {
            black_box(self.customer_places.first_slot(*hash));
        }
        let likely = |hash: &u64| self.customer_places.likely(*hash).map(|it| self.customers.get(it));
        let records: Vec<Option<&CustomerRecord>> = hashes.iter().map(likely).collect();
        for CustomerRecord { id: _, last, customer } in records.iter().flatten() {
            black_box((*last, customer.facts.as_ref().map(History::since)));
        }
        let relationships = records.iter().flatten().filter(|it| it.last != NOWHERE);
        for record in relationships.map(|it| self.relationships.get(it.last)) {
            let Relationship { in_force, acceptances, rest, stream: _ } = &record.relationship;
            let since = in_force.as_ref().map(History::since);
            black_box((record.partner, since, acceptances.len(), rest.is_some()));
        }
        pairs.map(|(partner, customer)| self.find(partner, customer)).collect()
    }
}
