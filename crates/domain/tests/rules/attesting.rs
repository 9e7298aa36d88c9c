//! Rule C11: who attests, and who accepts directly.

use assent_domain::Facts;
use assent_domain::authorize::AsOf;
use assent_domain::command::Command;
use assent_domain::directory::CustomerFacts;
use assent_domain::refusal::Refusal;
use assent_domain::scenario::{
    World, attest, claim, customer, customer_facts, direct, instant, microsoft, parties, partner,
};
use assent_domain::values::{OrderOutcome, Program, TransactionKind};

fn world() -> World {
    microsoft().parties("contoso", "fabrikam")
}

fn placed(partner: &str, occurred_at: &str) -> Command {
    Command::RecordOrderOutcome {
        parties: parties(partner, "fabrikam"),
        reseller: None,
        transaction: TransactionKind::NewPurchase,
        product_family: None,
        outcome: OrderOutcome::Placed,
        occurred_at: instant(occurred_at),
        decision: None,
    }
}

#[test]
fn c11_a_customer_with_a_purchase_through_any_partner_does_not_accept_directly() {
    let world = world().partner("adatum", Program::DirectBill).did(placed("adatum", "2024-01-05"));
    let refused =
        || Refusal::PartnerMustAttest { partner: partner("contoso"), customer: customer("fabrikam") };
    let world = world.when(direct("contoso", "fabrikam", claim("2024-01-10"))).then_refused([refused()]);
    let world = world.did(direct("contoso", "fabrikam", claim("2024-01-05")));
    let _ = world.did(attest("contoso", "fabrikam", claim("2024-01-10")));
}

#[test]
fn c11_purchases_at_registration_mean_since_ever_and_for_ever() {
    let bought = CustomerFacts { has_purchases: true, ..customer_facts() };
    let register = |facts| Command::RegisterCustomer { customer: customer("fabrikam"), facts };
    let world = world().did(register(bought)).did(register(customer_facts()));
    let refused =
        || Refusal::PartnerMustAttest { partner: partner("contoso"), customer: customer("fabrikam") };
    let _ = world.when(direct("contoso", "fabrikam", claim("2019-11-01"))).then_refused([refused()]);
}

#[test]
fn c11_a_direct_acceptance_stored_already_stays_valid() {
    let world =
        world().did(direct("contoso", "fabrikam", claim("2024-01-10"))).did(placed("contoso", "2024-01-01"));
    let relationship = world.relationship("contoso", "fabrikam");
    assert!(relationship.is_in_force(&relationship.acceptances[0], AsOf::EVERYTHING));
}

#[test]
fn c11_a_failed_order_is_no_purchase_and_only_the_first_placed_one_is_an_event_of_the_customer() {
    let outcome = |outcome, at: &str| {
        let Command::RecordOrderOutcome { parties, reseller, transaction, product_family, decision, .. } =
            placed("contoso", at)
        else {
            panic!()
        };
        let occurred_at = instant(at);
        Command::RecordOrderOutcome {
            parties,
            reseller,
            transaction,
            product_family,
            outcome,
            occurred_at,
            decision,
        }
    };
    let mut world = world();
    let mut added = |it: Command| world.run(&it).unwrap().len();
    assert_eq!(added(outcome(OrderOutcome::Failed, "2024-01-01")), 1);
    assert_eq!(added(outcome(OrderOutcome::Cancelled, "2024-01-01")), 1);
    assert_eq!(added(outcome(OrderOutcome::Placed, "2024-01-05")), 2);
    assert_eq!(added(outcome(OrderOutcome::Placed, "2024-01-06")), 1);
    assert_eq!(added(outcome(OrderOutcome::Placed, "2024-01-04")), 2);
    let known = world.facts.customer(&customer("fabrikam")).unwrap();
    assert_eq!(known.first_purchase, Some(instant("2024-01-04")));
}

#[test]
fn c11_a_purchase_after_the_acceptance_began_to_count_does_not_matter() {
    let on_day = assent_domain::values::Date::parse("2024-01-16").unwrap();
    let ahead = assent_domain::command::AcceptanceClaim {
        accepted_at: assent_domain::command::AcceptedAt::Date(on_day),
        ..claim("2024-01-10")
    };
    let world = world().at("2024-01-15T12:00:00Z").did(placed("contoso", "2024-01-15T12:01:00Z"));
    let _ = world.did(direct("contoso", "fabrikam", ahead));
}
