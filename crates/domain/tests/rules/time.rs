//! Rules O10, O11 and O12: a decision follows from the log's prefix, the order and the instant.

use std::sync::Arc;

use assent_domain::authorize::{AsOf, Outcome, PolicyUnknown, ReasonCode, authorize};
use assent_domain::command::{AcceptanceClaim, Command};
use assent_domain::event::Event;
use assent_domain::refusal::Refusal;
use assent_domain::scenario::{
    CLOUD_AGREEMENT, World, claim, claim_of, confirm, given, instant, microsoft, order, partner, timeline,
};
use assent_domain::values::{Position, TransactionKind};

use crate::{codes, confirm_as};

fn world() -> World {
    microsoft().parties("contoso", "fabrikam")
}

#[test]
fn o11_an_acceptance_counts_from_its_instant_even_where_it_was_confirmed_later() {
    let world = world().did(confirm("contoso", "fabrikam"));
    let order = order("contoso", "fabrikam");
    let at = |instant| world.ask_as_of(&order, Position::END, instant).outcome;
    assert_eq!(at(instant("2024-01-10")), Outcome::Allowed);
    assert_eq!(at(instant("2024-01-10").plus_micros(-1)), Outcome::Denied);
}

#[test]
fn o11_the_lines_of_an_instant_hold_also_before_the_policy_was_published() {
    let world = world();
    let decision = world.ask_as_of(&order("contoso", "fabrikam"), Position::END, instant("2019-01-01"));
    assert_eq!(codes(&decision), [ReasonCode::RequirementNotInForce]);
}

#[test]
fn o11_the_last_policy_of_the_prefix_governs() {
    let world = world();
    let before = world.last().position;
    let mut document = timeline();
    document.lines.clear();
    let publish =
        Command::PublishPolicy { document: Arc::new(document), sha256: [2; 32], expected_version: Some(1) };
    let world = world.did(publish);
    let order = order("contoso", "fabrikam");
    assert_eq!(codes(&world.ask(&order)), [ReasonCode::RequirementNotInForce]);
    assert_eq!(codes(&world.ask_as_of(&order, before, world.now)), [ReasonCode::AcceptanceMissing]);
}

#[test]
fn o11_directory_facts_are_what_the_prefix_says_last() {
    let world = world().did(confirm("contoso", "fabrikam"));
    let before = world.last().position;
    let world = world.inactive("contoso");
    let order = order("contoso", "fabrikam");
    assert_eq!(world.ask_as_of(&order, before, world.now).outcome, Outcome::Allowed);
    let earlier = world.ask_as_of(&order, Position::END, instant("2024-01-11"));
    assert_eq!(codes(&earlier), [ReasonCode::PartnerInactive]);
}

#[test]
fn o10_without_a_policy_in_the_prefix_there_is_no_answer() {
    let as_of = |prefix| AsOf { prefix, effective_at: instant("2024-01-15") };
    let world = world();
    let asked = authorize(&world.facts, &order("contoso", "fabrikam"), &as_of(Position(2)));
    assert_eq!(asked, Err(PolicyUnknown));
    let record = Command::RecordDecision { order: order("contoso", "fabrikam"), effective_at: None };
    let _ = given([]).when(record).then_refused([Refusal::PolicyUnknown]);
}

#[test]
fn o12_a_recorded_decision_is_the_answer_of_the_prefix_before_it() {
    let world = world();
    let order = order("contoso", "fabrikam");
    let (prefix, effective_at) = (world.last().position, world.now);
    let decision = world.ask(&order);
    let expected =
        Event::OrderDecided { order: order.clone(), effective_at, prefix, decision: decision.clone() };
    let world =
        world.when(Command::RecordDecision { order: order.clone(), effective_at: None }).then([expected]);
    assert_eq!(world.ask(&order), decision);
    assert_eq!(world.relationship("contoso", "fabrikam").stream.revision, 1);
}

#[test]
fn o12_an_order_of_unknown_parties_can_be_recorded() {
    let _ =
        microsoft().did(Command::RecordDecision { order: order("nobody", "nowhere"), effective_at: None });
}

#[test]
fn an_answer_holds_until_the_next_line_begins() {
    let world = world();
    let until =
        |at: &str| world.ask_as_of(&order("contoso", "fabrikam"), Position::END, instant(at)).valid_until;
    assert_eq!(until("2019-01-01"), Some(instant("2019-03-22")));
    assert_eq!(until("2019-10-01"), Some(instant("2020-01-31")));
    assert_eq!(until("2024-01-15"), Some(instant("2026-01-05")));
    assert_eq!(until("2026-01-05"), None);
}

#[test]
fn an_answer_that_wants_the_current_version_holds_until_the_next_one() {
    let claim = AcceptanceClaim { confirmed_at: Some(instant("2020-02-01")), ..claim("2020-02-01") };
    let world = world().did(confirm_as("contoso", "fabrikam", claim));
    let renewal = assent_domain::authorize::Order {
        transaction: TransactionKind::Renewal,
        ..order("contoso", "fabrikam")
    };
    let until = |order| world.ask_as_of(order, Position::END, instant("2020-03-01")).valid_until;
    assert_eq!(until(&renewal), Some(instant("2023-04-01")));
    assert_eq!(until(&order("contoso", "fabrikam")), Some(instant("2026-01-05")));
}

#[test]
fn an_answer_of_the_past_holds_until_the_next_acceptance_or_withdrawal() {
    let world = world().did(confirm("contoso", "fabrikam")).did(assent_domain::scenario::withdraw(
        "contoso",
        "fabrikam",
        "2024-01-12",
    ));
    let until =
        |at: &str| world.ask_as_of(&order("contoso", "fabrikam"), Position::END, instant(at)).valid_until;
    assert_eq!(until("2024-01-05"), Some(instant("2024-01-10")));
    assert_eq!(until("2024-01-11"), Some(instant("2024-01-12")));
    assert_eq!(until("2024-01-12"), Some(instant("2026-01-05")));
}

#[test]
fn an_exempt_answer_holds_until_the_log_grows() {
    let automatic = assent_domain::authorize::Order {
        transaction: TransactionKind::AutoRenewal,
        ..order("contoso", "fabrikam")
    };
    assert_eq!(world().did(confirm("contoso", "fabrikam")).ask(&automatic).valid_until, None);
}

#[test]
fn o7_existing_customers_of_the_removed_agreement_see_the_change_coming() {
    let old = AcceptanceClaim {
        confirmed_at: Some(instant("2019-09-01")),
        ..claim_of(CLOUD_AGREEMENT, "2019-09-01")
    };
    let world = world().did(confirm_as("contoso", "fabrikam", old));
    let allowed = world.ask_as_of(&order("contoso", "fabrikam"), Position::END, instant("2019-12-01"));
    assert_eq!((allowed.outcome, allowed.valid_until), (Outcome::Allowed, Some(instant("2020-01-31"))));
    assert_eq!(order("contoso", "fabrikam").partner, partner("contoso"));
}
