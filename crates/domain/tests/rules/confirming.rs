//! Rules C1 to C8, C14 and C15: what a confirmation holds.

use assent_domain::acceptance::AcceptanceState;
use assent_domain::authorize::AsOf;
use assent_domain::command::{AcceptanceClaim, AcceptedAt, Command, Proof, Recording};
use assent_domain::directory::CustomerFacts;
use assent_domain::event::{AcceptanceRecorded, Event};
use assent_domain::refusal::Refusal;
use assent_domain::scenario::{
    CUSTOMER_AGREEMENT, World, agreement, attest, by_contact, claim, confirm, customer, customer_facts,
    direct, instant, microsoft, version,
};
use assent_domain::values::{
    Channel, Cloud, Contact, Country, Date, Email, Language, PersonName, PhoneNumber, Template,
};

use crate::{acceptance, confirm_as, record, recorded, void};

fn world() -> World {
    microsoft().at("2018-09-01").parties("contoso", "fabrikam").at("2024-01-15")
}

fn on_day(day: &str) -> AcceptanceClaim {
    AcceptanceClaim { accepted_at: AcceptedAt::Date(Date::parse(day).unwrap()), ..claim("2024-01-10") }
}

fn template(country: &str, language: &str) -> Template {
    Template { country: Country::parse(country).unwrap(), language: Language::parse(language).unwrap() }
}

fn last_acceptance(world: &World) -> &AcceptanceRecorded {
    let Event::AcceptanceRecorded { acceptance, .. } = &world.log.last().unwrap().event else {
        panic!("the last event records no acceptance")
    };
    acceptance
}

#[test]
fn c1_a_contact_is_required_except_for_a_direct_acceptance() {
    let nobody = || AcceptanceClaim { contact: None, ..claim("2024-01-10") };
    let world = world().when(confirm_as("contoso", "fabrikam", nobody())).then_fields_invalid(&["contact"]);
    let world = world.when(attest("contoso", "fabrikam", nobody())).then_fields_invalid(&["contact"]);
    let _ = world.did(direct("contoso", "fabrikam", nobody()));
}

#[test]
fn c2_only_the_format_of_an_address_is_validated_and_it_is_not_trimmed() {
    for valid in
        ["ada@fabrikam.example", "ada+1@sub.fabrikam.example", "ada@bücher.example", "o'neil@x.example"]
    {
        assert!(Email::parse(valid).is_ok(), "{valid}");
    }
    for invalid in [
        "",
        " ada@fabrikam.example",
        "ada@fabrikam.example ",
        "Ada <ada@fabrikam.example>",
        "ada@[10.0.0.1]",
        "ada",
        "@fabrikam.example",
        "ada@",
        "ada@@fabrikam.example",
        "ada@fabrikam..example",
    ] {
        assert!(Email::parse(invalid).is_err(), "{invalid}");
    }
}

#[test]
fn c2_names_are_trimmed_and_composed_and_of_any_script() {
    assert_eq!(PersonName::parse("  Ada\u{a0}").unwrap().as_str(), "Ada");
    assert_eq!(PersonName::parse("Zoe\u{308}").unwrap().as_str(), "Zo\u{eb}");
    for name in ["田中", "Мария", "O’Neil-Smith", "X Æ A-12"] {
        assert!(PersonName::parse(name).is_ok(), "{name}");
    }
    assert!(PersonName::parse(" \t ").is_err());
    assert!(PersonName::parse("Ada\nLovelace").is_err());
}

#[test]
fn c2_a_phone_number_is_kept_as_given_and_an_empty_one_is_none() {
    assert_eq!(PhoneNumber::parse("").unwrap(), None);
    assert_eq!(PhoneNumber::parse(" (1) 23 x4 ").unwrap().unwrap().as_str(), " (1) 23 x4 ");
    assert!(PhoneNumber::parse(&"1".repeat(65)).is_err());
}

#[test]
fn c3_an_instant_may_lie_five_minutes_ahead_and_no_more() {
    let world = world().at("2024-01-15T12:00:00Z");
    let world = world.did(confirm_as("contoso", "fabrikam", claim("2024-01-15T12:05:00Z")));
    let _ = world
        .when(confirm_as("contoso", "fabrikam", claim("2024-01-15T12:05:00.000001Z")))
        .then_fields_invalid(&["accepted_at"]);
}

#[test]
fn c3_a_day_may_be_today_where_the_calendar_is_furthest_ahead() {
    let world = world().at("2024-01-15T09:59:59Z");
    let world = world
        .when(confirm_as("contoso", "fabrikam", on_day("2024-01-16")))
        .then_fields_invalid(&["accepted_on"]);
    let world = world.at("2024-01-15T10:00:00Z").did(confirm_as("contoso", "fabrikam", on_day("2024-01-16")));
    assert_eq!(last_acceptance(&world).accepted_at, instant("2024-01-16"));
    let fact = &world.relationship("contoso", "fabrikam").acceptances[0];
    assert_eq!(fact.counts_from(), instant("2024-01-15T10:00:00Z"));
}

#[test]
fn c4_the_version_in_force_at_the_instant_is_inferred_and_its_hash_stored() {
    for (accepted_at, wanted) in [("2023-03-31T23:59:59Z", "2019-10"), ("2023-04-01", "2023-04")] {
        let world = world();
        let expected = recorded(&world, accepted_at, wanted);
        let _ = world
            .when(confirm_as("contoso", "fabrikam", claim(accepted_at)))
            .then([acceptance("contoso", "fabrikam", expected)]);
    }
}

#[test]
fn c4_a_version_given_is_stored_as_given() {
    let given = AcceptanceClaim { version: Some(version("2019-10")), ..claim("2024-01-10") };
    let world = world();
    let expected =
        AcceptanceRecorded { version_inferred: false, ..recorded(&world, "2024-01-10", "2019-10") };
    let _ = world
        .when(confirm_as("contoso", "fabrikam", given))
        .then([acceptance("contoso", "fabrikam", expected)]);
}

#[test]
fn c4_a_version_of_another_agreement_or_that_begins_later_is_a_mismatch() {
    let given = |id, at| AcceptanceClaim { version: Some(version(id)), ..claim(at) };
    let mismatch = |id, in_force_from| Refusal::VersionMismatch {
        agreement: agreement(CUSTOMER_AGREEMENT),
        version: version(id),
        in_force_from,
    };
    let world = world().when(confirm_as("contoso", "fabrikam", given("2018-08", "2024-01-10")));
    let world = world.then_refused([mismatch("2018-08", None)]);
    let later = confirm_as("contoso", "fabrikam", given("2023-04", "2023-03-31"));
    let _ = world.when(later).then_refused([mismatch("2023-04", Some(instant("2023-04-01")))]);
}

#[test]
fn c4_where_no_version_was_in_force_the_instant_is_wrong() {
    let _ = world()
        .when(confirm_as("contoso", "fabrikam", claim("2019-07-31")))
        .then_fields_invalid(&["accepted_at"]);
}

#[test]
fn c4_publishing_a_version_later_changes_no_acceptance() {
    let world = world().did(confirm("contoso", "fabrikam"));
    let (agreement_id, mut published) = assent_domain::scenario::timeline().agreements.pop().unwrap();
    published.version = version("2023-12");
    published.in_force_from = Some(instant("2023-12-01"));
    let world = world.did(Command::PublishAgreementVersion { agreement: agreement_id, published });
    let catalogue = assent_domain::Facts::catalogue(&world.facts);
    let fact = &world.relationship("contoso", "fabrikam").acceptances[0];
    let accepted = &catalogue.agreement(fact.agreement).version(fact.version).id;
    assert_eq!(*accepted, version("2023-04"));
}

#[test]
fn c5_a_template_must_exist_for_the_version_and_be_for_the_customer_s_country() {
    let with = |template| AcceptanceClaim { template: Some(template), ..claim("2024-01-10") };
    let world = world().did(confirm_as("contoso", "fabrikam", with(template("us", "EN-us"))));
    assert_eq!(last_acceptance(&world).document_sha256, Some([10; 32]));
    for unfit in [template("US", "fr-FR"), template("DE", "de-DE"), template("FR", "en-US")] {
        let refused = Refusal::TemplateUnknown {
            agreement: agreement(CUSTOMER_AGREEMENT),
            version: version("2023-04"),
            template: unfit.clone(),
            fitting: vec![template("US", "en-US")],
        };
        let _ = self::world().when(confirm_as("contoso", "fabrikam", with(unfit))).then_refused([refused]);
    }
}

#[test]
fn c6_nothing_is_confirmed_in_a_national_cloud() {
    for cloud in [Cloud::UsGovernment, Cloud::Germany, Cloud::China] {
        let facts = CustomerFacts { cloud, ..customer_facts() };
        let world = world().did(Command::RegisterCustomer { customer: customer("fabrikam"), facts });
        let refused = Refusal::CloudNotSupported { customer: customer("fabrikam"), cloud };
        let _ = world.when(confirm("contoso", "fabrikam")).then_refused([refused]);
    }
}

#[test]
fn c7_an_acceptance_is_confirmed_with_no_order_in_sight() {
    let world = world().when(confirm("contoso", "fabrikam"));
    assert_eq!(world.result.unwrap().len(), 1);
}

#[test]
fn c8_the_same_agreement_version_contact_and_instant_is_a_duplicate_whatever_the_method() {
    let world = world().did(confirm("contoso", "fabrikam"));
    let first = world.last();
    let refused = |state| [Refusal::AcceptanceAlreadyConfirmed { acceptance: first, state }];
    let versioned = AcceptanceClaim {
        version: Some(version("2023-04")),
        template: Some(template("US", "en-US")),
        channel: Channel::Dashboard,
        proof: Some(Proof { uri: "file://1".to_owned(), sha256: None, media_type: None }),
        ..on_day("2024-01-10")
    };
    let world =
        world.when(attest("contoso", "fabrikam", versioned)).then_refused(refused(AcceptanceState::Current));
    let world = world.did(void("contoso", "fabrikam", first));
    let _ = world.when(confirm("contoso", "fabrikam")).then_refused(refused(AcceptanceState::Void));
}

#[test]
fn c8_another_instant_version_or_contact_is_a_new_acceptance() {
    let older = AcceptanceClaim { version: Some(version("2019-10")), ..claim("2024-01-10") };
    let ada = claim("2024-01-10").contact.unwrap();
    let phoned = Contact { phone_number: PhoneNumber::parse("1").unwrap(), ..ada };
    let world = world()
        .did(confirm("contoso", "fabrikam"))
        .did(confirm_as("contoso", "fabrikam", claim("2024-01-10T00:00:00.000001Z")))
        .did(confirm_as("contoso", "fabrikam", older))
        .did(confirm_as("contoso", "fabrikam", by_contact("ADA@fabrikam.example", claim("2024-01-10"))))
        .did(confirm_as(
            "contoso",
            "fabrikam",
            AcceptanceClaim { contact: Some(phoned), ..claim("2024-01-10") },
        ));
    assert_eq!(world.relationship("contoso", "fabrikam").acceptances.len(), 5);
}

#[test]
fn c8_the_latest_instant_is_the_current_one_and_of_two_the_later_position() {
    let world = world()
        .did(confirm_as("contoso", "fabrikam", claim("2024-01-12")))
        .did(confirm_as("contoso", "fabrikam", claim("2024-01-10")))
        .did(confirm_as("contoso", "fabrikam", by_contact("bob@fabrikam.example", claim("2024-01-12"))));
    let relationship = world.relationship("contoso", "fabrikam");
    let [first, older, last] = &relationship.acceptances[..] else { panic!() };
    let state = |it| relationship.state(it, AsOf::EVERYTHING);
    assert_eq!(relationship.current(first.agreement, AsOf::EVERYTHING), Some(last));
    assert_eq!(
        [first, older, last].map(state),
        [AcceptanceState::Superseded, AcceptanceState::Superseded, AcceptanceState::Current,]
    );
    assert_eq!(relationship.superseded_by(older, AsOf::EVERYTHING), Some(first));
}

#[test]
fn c14_neither_a_claim_nor_an_event_prints_personal_data() {
    let proof = Proof { uri: "https://proof.example/ada".to_owned(), sha256: None, media_type: None };
    let command =
        confirm_as("contoso", "fabrikam", AcceptanceClaim { proof: Some(proof), ..claim("2024-01-10") });
    let world = world().did(command.clone());
    let printed = format!("{command:?} {:?}", world.log);
    for personal in ["Ada", "Lovelace", "ada@", "proof.example"] {
        assert!(!printed.contains(personal), "{personal}");
    }
}

#[test]
fn c15_proof_is_optional_and_decides_nothing() {
    let with = AcceptanceClaim {
        proof: Some(Proof { uri: "file://1".to_owned(), sha256: Some([3; 32]), media_type: None }),
        ..claim("2024-01-10")
    };
    let world = world();
    let expected = recorded(&world, "2024-01-10", "2023-04");
    let _ = world
        .when(record("contoso", "fabrikam", Recording::Confirm, with))
        .then([acceptance("contoso", "fabrikam", expected)]);
}
