//! Rule C10: when an agreement can be confirmed, and backfills.

use assent_domain::command::AcceptanceClaim;
use assent_domain::event::Event;
use assent_domain::refusal::Refusal;
use assent_domain::scenario::{
    CLOUD_AGREEMENT, CUSTOMER_AGREEMENT, World, agreement, by_contact, claim_of, instant, microsoft,
    microsoft_sandbox,
};
use assent_domain::values::Channel;

use crate::confirm_as;

fn world() -> World {
    microsoft().at("2018-09-01").parties("contoso", "fabrikam").at("2024-01-15")
}

fn backfilled(agreement: &str, accepted_at: &str, confirmed_at: &str) -> AcceptanceClaim {
    AcceptanceClaim { confirmed_at: Some(instant(confirmed_at)), ..claim_of(agreement, accepted_at) }
}

#[test]
fn c10_a_retired_agreement_is_refused_and_names_its_successor() {
    let refused = Refusal::AgreementRetired {
        agreement: agreement(CLOUD_AGREEMENT),
        successor: Some(agreement(CUSTOMER_AGREEMENT)),
    };
    let old = || confirm_as("contoso", "fabrikam", claim_of(CLOUD_AGREEMENT, "2020-01-10"));
    let world = world().at("2020-01-30T23:59:59Z").did(old()).at("2020-01-31");
    let again = by_contact("bob@fabrikam.example", claim_of(CLOUD_AGREEMENT, "2020-01-10"));
    let _ = world.when(confirm_as("contoso", "fabrikam", again)).then_refused([refused]);
    let _ = microsoft_sandbox().parties("contoso", "fabrikam").did(old());
}

#[test]
fn c10_an_agreement_is_available_by_environment_channel_and_instant() {
    let not_yet = |from: &str| {
        [Refusal::AgreementNotAvailable {
            agreement: agreement(CUSTOMER_AGREEMENT),
            from: Some(instant(from)),
        }]
    };
    let early = |channel, confirmed_at: &str| {
        let claim = backfilled(CUSTOMER_AGREEMENT, "2019-08-05", confirmed_at);
        confirm_as("contoso", "fabrikam", AcceptanceClaim { channel, ..claim })
    };
    let sandbox = || microsoft_sandbox().parties("contoso", "fabrikam");
    let _ = sandbox().did(early(Channel::Dashboard, "2019-08-05"));
    let _ = sandbox().when(early(Channel::Api, "2019-09-02T23:59:59Z")).then_refused(not_yet("2019-09-03"));
    let _ = sandbox().did(early(Channel::Api, "2019-09-03"));
    let _ = world().when(early(Channel::Dashboard, "2019-09-30")).then_refused(not_yet("2019-10-01"));
    let _ = world().did(early(Channel::Dashboard, "2019-10-01"));
}

#[test]
fn c10_a_backfill_is_judged_at_its_confirming_instant() {
    let world = world().did(confirm_as(
        "contoso",
        "fabrikam",
        backfilled(CLOUD_AGREEMENT, "2019-01-01", "2019-01-02"),
    ));
    let Event::AcceptanceRecorded { acceptance, .. } = &world.log.last().unwrap().event else { panic!() };
    assert_eq!((acceptance.backfilled, acceptance.confirmed_at), (true, instant("2019-01-02")));
}

#[test]
fn c10_a_backfill_is_confirmed_neither_before_the_acceptance_nor_in_the_future() {
    let world = world().at("2024-01-15T12:00:00Z");
    for (accepted_at, confirmed_at) in
        [("2024-01-10", "2024-01-09T23:59:59.999999Z"), ("2024-01-10", "2024-01-15T12:00:00.000001Z")]
    {
        let claim = backfilled(CUSTOMER_AGREEMENT, accepted_at, confirmed_at);
        let refused = self::world().at("2024-01-15T12:00:00Z").when(confirm_as("contoso", "fabrikam", claim));
        let _ = refused.then_fields_invalid(&["confirmed_at"]);
    }
    let _ = world.did(confirm_as(
        "contoso",
        "fabrikam",
        backfilled(CUSTOMER_AGREEMENT, "2024-01-10", "2024-01-10"),
    ));
}
