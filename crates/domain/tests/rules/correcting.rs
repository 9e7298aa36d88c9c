//! Rule C9: correcting and voiding.

use assent_domain::acceptance::AcceptanceState;
use assent_domain::authorize::{AsOf, Outcome};
use assent_domain::command::{AcceptanceClaim, Command};
use assent_domain::event::{AcceptanceRecorded, Event, EventRef};
use assent_domain::refusal::Refusal;
use assent_domain::scenario::{
    CLOUD_AGREEMENT, CUSTOMER_AGREEMENT, World, by_contact, claim, claim_of, confirm, correct, instant,
    microsoft, order, version,
};
use assent_domain::values::{Instant, Position};

use crate::{acceptance, confirm_as, recorded, void};

fn confirmed() -> (World, EventRef) {
    let world = microsoft().parties("contoso", "fabrikam").did(confirm("contoso", "fabrikam"));
    let first = world.last();
    (world, first)
}

fn states(world: &World, prefix: Position) -> Vec<AcceptanceState> {
    let relationship = world.relationship("contoso", "fabrikam");
    let as_of = AsOf { prefix, effective_at: Instant::LAST };
    let known = relationship.acceptances.iter().filter(|it| it.recorded.position <= prefix);
    known.map(|it| relationship.state(it, as_of)).collect()
}

#[test]
fn c9_a_correction_is_a_new_acceptance_that_names_the_one_it_corrects() {
    let (world, first) = confirmed();
    let confirmed_at = world.now;
    let world = world.at("2024-02-01");
    let expected = AcceptanceRecorded {
        corrects: Some(first),
        confirmed_at,
        ..recorded(&world, "2023-03-01", "2019-10")
    };
    let world = world
        .when(correct("contoso", "fabrikam", first, claim("2023-03-01")))
        .then([acceptance("contoso", "fabrikam", expected)]);
    assert_eq!(states(&world, Position::END), [AcceptanceState::Corrected, AcceptanceState::Current]);
    assert_eq!(states(&world, first.position), [AcceptanceState::Current]);
}

#[test]
fn c9_correcting_a_corrected_one_names_its_successor() {
    let (world, first) = confirmed();
    let world = world.did(correct("contoso", "fabrikam", first, claim("2024-01-11")));
    let second = world.last();
    let refused = || [Refusal::AcceptanceAlreadyCorrected { acceptance: first, successor: second }];
    let world =
        world.when(correct("contoso", "fabrikam", first, claim("2024-01-12"))).then_refused(refused());
    let _ = world.when(void("contoso", "fabrikam", first)).then_refused(refused());
}

#[test]
fn c9_a_correction_is_judged_at_the_original_confirming_instant() {
    let world = microsoft().at("2020-01-30").parties("contoso", "fabrikam");
    let world = world.did(confirm_as("contoso", "fabrikam", claim_of(CLOUD_AGREEMENT, "2020-01-10")));
    let first = world.last();
    let world = world.at("2024-01-15");
    let later = correct("contoso", "fabrikam", first, claim_of(CLOUD_AGREEMENT, "2020-02-01"));
    let world = world.when(later).then_fields_invalid(&["accepted_at"]);
    let _ = world.did(correct("contoso", "fabrikam", first, claim_of(CLOUD_AGREEMENT, "2020-01-11")));
}

#[test]
fn c9_a_record_stays_correctable_after_its_agreement_was_retired_retroactively() {
    let (world, first) = confirmed();
    let retire = Command::RetireAgreement {
        agreement: assent_domain::scenario::agreement(CUSTOMER_AGREEMENT),
        environment: None,
        channel: None,
        retired_at: Some(instant("2020-06-01")),
        successor: None,
    };
    let world = world.did(retire).when(confirm_as("contoso", "fabrikam", claim("2024-01-12")));
    let agreement = assent_domain::scenario::agreement(CUSTOMER_AGREEMENT);
    let world = world.then_refused([Refusal::AgreementRetired { agreement, successor: None }]);
    let world = world.did(correct("contoso", "fabrikam", first, claim("2024-01-11")));
    let second = world.last();
    let world = world.did(correct("contoso", "fabrikam", second, claim("2024-01-09")));
    let third = world.last();
    let _ = world.did(correct("contoso", "fabrikam", third, claim("2024-01-08")));
}

#[test]
fn c9_the_correction_of_a_backfill_is_not_accepted_after_it_was_confirmed() {
    let world = microsoft().parties("contoso", "fabrikam");
    let old = AcceptanceClaim { confirmed_at: Some(instant("2022-01-02")), ..claim("2022-01-01") };
    let world = world.did(confirm_as("contoso", "fabrikam", old));
    let first = world.last();
    let later = correct("contoso", "fabrikam", first, claim("2022-01-02T00:00:01Z"));
    let _ = world.when(later).then_fields_invalid(&["accepted_at"]);
}

#[test]
fn c9_a_version_given_or_inferred_anew_is_checked_as_in_a_confirmation() {
    let (world, first) = confirmed();
    let given = AcceptanceClaim { version: Some(version("2023-04")), ..claim("2023-01-01") };
    let _ =
        world.when(correct("contoso", "fabrikam", first, given)).then_refused([Refusal::VersionMismatch {
            agreement: assent_domain::scenario::agreement(CUSTOMER_AGREEMENT),
            version: version("2023-04"),
            in_force_from: Some(instant("2023-04-01")),
        }]);
}

#[test]
fn c9_a_record_of_the_wrong_agreement_is_voided_not_corrected() {
    let (world, first) = confirmed();
    let other = claim_of(CLOUD_AGREEMENT, "2024-01-10");
    let refused = world.when(correct("contoso", "fabrikam", first, other)).result.unwrap_err();
    assert!(matches!(refused.0[0], Refusal::FieldInvalid { field: "agreement_id", .. }));
}

#[test]
fn c9_a_wrong_correction_can_be_taken_back() {
    let (world, first) = confirmed();
    let world = world.did(correct("contoso", "fabrikam", first, claim("2024-01-11")));
    let wrong = world.last();
    let world = world.did(correct("contoso", "fabrikam", wrong, claim("2024-01-10")));
    let corrected = AcceptanceState::Corrected;
    assert_eq!(states(&world, Position::END), [corrected, corrected, AcceptanceState::Current]);
}

#[test]
fn c9_a_correction_into_another_acceptance_is_a_duplicate_of_it() {
    let (world, first) = confirmed();
    let world = world.did(confirm_as("contoso", "fabrikam", claim("2024-01-12")));
    let second = world.last();
    let refused =
        Refusal::AcceptanceAlreadyConfirmed { acceptance: first, state: AcceptanceState::Superseded };
    let _ = world.when(correct("contoso", "fabrikam", second, claim("2024-01-10"))).then_refused([refused]);
}

#[test]
fn c8_the_original_values_of_a_corrected_record_are_a_duplicate_too() {
    let (world, first) = confirmed();
    let by_bob = by_contact("bob@fabrikam.example", claim("2024-01-10"));
    let world = world.did(correct("contoso", "fabrikam", first, by_bob.clone()));
    let second = world.last();
    let refused = |acceptance, state| [Refusal::AcceptanceAlreadyConfirmed { acceptance, state }];
    let world =
        world.when(confirm("contoso", "fabrikam")).then_refused(refused(first, AcceptanceState::Corrected));
    let _ = world
        .when(confirm_as("contoso", "fabrikam", by_bob))
        .then_refused(refused(second, AcceptanceState::Current));
}

#[test]
fn c9_a_void_acceptance_never_counted_for_every_prefix_from_then_on() {
    let (world, first) = confirmed();
    let world = world.did(void("contoso", "fabrikam", first));
    let order = order("contoso", "fabrikam");
    assert_eq!(world.ask(&order).outcome, Outcome::Denied);
    assert_eq!(world.ask_as_of(&order, first.position, world.now).outcome, Outcome::Allowed);
    let relationship = world.relationship("contoso", "fabrikam");
    assert_eq!(relationship.obligations(AsOf::EVERYTHING).count(), 0);
    assert_eq!(states(&world, Position::END), [AcceptanceState::Void]);
}

#[test]
fn c9_voiding_twice_is_a_retry_and_voiding_the_unknown_is_refused() {
    let (world, first) = confirmed();
    let world = world.did(void("contoso", "fabrikam", first)).when(void("contoso", "fabrikam", first));
    let unknown = EventRef { position: Position(1), ..first };
    let world = world.then_nothing().when(void("contoso", "fabrikam", unknown));
    let _ = world.then_refused([Refusal::AcceptanceUnknown]);
}

#[test]
fn c9_voiding_a_correction_does_not_bring_the_corrected_record_back() {
    let (world, first) = confirmed();
    let world = world.did(correct("contoso", "fabrikam", first, claim("2024-01-11")));
    let second = world.last();
    let world = world.did(void("contoso", "fabrikam", second));
    assert_eq!(states(&world, Position::END), [AcceptanceState::Corrected, AcceptanceState::Void]);
    assert_eq!(world.ask(&order("contoso", "fabrikam")).outcome, Outcome::Denied);
}

#[test]
fn c9_an_acceptance_voided_in_error_is_brought_back_by_correcting_it() {
    let (world, first) = confirmed();
    let world = world.did(void("contoso", "fabrikam", first));
    let world = world.did(correct("contoso", "fabrikam", first, claim("2024-01-10")));
    assert_eq!(states(&world, Position::END), [AcceptanceState::Void, AcceptanceState::Current]);
    assert_eq!(world.ask(&order("contoso", "fabrikam")).outcome, Outcome::Allowed);
}

#[test]
fn c9_a_correction_keeps_the_method_and_the_evidence() {
    use assent_domain::scenario::direct;
    let world = microsoft().parties("contoso", "fabrikam");
    let world = world.did(direct("contoso", "fabrikam", claim("2024-01-10")));
    let first = world.last();
    let world = world.did(correct("contoso", "fabrikam", first, claim("2024-01-11")));
    let Event::AcceptanceRecorded { acceptance, .. } = &world.log.last().unwrap().event else { panic!() };
    assert_eq!(acceptance.method, assent_domain::values::Method::Direct);
}

#[test]
fn c9_the_correction_of_a_correction_of_a_backfill_is_a_backfill_still() {
    let old = AcceptanceClaim { confirmed_at: Some(instant("2022-01-02")), ..claim("2022-01-01") };
    let world = microsoft().parties("contoso", "fabrikam").did(confirm_as("contoso", "fabrikam", old));
    let first = world.last();
    let world = world.did(correct("contoso", "fabrikam", first, claim("2022-01-02")));
    let second = world.last();
    let later = correct("contoso", "fabrikam", second, claim("2022-01-02T00:00:01Z"));
    let _ = world.when(later).then_fields_invalid(&["accepted_at"]);
}
