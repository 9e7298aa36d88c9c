//! Rule C13: withdrawals, and the obligations that they open.

use assent_domain::acceptance::{AcceptanceState, Obligation, ObligationState};
use assent_domain::authorize::{AsOf, By, Decision, Outcome, ReasonCode, RemediationAction};
use assent_domain::command::{AcceptanceClaim, Command};
use assent_domain::event::EventRef;
use assent_domain::refusal::Refusal;
use assent_domain::scenario::{
    CUSTOMER_AGREEMENT, World, agreement, claim, confirm, instant, microsoft, order, parties, withdraw,
};
use assent_domain::values::{Instant, Position};

use crate::{actions, cancel, codes, confirm_as, void};

fn withdrawn() -> (World, EventRef) {
    let world = microsoft().parties("contoso", "fabrikam").did(confirm("contoso", "fabrikam"));
    let world = world.did(withdraw("contoso", "fabrikam", "2024-01-12"));
    let withdrawal = world.last();
    (world, withdrawal)
}

fn obligations(world: &World, prefix: Position) -> Vec<Obligation> {
    let as_of = AsOf { prefix, effective_at: Instant::LAST };
    world.relationship("contoso", "fabrikam").obligations(as_of).collect()
}

fn closing(world: &World) -> Vec<(ObligationState, Option<EventRef>)> {
    obligations(world, Position::END).into_iter().map(|it| (it.state, it.closed_by)).collect()
}

fn void_withdrawal(withdrawal: EventRef) -> Command {
    Command::VoidWithdrawal { parties: parties("contoso", "fabrikam"), withdrawal }
}

#[test]
fn c13_a_withdrawal_ends_every_acceptance_that_is_not_after_it_whenever_recorded() {
    let (world, _) = withdrawn();
    let old = AcceptanceClaim { confirmed_at: Some(instant("2024-01-12")), ..claim("2024-01-12") };
    let world = world.did(confirm_as("contoso", "fabrikam", old));
    let relationship = world.relationship("contoso", "fabrikam");
    for fact in &relationship.acceptances {
        assert_eq!(relationship.state(fact, AsOf::EVERYTHING), AcceptanceState::Withdrawn);
        assert_eq!(relationship.withdrawn_at(fact, AsOf::EVERYTHING), Some(instant("2024-01-12")));
    }
    let decision = world.ask(&order("contoso", "fabrikam"));
    assert_eq!(codes(&decision), [ReasonCode::AcceptanceWithdrawn]);
    assert_eq!(
        actions(&decision),
        [
            (RemediationAction::CancelSubscriptions, By::Partner),
            (RemediationAction::ConfirmAcceptance, By::Partner),
        ]
    );
}

#[test]
fn c13_before_its_instant_and_before_its_position_the_acceptance_authorised() {
    let (world, withdrawal) = withdrawn();
    let order = order("contoso", "fabrikam");
    let just_before = instant("2024-01-12").plus_micros(-1);
    assert_eq!(world.ask_as_of(&order, Position::END, just_before).outcome, Outcome::Allowed);
    assert_eq!(world.ask_as_of(&order, Position::END, instant("2024-01-12")).outcome, Outcome::Denied);
    let before = Position(withdrawal.position.0 - 1);
    assert_eq!(world.ask_as_of(&order, before, world.now).outcome, Outcome::Allowed);
}

#[test]
fn c13_with_nothing_in_force_at_its_instant_there_is_nothing_to_withdraw() {
    let nothing = || [Refusal::NothingToWithdraw { agreement: agreement(CUSTOMER_AGREEMENT) }];
    let (world, _) = withdrawn();
    let world = world.when(withdraw("contoso", "fabrikam", "2024-01-13")).then_refused(nothing());
    let _ = world.when(withdraw("contoso", "fabrikam", "2024-01-09")).then_refused(nothing());
}

#[test]
fn c13_a_withdrawal_does_not_lie_in_the_future() {
    let world = microsoft().parties("contoso", "fabrikam").did(confirm("contoso", "fabrikam"));
    let _ = world
        .when(withdraw("contoso", "fabrikam", "2024-01-15T00:00:00.000001Z"))
        .then_fields_invalid(&["withdrawn_at"]);
}

#[test]
fn c13_a_new_acceptance_must_lie_after_the_last_withdrawal() {
    let (world, _) = withdrawn();
    let again = |at: &str| confirm_as("contoso", "fabrikam", claim(at));
    let world = world.when(again("2024-01-12")).then_fields_invalid(&["accepted_at"]);
    let _ = world.did(again("2024-01-12T00:00:00.000001Z"));
}

#[test]
fn c13_a_new_acceptance_restores_authorisation_and_closes_the_obligation() {
    let (world, withdrawal) = withdrawn();
    let [open] = &obligations(&world, Position::END)[..] else { panic!() };
    assert_eq!(
        (open.state, open.withdrawal, open.opened_at),
        (ObligationState::Open, withdrawal, instant("2024-01-12"),)
    );
    let world = world.did(confirm_as("contoso", "fabrikam", claim("2024-01-13")));
    assert_eq!(closing(&world), [(ObligationState::Restored, Some(world.last()))]);
    assert_eq!(obligations(&world, withdrawal.position)[0].state, ObligationState::Open);
    assert_eq!(world.ask(&order("contoso", "fabrikam")).outcome, Outcome::Allowed);
}

#[test]
fn c13_a_recorded_cancellation_closes_the_obligation() {
    let (world, withdrawal) = withdrawn();
    let world = world.did(cancel("contoso", "fabrikam", withdrawal, "2024-01-14"));
    let cancelled = [(ObligationState::Cancelled, Some(world.last()))];
    assert_eq!(closing(&world), cancelled);
    let world = world.when(cancel("contoso", "fabrikam", withdrawal, "2024-01-14")).then_nothing();
    let world = world
        .when(cancel("contoso", "fabrikam", withdrawal, "2024-01-13"))
        .then_fields_invalid(&["cancelled_at"]);
    let world = world.did(confirm_as("contoso", "fabrikam", claim("2024-01-13")));
    assert_eq!(closing(&world), cancelled);
}

#[test]
fn c13_a_cancellation_after_a_new_acceptance_leaves_the_obligation_restored() {
    let (world, withdrawal) = withdrawn();
    let world = world.did(confirm_as("contoso", "fabrikam", claim("2024-01-13")));
    let restored = [(ObligationState::Restored, Some(world.last()))];
    let world = world.did(cancel("contoso", "fabrikam", withdrawal, "2024-01-14"));
    assert_eq!(closing(&world), restored);
}

#[test]
fn c9_a_withdrawal_that_never_was_is_voided_with_its_obligation() {
    let (world, withdrawal) = withdrawn();
    let world = world.did(void_withdrawal(withdrawal));
    assert_eq!(closing(&world), [(ObligationState::Voided, Some(world.last()))]);
    assert_eq!(world.ask(&order("contoso", "fabrikam")).outcome, Outcome::Allowed);
    let denied = world.ask_as_of(&order("contoso", "fabrikam"), withdrawal.position, world.now);
    assert_eq!(denied.outcome, Outcome::Denied);
    let world = world.when(void_withdrawal(withdrawal)).then_nothing();
    let _ = world
        .when(cancel("contoso", "fabrikam", withdrawal, "2024-01-14"))
        .then_fields_invalid(&["obligation_id"]);
}

#[test]
fn c13_voiding_the_new_acceptance_opens_the_obligation_again() {
    let (world, _) = withdrawn();
    let world = world.did(confirm_as("contoso", "fabrikam", claim("2024-01-13")));
    let restoring = world.last();
    let world = world.did(void("contoso", "fabrikam", restoring));
    assert_eq!(closing(&world), [(ObligationState::Open, None)]);
}

#[test]
fn c13_an_unknown_obligation_is_refused() {
    let (world, withdrawal) = withdrawn();
    let unknown = EventRef { position: Position(1), ..withdrawal };
    let world = world.when(cancel("contoso", "fabrikam", unknown, "2024-01-14"));
    let world = world.then_refused([Refusal::ObligationUnknown]);
    let _ = world.when(void_withdrawal(unknown)).then_refused([Refusal::ObligationUnknown]);
}

#[test]
fn c13_a_correction_of_a_withdrawn_record_is_not_a_new_acceptance() {
    let (world, _) = withdrawn();
    let first = world.relationship("contoso", "fabrikam").acceptances[0].recorded;
    let world =
        world.did(assent_domain::scenario::correct("contoso", "fabrikam", first, claim("2024-01-09")));
    let relationship = world.relationship("contoso", "fabrikam");
    assert_eq!(
        relationship.state(&relationship.acceptances[1], AsOf::EVERYTHING),
        AcceptanceState::Withdrawn
    );
}

#[test]
fn c13_before_the_acceptance_there_is_nothing_to_withdraw() {
    let world = microsoft().parties("contoso", "fabrikam").did(confirm("contoso", "fabrikam"));
    let nothing = [Refusal::NothingToWithdraw { agreement: agreement(CUSTOMER_AGREEMENT) }];
    let _ = world.when(withdraw("contoso", "fabrikam", "2024-01-09")).then_refused(nothing);
}

#[test]
fn c13_an_acceptance_at_the_withdrawal_s_own_instant_restores_nothing() {
    let world = microsoft().parties("contoso", "fabrikam").did(confirm("contoso", "fabrikam"));
    let world = world.did(withdraw("contoso", "fabrikam", "2024-01-10"));
    assert_eq!(closing(&world), [(ObligationState::Open, None)]);
}

#[test]
fn c13_the_earliest_withdrawal_is_the_one_that_ended_an_acceptance() {
    let (world, _) = withdrawn();
    let world = world.did(confirm_as("contoso", "fabrikam", claim("2024-01-13"))).did(withdraw(
        "contoso",
        "fabrikam",
        "2024-01-14",
    ));
    let relationship = world.relationship("contoso", "fabrikam");
    let ended: Vec<_> =
        relationship.acceptances.iter().map(|it| relationship.withdrawn_at(it, AsOf::EVERYTHING)).collect();
    assert_eq!(ended, [Some(instant("2024-01-12")), Some(instant("2024-01-14"))]);
}

#[test]
fn c13_a_cancellation_counts_at_once_though_the_client_s_clock_is_ahead() {
    let (world, withdrawal) = withdrawn();
    let world = world.did(cancel("contoso", "fabrikam", withdrawal, "2024-01-15T00:05:00Z"));
    let as_of = AsOf { prefix: Position::END, effective_at: world.now };
    assert_eq!(world.relationship("contoso", "fabrikam").open_obligations(as_of).count(), 0);
}

#[test]
fn c13_a_remedy_names_the_obligation_that_is_open_else_the_one_that_ended_the_acceptance() {
    let (world, first) = withdrawn();
    let world = world.did(withdraw("contoso", "fabrikam", "2024-01-11"));
    let second = world.last();
    let order = order("contoso", "fabrikam");
    assert_eq!(owed(&world.ask(&order)), [first, second]);
    let world = world.did(cancel("contoso", "fabrikam", first, "2024-01-13"));
    assert_eq!(owed(&world.ask(&order)), [second]);
    let world = world.did(cancel("contoso", "fabrikam", second, "2024-01-13"));
    assert_eq!(owed(&world.ask(&order)), [second], "the earliest withdrawal is the one that ended it");
}

/// The obligations that an answer says are to be met.
fn owed(decision: &Decision) -> Vec<EventRef> {
    let cancel =
        decision.remediations.iter().filter(|it| it.action == RemediationAction::CancelSubscriptions);
    cancel.map(|it| it.obligation.unwrap()).collect()
}

#[test]
fn o2_each_open_obligation_is_named_by_its_id() {
    let (world, first) = withdrawn();
    let world = world.did(withdraw("contoso", "fabrikam", "2024-01-11"));
    let second = world.last();
    assert_eq!(closing(&world), [(ObligationState::Open, None); 2]);
    let transaction = assent_domain::values::TransactionKind::AutoRenewal;
    let automatic = assent_domain::authorize::Order { transaction, ..order("contoso", "fabrikam") };
    let decision = world.ask(&automatic);
    assert_eq!(actions(&decision), [(RemediationAction::CancelSubscriptions, By::Partner); 2]);
    assert_eq!(owed(&decision), [first, second]);
}
