//! Folding into the index is folding into plain facts, and a decision on it is a decision on those.

use assent_domain::authorize::{AsOf, authorize};
use assent_domain::scenario::{customer, partner};
use assent_domain::values::Instant;
use assent_domain::{Facts, evolve};
use assent_index::Index;
use proptest::prelude::*;

use crate::steps::{ALL, CUSTOMERS, OF_PARTIES, PARTNERS, order, some_prefix, world};

pub(crate) fn assert_alike(index: &Index, plain: &impl Facts) -> Result<(), TestCaseError> {
    for by in PARTNERS.map(partner) {
        prop_assert_eq!(index.partner(&by), plain.partner(&by));
        for of in CUSTOMERS.map(customer) {
            prop_assert_eq!(index.customer(&of), plain.customer(&of));
            prop_assert_eq!(index.relationship(&by, &of), plain.relationship(&by, &of));
            prop_assert_eq!(index.find(&by, &of), plain.find(&by, &of));
        }
        let domain = format!("{by}.example");
        prop_assert_eq!(index.partners_of_domain(&domain), plain.partners_of_domain(&domain));
    }
    prop_assert_eq!(index.catalogue(), plain.catalogue());
    prop_assert_eq!(index.policies(), plain.policies());
    prop_assert_eq!(index.ledger(), plain.ledger());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn the_index_folds_a_log_to_the_plain_facts(world in world(ALL)) {
        let mut index = Index::default();
        world.log.iter().for_each(|it| evolve(&mut index, it));
        assert_alike(&index, &world.facts)?;
    }

    #[test]
    fn a_decision_on_the_index_is_the_decision_on_the_plain_facts(
        world in world(OF_PARTIES),
        orders in prop::collection::vec((order(), any::<usize>(), 0..=200_i64), 20),
    ) {
        const DAY_MICROS: i64 = 86_400_000_000;
        let mut index = Index::default();
        world.log.iter().for_each(|it| evolve(&mut index, it));
        for (order, choice, days) in orders {
            let prefix = some_prefix(&world, choice);
            let now = world.now.plus_micros(-days * DAY_MICROS);
            for effective_at in [now, world.now, Instant::LAST] {
                let as_of = AsOf { prefix, effective_at };
                prop_assert_eq!(authorize(&index, &order, &as_of), authorize(&world.facts, &order, &as_of));
            }
        }
    }
}
