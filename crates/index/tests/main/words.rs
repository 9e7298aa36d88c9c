//! An index that was made again from its words is the same index.

use assent_domain::facts::{Facts, FactsMut};
use assent_domain::scenario::customer;
use assent_domain::{authorize, evolve};
use assent_index::{Index, Restoring};
use proptest::prelude::*;

use crate::arbitrary::{customer as any_customer, pair, relationship};
use crate::folds::assert_alike;
use crate::steps::{ALL, order, world};

fn words(index: &Index) -> Vec<u8> {
    let mut words = Vec::new();
    index.write_words(&mut words).unwrap();
    words
}

/// The index of these words, with all that the other one has beside them.
fn restored(words: &[u8], index: &Index) -> Index {
    let mut rest = words;
    let mut restoring = Restoring::read(&mut rest, words.len() as u64).unwrap();
    assert!(rest.is_empty());
    index.partners().for_each(|(id, partner)| restoring.partner(id, partner.clone()));
    index.rich_customers().for_each(|it| restoring.rich_customer(it.clone()));
    index.rich_relationships().for_each(|it| restoring.rich_relationship(it.clone()));
    let mut restored = restoring.finish().unwrap();
    *restored.catalogue_mut() = index.catalogue().clone();
    *restored.policies_mut() = index.policies().clone();
    *restored.ledger_mut() = index.ledger().clone();
    restored
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn a_log_goes_on_from_the_words_of_any_prefix(
        world in world(ALL),
        end in any::<prop::sample::Index>(),
        orders in prop::collection::vec(order(), 10),
    ) {
        let (before, after) = world.log.split_at(end.index(world.log.len() + 1));
        let mut index = Index::default();
        before.iter().for_each(|it| evolve(&mut index, it));
        let mut again = restored(&words(&index), &index);
        prop_assert_eq!(words(&again), words(&index));
        after.iter().for_each(|it| evolve(&mut again, it));
        assert_alike(&again, &world.facts)?;
        for order in orders {
            let as_of = authorize::AsOf { prefix: world.facts.ledger().applied, effective_at: world.now };
            let (one, two) = (authorize::authorize(&again, &order, &as_of), authorize::authorize(&world.facts, &order, &as_of));
            prop_assert_eq!(one, two);
        }
    }

    #[test]
    fn whatever_a_record_holds_comes_back(
        changes in prop::collection::vec((pair(), any_customer(), relationship()), 0..20),
    ) {
        let mut index = Index::default();
        for ((partner, id), customer, relationship) in changes {
            *index.customer_mut(&id) = customer;
            *index.relationship_mut(&partner, &id) = relationship;
        }
        let again = restored(&words(&index), &index);
        prop_assert!(again.customers().eq(index.customers()));
        prop_assert!(again.relationships().eq(index.relationships()));
        for (id, it) in index.customers() {
            prop_assert_eq!(again.customer(&id), Some(it));
        }
        prop_assert_eq!(again.memory().records, index.memory().records);
    }

    #[test]
    fn words_that_were_cut_or_changed_end_in_no_panic(at in any::<prop::sample::Index>(), bit in 0..8_u8, cuts in any::<bool>()) {
        let mut index = Index::default();
        for number in 0..50 {
            index.customer_mut(&customer(&format!("customer-{number}"))).mentioned.0 = 1;
        }
        let mut words = words(&index);
        let (at, length) = (at.index(words.len()), words.len() as u64);
        if cuts { words.truncate(at) } else { words[at] ^= 1 << bit };
        let read = Restoring::read(&mut words.as_slice(), length);
        prop_assert!(!cuts || read.is_err());
    }
}
