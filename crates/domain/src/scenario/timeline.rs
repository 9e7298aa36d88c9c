//! The Microsoft timeline as it ships, in small: with the templates of two countries.

use std::sync::Arc;

use super::words::{agreement, instant, product, version};
use super::{World, given};
use crate::catalog::{Availability, VersionTemplate};
use crate::command::Command;
use crate::event::{Event, VersionPublished};
use crate::policy::{Line, PolicyDocument, RULES_EDITION, Requirement, Roles, VersionRule};
use crate::values::{
    AgreementId, Channel, Cloud, Country, Environment, Language, PolicyId, Template, TransactionKind,
};

/// The Cloud Agreement.
pub const CLOUD_AGREEMENT: &str = "microsoft-cloud-agreement";
/// The Customer Agreement.
pub const CUSTOMER_AGREEMENT: &str = "microsoft-customer-agreement";

/// A production ledger with the timeline's agreements and policy.
pub fn microsoft() -> World {
    ledger(Environment::Production)
}

/// The same for the partners' integration sandbox.
pub fn microsoft_sandbox() -> World {
    ledger(Environment::Sandbox)
}

fn ledger(environment: Environment) -> World {
    let document = timeline();
    let published = |(agreement, published)| Event::AgreementVersionPublished { agreement, published };
    given([
        Event::LedgerFormatted { format: 1, tag: 7, environment },
        Event::RulesActivated { edition: RULES_EDITION },
    ])
    .at("2018-08-01")
    .and(document.agreements.clone().into_iter().map(published))
    .did(Command::PublishPolicy { document: Arc::new(document), sha256: [1; 32], expected_version: Some(0) })
    .at("2024-01-15")
}

/// The timeline's policy document.
///
/// # Panics
///
/// Never: its ids are well-formed.
pub fn timeline() -> PolicyDocument {
    let (cloud, customer) = (CLOUD_AGREEMENT, CUSTOMER_AGREEMENT);
    let dashboard: &[_] = &[Channel::Dashboard];
    let api: &[_] = &[Channel::Api];
    let both: &[_] = &[Channel::Api, Channel::Dashboard];
    let lines = [
        lines("dashboard", ("2018-11-07", Some("2019-10-01")), dashboard, &[], &[(cloud, None)]),
        lines("api", ("2019-03-22", Some("2019-10-01")), api, &[], &[(cloud, None)]),
        lines("either", ("2019-10-01", Some("2020-01-31")), both, &[], &[(cloud, None), (customer, None)]),
        lines("azure-plan", ("2019-10-01", Some("2020-01-31")), both, &["azure-plan"], &[(customer, None)]),
        lines("customer", ("2020-01-31", Some("2026-01-05")), both, &[], &[(customer, None)]),
        lines("text-of-2023", ("2026-01-05", None), both, &[], &[(customer, Some("2023-04-01"))]),
    ];
    PolicyDocument {
        id: PolicyId::parse("microsoft-csp").expect("the id is well-formed"),
        covered_clouds: vec![Cloud::Public],
        roles: Roles::default(),
        agreements: agreements(),
        lines: lines.into_iter().flatten().collect(),
    }
}

/// The line for renewals and changes, which wants the most current version, and the line for all others.
fn lines(
    id: &str,
    (from, until): (&str, Option<&str>),
    channels: &[Channel],
    products: &[&str],
    any_of: &[(&str, Option<&str>)],
) -> [Line; 2] {
    let line = |suffix: &str, transactions: &[TransactionKind], rule: VersionRule| Line {
        id: format!("{id}-{suffix}"),
        source: "FAQ, MCA".to_owned(),
        from: instant(from),
        until: until.map(instant),
        channels: channels.to_vec(),
        transactions: transactions.to_vec(),
        products: products.iter().map(|it| product(it)).collect(),
        any_of: any_of.iter().map(|(id, from)| requirement(id, rule, *from)).collect(),
    };
    use TransactionKind::{NewPurchase, Renewal, SeatDecrease, SeatIncrease, SubscriptionChange};
    [
        line("orders", &[NewPurchase, SeatIncrease, SeatDecrease], VersionRule::Any),
        line("renewals", &[Renewal, SubscriptionChange], VersionRule::MostCurrent),
    ]
}

fn requirement(id: &str, version: VersionRule, accepted_from: Option<&str>) -> Requirement {
    Requirement { agreement: agreement(id), version, accepted_from: accepted_from.map(instant) }
}

fn agreements() -> Vec<(AgreementId, VersionPublished)> {
    use Environment::{Production, Sandbox};
    let cloud_times = vec![
        available(Production, None, "2018-08-07", Some("2020-01-31")),
        available(Sandbox, None, "2018-08-07", None),
    ];
    let customer_times = vec![
        available(Sandbox, Some(Channel::Dashboard), "2019-08-01", None),
        available(Sandbox, Some(Channel::Api), "2019-09-03", None),
        available(Production, None, "2019-10-01", None),
    ];
    let cloud = VersionPublished {
        availability: cloud_times,
        successor: Some(agreement(CUSTOMER_AGREEMENT)),
        ..text("2018-08", None)
    };
    let first = VersionPublished { availability: customer_times, ..text("2019-10", Some("2019-08-01")) };
    let second = text("2023-04", Some("2023-04-01"));
    let customer = agreement(CUSTOMER_AGREEMENT);
    vec![(agreement(CLOUD_AGREEMENT), cloud), (customer.clone(), first), (customer, second)]
}

fn text(id: &str, from: Option<&str>) -> VersionPublished {
    let template = |country, language, byte| VersionTemplate {
        template: Template {
            country: Country::parse(country).expect("the country is well-formed"),
            language: Language::parse(language).expect("the language is well-formed"),
        },
        uri: String::new(),
        sha256: Some([byte; 32]),
    };
    VersionPublished {
        version: version(id),
        in_force_from: from.map(instant),
        document_sha256: Some([9; 32]),
        templates: [template("US", "en-US", 10), template("DE", "de-DE", 11), template("DE", "en-US", 12)]
            .into(),
        availability: Vec::new(),
        successor: None,
        template_id: None,
    }
}

fn available(
    environment: Environment,
    channel: Option<Channel>,
    from: &str,
    until: Option<&str>,
) -> Availability {
    Availability { environment, channel, from: instant(from), until: until.map(instant) }
}
