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

#[cfg(test)]
mod tests {
    use assent_domain::facts::FactsMut;

    use super::*;

    fn partner(number: usize) -> PartnerId {
        PartnerId::parse(&format!("partner-{number}")).expect("it is an identifier")
    }

    fn customer(number: usize) -> CustomerId {
        CustomerId::parse(&format!("117a77b0-9360-443b-8795-{number:012}")).expect("it is an identifier")
    }

    #[test]
    fn each_is_found_as_it_is_alone() {
        let mut index = Index::default();
        for number in 0..500 {
            index.customer_mut(&customer(number)).mentioned.0 = number as u64;
            for partner in (0..number % 4).map(partner) {
                index.relationship_mut(&partner, &customer(number)).stream.last.0 = number as u64;
            }
        }
        // Half of these customers and some of these partners were never heard of.
        let pairs: Vec<_> = (0..1_000).map(|it| (partner(it % 5), customer(it * 7 % 1_000))).collect();
        let pairs = pairs.iter().map(|(partner, customer)| (partner, customer));
        let alone: Vec<_> = pairs.clone().map(|(partner, customer)| index.find(partner, customer)).collect();
        assert_eq!(index.find_together(pairs.clone()), alone);
        let singly = pairs.map(|(one, two)| Found {
            partner: index.partner(one),
            customer: index.customer(two),
            relationship: index.relationship(one, two),
        });
        assert_eq!(singly.collect::<Vec<_>>(), alone);
        assert!(
            alone.iter().any(|it| it.relationship.is_some()) && alone.iter().any(|it| it.customer.is_none())
        );
    }

    #[test]
    fn nothing_is_found_in_an_empty_index() {
        let (partner, customer) = (partner(1), customer(1));
        let index = Index::default();
        assert_eq!(index.find_together([(&partner, &customer)].into_iter()), [Found::default()]);
    }
}
