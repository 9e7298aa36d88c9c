//! Publishing and retiring agreements, and publishing the policy.

use std::sync::Arc;

use assent_domain::Facts;
use assent_domain::catalog::{Availability, Available};
use assent_domain::command::Command;
use assent_domain::event::VersionPublished;
use assent_domain::refusal::Refusal;
use assent_domain::scenario::{
    CUSTOMER_AGREEMENT, World, agreement, confirm, instant, microsoft, timeline, version,
};
use assent_domain::values::{Channel, Environment, PolicyId, Position};

fn publish(published: VersionPublished) -> Command {
    Command::PublishAgreementVersion { agreement: agreement(CUSTOMER_AGREEMENT), published }
}

/// The version of 2023 as the timeline publishes it.
fn of_2023() -> VersionPublished {
    timeline().agreements.pop().unwrap().1
}

fn retire(environment: Option<Environment>, channel: Option<Channel>, retired_at: Option<&str>) -> Command {
    Command::RetireAgreement {
        agreement: agreement(CUSTOMER_AGREEMENT),
        environment,
        channel,
        retired_at: retired_at.map(instant),
        successor: None,
    }
}

fn available(world: &World, channel: Channel, at: &str) -> Available {
    let found = world.facts.catalogue().find(&agreement(CUSTOMER_AGREEMENT)).unwrap();
    found.available_at(Environment::Production, channel, instant(at), Position::END)
}

#[test]
fn c4_a_version_is_published_once_and_its_text_never_changes() {
    let mut reordered = of_2023();
    reordered.templates = reordered.templates.iter().rev().cloned().collect();
    let world = microsoft().when(publish(of_2023())).then_nothing().when(publish(reordered)).then_nothing();
    let exists =
        || [Refusal::VersionExists { agreement: agreement(CUSTOMER_AGREEMENT), version: version("2023-04") }];
    let later = VersionPublished { in_force_from: Some(instant("2023-05-01")), ..of_2023() };
    let fewer = VersionPublished { templates: Arc::from(&of_2023().templates[1..]), ..of_2023() };
    let hashed = VersionPublished { document_sha256: None, ..of_2023() };
    let world = world.when(publish(later)).then_refused(exists());
    let _ = world.when(publish(fewer)).then_refused(exists()).when(publish(hashed)).then_refused(exists());
}

#[test]
fn c10_availability_and_successor_change_with_a_version_named_again() {
    let closed = Availability {
        environment: Environment::Production,
        channel: None,
        from: instant("2019-10-01"),
        until: Some(instant("2024-01-01")),
    };
    let changed =
        VersionPublished { availability: vec![closed], successor: Some(agreement("next")), ..of_2023() };
    let world = microsoft().did(publish(changed.clone())).when(publish(changed)).then_nothing();
    assert_eq!(available(&world, Channel::Api, "2024-01-15"), Available::Retired);
    let refused = Refusal::AgreementRetired {
        agreement: agreement(CUSTOMER_AGREEMENT),
        successor: Some(agreement("next")),
    };
    let _ = world.parties("contoso", "fabrikam").when(confirm("contoso", "fabrikam")).then_refused([refused]);
}

#[test]
fn an_agreement_does_not_succeed_itself() {
    let itself = VersionPublished { successor: Some(agreement(CUSTOMER_AGREEMENT)), ..of_2023() };
    let _ = microsoft().when(publish(itself)).then_fields_invalid(&["successor"]);
}

#[test]
fn c10_retiring_closes_availability_now_everywhere_or_where_it_was_said() {
    let world = microsoft().did(retire(None, Some(Channel::Api), None));
    assert_eq!(available(&world, Channel::Api, "2024-01-14"), Available::Now);
    assert_eq!(available(&world, Channel::Api, "2024-01-15"), Available::Retired);
    assert_eq!(available(&world, Channel::Dashboard, "2024-01-15"), Available::Now);
    let world = world.at("2024-02-01").when(retire(None, Some(Channel::Api), None)).then_nothing();
    let world = world.did(retire(Some(Environment::Production), None, None));
    assert_eq!(available(&world, Channel::Dashboard, "2024-02-01"), Available::Retired);
    assert_eq!(available(&world, Channel::Api, "2024-01-20"), Available::Retired);
}

#[test]
fn c10_an_agreement_retired_before_it_began_shows_as_retired() {
    let world = microsoft().did(retire(None, None, Some("2019-01-01")));
    assert_eq!(available(&world, Channel::Api, "2018-12-31"), Available::NotYet(None));
    assert_eq!(available(&world, Channel::Api, "2024-01-15"), Available::Retired);
}

#[test]
fn retiring_what_was_never_published_is_refused() {
    let unknown = Command::RetireAgreement {
        agreement: agreement("unheard-of"),
        environment: None,
        channel: None,
        retired_at: None,
        successor: None,
    };
    let _ = microsoft()
        .when(unknown)
        .then_refused([Refusal::AgreementUnknown { agreement: agreement("unheard-of") }]);
}

#[test]
fn a_policy_names_only_agreements_that_the_catalogue_has() {
    let mut document = timeline();
    document.lines[2].any_of[0].agreement = agreement("unheard-of");
    let command =
        Command::PublishPolicy { document: Arc::new(document), sha256: [2; 32], expected_version: None };
    let refused = microsoft().when(command).result.unwrap_err();
    let [Refusal::PolicyInvalid { field, .. }] = &refused.0[..] else { panic!("{refused:?}") };
    assert_eq!(field, "lines[2].any_of[0].agreement_id");
}

#[test]
fn a_policy_is_published_in_versions_of_one_id() {
    let publish = |sha256, expected_version, id: &str| {
        let document =
            assent_domain::policy::PolicyDocument { id: PolicyId::parse(id).unwrap(), ..timeline() };
        Command::PublishPolicy { document: Arc::new(document), sha256, expected_version }
    };
    let world = microsoft().when(publish([1; 32], Some(1), "microsoft-csp")).then_nothing();
    let world = world.when(publish([2; 32], Some(0), "microsoft-csp"));
    let world = world.then_refused([Refusal::RevisionConflict { expected: 0, actual: 1 }]);
    let refused = world.when(publish([2; 32], None, "another"));
    assert!(
        matches!(&refused.result, Err(it) if matches!(&it.0[..], [Refusal::PolicyInvalid { field, .. }] if field == "id"))
    );
    let world = refused.world.did(publish([2; 32], Some(1), "microsoft-csp"));
    assert_eq!(world.facts.policies().at(Position::END).unwrap().version, 2);
    assert_eq!(world.facts.policies().stream.revision, 2);
}
