//! What a document may leave out, and what its values mean.

use assent_domain::policy::{Action, Roles};
use assent_domain::values::{Instant, Role};
use assent_policy_file::parse;

use crate::sample::sample;

/// A document with nothing in it that can be left out.
const SHORTEST: &str = "\
id: short
covered_clouds: [PUBLIC]
lines:
  - id: only
    source: somewhere
    from: 2018-11-07
    channels: [API]
    transactions: [RENEWAL]
    any_of: [{ agreement_id: published-long-ago, version: any }]
";

#[test]
fn a_document_published_later_may_leave_out_roles_and_agreements() {
    let document = parse(SHORTEST.as_bytes()).unwrap();
    assert_eq!(document.roles, Roles::default());
    assert!(document.agreements.is_empty());
    assert_eq!(document.lines[0].until, None);
    assert_eq!(document.lines[0].any_of[0].agreement.to_string(), "published-long-ago");
}

#[test]
fn an_action_that_the_document_does_not_name_keeps_its_default_roles() {
    let document = parse(sample().as_bytes()).unwrap();
    assert_eq!(document.roles.permitting(Action::Attest), [Role::GlobalAdmin]);
    assert_eq!(document.roles.permitting(Action::Confirm), Roles::default().permitting(Action::Confirm));
}

#[test]
fn a_date_is_midnight_utc_and_an_instant_may_stand_for_it() {
    for from in ["2018-11-07", "'2018-11-07'", "2018-11-07T00:00:00Z", "2018-11-07T01:00:00+01:00"] {
        let document = parse(SHORTEST.replace("2018-11-07", from).as_bytes()).unwrap();
        assert_eq!(document.lines[0].from, Instant::parse("2018-11-07T00:00:00Z").unwrap(), "{from}");
    }
}

#[test]
fn words_that_yaml_takes_for_numbers_and_truth_values_are_texts() {
    let document = SHORTEST.replace("id: short", "id: 1.10").replace("id: only", "id: no");
    let document = parse(document.as_bytes()).unwrap();
    assert_eq!((document.id.to_string().as_str(), document.lines[0].id.as_str()), ("1.10", "no"));
}

#[test]
fn line_breaks_of_windows_and_a_byte_order_mark_change_nothing() {
    let windows = format!("\u{feff}{}", SHORTEST.replace('\n', "\r\n"));
    assert_eq!(parse(windows.as_bytes()), parse(SHORTEST.as_bytes()));
    let mistaken = windows.replace("RENEWAL", "renewal");
    assert_eq!(parse(mistaken.as_bytes()).unwrap_err().line, 8);
}

#[test]
fn each_version_is_one_publishing_and_the_first_carries_what_is_said_of_the_agreement() {
    let document = parse(sample().as_bytes()).unwrap();
    let said: Vec<_> = document
        .agreements
        .iter()
        .map(|(id, it)| {
            let successor = it.successor.as_ref().map(ToString::to_string);
            (id.to_string(), it.version.to_string(), it.availability.len(), successor, it.template_id.clone())
        })
        .collect();
    let expected = [
        ("old", "1", 1, Some("new"), None),
        ("new", "1", 1, None, Some("text-1")),
        ("new", "2", 0, None, None),
    ];
    let expected = expected.map(|(id, version, availability, successor, template_id)| {
        (id.into(), version.into(), availability, successor.map(String::from), template_id.map(String::from))
    });
    assert_eq!(said, expected);
}

#[test]
fn templates_can_be_written_out_or_be_a_list_that_ships() {
    let document = parse(sample().as_bytes()).unwrap();
    let [norwegian, english] = &*document.agreements[0].1.templates else { panic!("two templates") };
    assert_eq!(norwegian.template.country.as_str(), "NO");
    assert_eq!((norwegian.uri.as_str(), norwegian.sha256), ("https://example.com/1", Some([0; 32])));
    assert_eq!((english.template.language.as_str(), english.uri.as_str()), ("en-US", ""));
    assert_eq!(document.agreements[1].1.templates.len(), 337);
    assert!(document.agreements[2].1.templates.is_empty());
}

#[test]
fn lines_of_several_products_stand_side_by_side_with_gaps() {
    let line = &SHORTEST[SHORTEST.find("  - id").unwrap()..];
    let product = |id: &str, product: &str, from: &str, until: &str| {
        let period = format!("{from}\n    until: {until}\n    products: [{product}]");
        line.replace("only", id).replace("2018-11-07", &period)
    };
    let lines = [
        product("one", "plan", "2019-01-01", "2020-01-01"),
        product("two", "plan, other", "2021-01-01", "2022-01-01"),
        product("three", "third", "2019-06-01", "2021-06-01"),
    ];
    let document = parse(format!("{SHORTEST}{}", lines.concat()).as_bytes()).unwrap();
    assert_eq!(document.lines.len(), 4);
}
