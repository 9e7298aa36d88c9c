//! What is allowed takes no memory: an allocator that other threads use, too, would be waited for.

use assent_domain::authorize::{AsOf, Outcome, authorize, authorize_found};
use assent_domain::command::{Command, Recording};
use assent_domain::evolve;
use assent_domain::facts::Facts;
use assent_domain::scenario::{World, claim, confirm, customer, microsoft, order, parties, partner};
use assent_index::Index;

fn folded(world: &World) -> Index {
    let mut index = Index::default();
    world.log.iter().for_each(|it| evolve(&mut index, it));
    index
}

#[test]
fn an_order_that_is_allowed_allocates_nothing_whether_the_customer_accepted_once_or_often() {
    let world = microsoft().parties("contoso", "fabrikam").did(confirm("contoso", "fabrikam"));
    let again = Command::RecordAcceptance {
        parties: parties("contoso", "fabrikam"),
        recording: Recording::Confirm,
        claim: claim("2024-01-12"),
    };
    let world = world.did(again).customer("northwind").related("contoso", "northwind");
    let world = world.did(confirm("contoso", "northwind"));
    let index = folded(&world);
    let as_of = AsOf { prefix: index.ledger().applied, effective_at: world.now };
    for of in ["fabrikam", "northwind"] {
        let order = order("contoso", of);
        let allocated = allocation_counter::measure(|| {
            let decision = authorize(&index, &order, &as_of).unwrap();
            assert_eq!(decision.outcome, Outcome::Allowed);
        });
        assert_eq!(allocated.count_total, 0, "{of}");
    }
    let accepted = |of| index.relationship(&partner("contoso"), &customer(of)).unwrap().acceptances.len();
    assert_eq!((accepted("fabrikam"), accepted("northwind")), (2, 1));
}

#[test]
fn orders_that_are_looked_up_together_allocate_for_the_looking_up_alone() {
    let world = microsoft().parties("contoso", "fabrikam").did(confirm("contoso", "fabrikam"));
    let index = folded(&world);
    let as_of = AsOf { prefix: index.ledger().applied, effective_at: world.now };
    let order = order("contoso", "fabrikam");
    let likely = index.seek(std::iter::repeat_n(&order.customer, 256));
    let allocated = allocation_counter::measure(|| {
        for likely in likely {
            let found = index.find_likely(likely, &order.partner, &order.customer);
            authorize_found(&index, &found, &order, &as_of).unwrap();
        }
    });
    assert_eq!(allocated.count_total, 0);
}
