//! Many look-ups together. One after the other they would wait for memory each time; here each step is taken for all
//! of them before the next, and nothing in a step depends on the one before it, so that they wait together.

use assent_domain::facts::{Facts as _, Found};
use assent_domain::values::{CustomerId, PartnerId};

use crate::Index;

/// Where a customer most likely is; by default nowhere that is known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Likely(Option<u32>);

impl Index {
    /// Looks for customers together: what is read of each then, in their order and soon, waits for no memory.
    pub fn seek<'a>(&self, customers: impl Iterator<Item = &'a CustomerId>) -> Vec<Likely> {
        let hashes: Vec<_> = customers.map(|it| self.hash_and_fetch(it)).collect();
        let seek = |hash: u64| {
            let place = self.customer_places.likely(hash);
            if let Some(place) = place {
                self.customers.get(place).fetch();
            }
            Likely(place)
        };
        hashes.into_iter().map(seek).collect()
    }

    /// What [`Facts::find`](assent_domain::Facts::find) gives, of a customer that was looked for before.
    #[inline]
    pub fn find_likely(&self, likely: Likely, partner: &PartnerId, customer: &CustomerId) -> Found<'_> {
        match likely.0 {
            Some(place) if self.is_customer(place, customer) => {
                self.found(self.partner_place(partner), Some(place))
            }
            Some(_) | None => self.find(partner, customer),
        }
    }
}

#[cfg(test)]
mod tests {
    use assent_domain::facts::{Facts, FactsMut};

    use super::*;

    fn partner(number: usize) -> PartnerId {
        PartnerId::parse(&format!("partner-{number}")).expect("it is an identifier")
    }

    fn customer(number: usize) -> CustomerId {
        CustomerId::parse(&format!("117a77b0-9360-443b-8795-{number:012}")).expect("it is an identifier")
    }

    fn find_together<'a>(index: &'a Index, pairs: &[(PartnerId, CustomerId)]) -> Vec<Found<'a>> {
        let likely = index.seek(pairs.iter().map(|(_, customer)| customer));
        let found = pairs.iter().zip(likely).map(|((one, two), likely)| index.find_likely(likely, one, two));
        found.collect()
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
        let alone: Vec<_> = pairs.iter().map(|(partner, customer)| index.find(partner, customer)).collect();
        assert_eq!(find_together(&index, &pairs), alone);
        let singly = pairs.iter().map(|(one, two)| Found {
            partner: index.partner(one),
            customer: index.customer(two),
            relationship: index.relationship(one, two),
        });
        assert!(singly.eq(alone.iter().cloned()));
        assert!(
            alone.iter().any(|it| it.relationship.is_some()) && alone.iter().any(|it| it.customer.is_none())
        );
    }

    #[test]
    fn nothing_is_found_in_an_empty_index() {
        assert_eq!(find_together(&Index::default(), &[(partner(1), customer(1))]), [Found::default()]);
    }
}
