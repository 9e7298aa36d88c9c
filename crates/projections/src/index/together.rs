//! Many look-ups together. One after the other they would wait for memory each time; here each step is taken for all
//! of them before the next, and nothing in a step depends on the one before it, so that they wait together.

use std::hash::BuildHasher;
use std::hint::black_box;

use assent_domain::acceptance::Relationship;
use assent_domain::facts::{Facts, Found};
use assent_domain::history::History;
use assent_domain::values::{CustomerId, PartnerId};

use super::{CustomerRecord, Index, NOWHERE, Record};

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
        let places: Vec<_> = hashes.iter().map(|it| self.customer_places.likely(*it)).collect();
        for place in places.iter().flatten() {
            let CustomerRecord { id: _, last, customer } = self.customers.get(*place);
            black_box((*last, customer.facts.as_ref().map(History::since)));
        }
        let last = |place: &u32| self.customers.get(*place).last;
        for place in places.iter().flatten().map(last).filter(|it| *it != NOWHERE) {
            let Record { partner, relationship, .. } = self.relationships.get(place);
            let Relationship { in_force, acceptances, rest, stream: _ } = relationship;
            let since = in_force.as_ref().map(History::since);
            black_box((*partner, since, acceptances.len(), rest.is_some()));
        }
        let is = |place: &u32, customer: &CustomerId| self.customers.get(*place).id == *customer;
        let found = |((partner, customer), place): ((_, _), Option<u32>)| match place {
            Some(place) if is(&place, customer) => self.found(partner, Some(place)),
            Some(_) | None => self.find(partner, customer),
        };
        pairs.zip(places).map(found).collect()
    }
}
