//! What holds for folding every log.

use std::borrow::Cow;

use assent_domain::acceptance::Relationship;
use assent_domain::authorize::{AsOf, Decision, authorize};
use assent_domain::catalog::Catalogue;
use assent_domain::directory::{Customer, Partner};
use assent_domain::event::{Event, Recorded};
use assent_domain::facts::Ledger;
use assent_domain::policy::Policies;
use assent_domain::scenario::{confirm, customer, microsoft, order, partner, withdraw};
use assent_domain::values::{PartnerId, Position};
use assent_domain::{Facts, Overlay, evolve};
use proptest::prelude::*;

use super::steps::{ALL, CUSTOMERS, PARTNERS, world};

/// Everything that facts say about the parties of these worlds.
#[derive(Debug, PartialEq)]
struct Snapshot {
    partners: Vec<Option<Partner>>,
    customers: Vec<Option<Customer>>,
    relationships: Vec<Option<Relationship>>,
    of_domains: Vec<Vec<PartnerId>>,
    catalogue: Catalogue,
    policies: Policies,
    ledger: Ledger,
}

fn snapshot(facts: &dyn Facts) -> Snapshot {
    let pairs = PARTNERS.iter().flat_map(|by| CUSTOMERS.iter().map(move |of| (*by, *of)));
    Snapshot {
        partners: PARTNERS.iter().map(|it| facts.partner(&partner(it)).cloned()).collect(),
        customers: CUSTOMERS.iter().map(|it| facts.customer(&customer(it)).map(Cow::into_owned)).collect(),
        relationships: pairs
            .map(|(by, of)| facts.relationship(&partner(by), &customer(of)).map(Cow::into_owned))
            .collect(),
        of_domains: PARTNERS.iter().map(|it| facts.partners_of_domain(&format!("{it}.example"))).collect(),
        catalogue: facts.catalogue().clone(),
        policies: facts.policies().clone(),
        ledger: facts.ledger().clone(),
    }
}

fn fold<'a>(facts: &mut Overlay<'_>, log: impl IntoIterator<Item = &'a Recorded>) {
    log.into_iter().for_each(|it| evolve(facts, it));
}

/// The answer without positions, which depend on what else happened before.
fn without_positions(mut decision: Decision) -> Decision {
    for reason in &mut decision.reasons {
        reason.acceptance = None;
    }
    for remedy in &mut decision.remediations {
        remedy.obligation = None;
    }
    decision
}

/// What happened between one partner and one customer, named by nothing but content.
fn events_about(by: &str, of: &str, withdrawn: bool) -> Vec<Event> {
    let before = microsoft().log.len();
    let world = microsoft().parties(by, of).did(confirm(by, of));
    let world = if withdrawn { world.did(withdraw(by, of, "2024-01-12")) } else { world };
    world.log.into_iter().skip(before).map(|it| it.event).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn folding_a_log_again_gives_the_same_facts(world in world(ALL)) {
        let mut again = Overlay::empty();
        fold(&mut again, &world.log);
        prop_assert_eq!(snapshot(&world.facts), snapshot(&again));
    }

    #[test]
    fn an_overlay_over_facts_folds_as_the_facts_themselves_would(world in world(ALL), at in 0..60_usize) {
        let at = at.min(world.log.len());
        let mut base = Overlay::empty();
        fold(&mut base, &world.log[..at]);
        let before = snapshot(&base);
        let mut over = Overlay::over(&base);
        fold(&mut over, &world.log[at..]);
        prop_assert_eq!(snapshot(&over), snapshot(&world.facts));
        drop(over);
        prop_assert_eq!(snapshot(&base), before);
    }

    #[test]
    fn events_about_others_in_between_change_no_answer(
        turns in prop::collection::vec(any::<bool>(), 16),
        withdrawn in any::<(bool, bool)>(),
    ) {
        let mut ours = events_about("contoso", "fabrikam", withdrawn.0).into_iter().peekable();
        let mut theirs = events_about("adatum", "northwind", withdrawn.1).into_iter().peekable();
        let alone = microsoft().and(ours.clone());
        let mut mixed = microsoft();
        for turn in turns.into_iter().chain([true; 8]).chain([false; 8]) {
            mixed = mixed.and(if turn { ours.next() } else { theirs.next() });
        }
        prop_assert!(ours.peek().is_none() && theirs.peek().is_none());
        let as_of = AsOf { prefix: Position::END, effective_at: alone.now };
        let asked = order("contoso", "fabrikam");
        let answer = |facts: &Overlay<'_>| authorize(facts, &asked, &as_of).map(without_positions).unwrap();
        prop_assert_eq!(answer(&alone.facts), answer(&mixed.facts));
    }
}
