//! Whatever a record is told to hold is what it says.

use std::borrow::Cow;
use std::collections::HashMap;

use assent_domain::acceptance::Relationship;
use assent_domain::directory::Customer;
use assent_domain::facts::{Facts, FactsMut};
use assent_domain::values::{CustomerId, PartnerId};
use assent_index::Index;
use proptest::prelude::*;

use crate::arbitrary::{customer, pair, relationship};

/// What becomes of a customer or of its relationship with a partner.
#[derive(Clone, Debug)]
enum Change {
    Customer(Customer),
    Relationship(Relationship),
    /// The customer's first purchase, through this partner: the usual case.
    Purchase(Relationship),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        2 => customer().prop_map(Change::Customer),
        2 => relationship().prop_map(Change::Relationship),
        1 => relationship().prop_map(Change::Purchase),
    ]
}

#[derive(Debug, Default)]
struct Model {
    customers: HashMap<CustomerId, Customer>,
    relationships: HashMap<(PartnerId, CustomerId), Relationship>,
}

impl Model {
    fn change(&mut self, index: &mut Index, (partner, customer): (PartnerId, CustomerId), change: Change) {
        let of_both = self.customers.entry(customer.clone()).or_default();
        match change {
            Change::Customer(it) => {
                *index.customer_mut(&customer) = it.clone();
                *of_both = it;
            }
            Change::Relationship(it) => {
                *index.relationship_mut(&partner, &customer) = it.clone();
                self.relationships.insert((partner, customer), it);
            }
            Change::Purchase(it) => {
                of_both.first_purchase = it.first_purchase;
                index.customer_mut(&customer).first_purchase = it.first_purchase;
                *index.relationship_mut(&partner, &customer) = it.clone();
                self.relationships.insert((partner, customer), it);
            }
        }
    }

    fn check(&self, index: &Index) -> Result<(), TestCaseError> {
        for (id, customer) in &self.customers {
            prop_assert_eq!(index.customer(id), Some(Cow::Borrowed(customer)));
            let place = index.place_of_customer(id).unwrap();
            prop_assert_eq!(&index.customers_from(place).next().unwrap().0, id);
        }
        for ((partner, customer), relationship) in &self.relationships {
            prop_assert_eq!(index.relationship(partner, customer), Some(Cow::Borrowed(relationship)));
            let place = index.place_of_relationship(partner, customer).unwrap();
            let there: Vec<_> =
                index.relationships_at(place..place + 1).map(|(one, two, _)| (one, two)).collect();
            prop_assert_eq!(there, [(partner, customer.clone())]);
        }
        let customers: HashMap<_, _> =
            index.customers().map(|(id, customer)| (id, customer.into_owned())).collect();
        prop_assert_eq!(&customers, &self.customers);
        let listed = index.relationships();
        let listed: HashMap<_, _> =
            listed.map(|(one, two, it)| ((one.clone(), two), it.into_owned())).collect();
        prop_assert_eq!(&listed, &self.relationships);
        prop_assert_eq!(index.relationship_count(), self.relationships.len());
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn what_was_kept_last_is_what_there_is(changes in prop::collection::vec((pair(), change()), 1..40)) {
        let (mut index, mut model) = (Index::default(), Model::default());
        for (pair, change) in changes {
            model.change(&mut index, pair, change);
            model.check(&index)?;
        }
    }
}

#[test]
fn what_nearly_all_are_is_in_the_records_and_what_few_are_is_beside_them() {
    let mut index = Index::default();
    let (partner, id) = (PartnerId::parse("a").unwrap(), CustomerId::parse("x").unwrap());
    index.relationship_mut(&partner, &id).stream.revision = 4_095;
    assert_eq!(index.memory().history, 0);
    index.relationship_mut(&partner, &id).stream.revision = 4_096;
    let grown = index.memory().history;
    assert!(grown > 0);
    let further = PartnerId::parse("b").unwrap();
    index.relationship_mut(&further, &id).orders.revision = 65_536;
    assert_eq!(index.relationship(&partner, &id).map(|it| it.stream.revision), Some(4_096));
    assert_eq!(index.relationship(&further, &id).map(|it| it.orders.revision), Some(65_536));
    assert!(matches!(index.relationship(&further, &id), Some(Cow::Borrowed(_))));
}

#[test]
fn what_is_of_usual_size_takes_no_more_than_120_bytes_a_relationship() {
    const COUNT: usize = 200_000;
    let mut index = Index::default();
    let partner = PartnerId::parse("a").unwrap();
    for number in 0..COUNT {
        let id = CustomerId::of_guid(number as u128);
        index.customer_mut(&id).mentioned.0 = number as u64;
        index.relationship_mut(&partner, &id).stream.last.0 = number as u64;
    }
    let memory = index.memory();
    assert_eq!((index.relationship_count(), memory.history), (COUNT, 0));
    // Of partners there is one, whose chunk would hold thousands.
    assert!(memory.current() - memory.partners < 120 * COUNT, "{memory:?}");
}
