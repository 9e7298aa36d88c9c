//! The table of every rule.

use assent_domain::authorize::ReasonCode;
use assent_domain::policy::rules::{RULES, rule};

#[test]
fn every_rule_of_the_specification_stands_in_the_table_once_and_in_order() {
    let families = [("W", 8), ("C", 15), ("O", 13)];
    let expected =
        families.iter().flat_map(|(family, last)| (1..=*last).map(move |it| format!("{family}{it}")));
    assert_eq!(RULES.iter().map(|it| it.id.to_owned()).collect::<Vec<_>>(), expected.collect::<Vec<_>>());
}

#[test]
fn a_rule_is_one_sentence_with_its_source_and_its_place() {
    for it in RULES {
        assert!(it.requirement.ends_with('.') && it.requirement.matches(". ").count() == 0, "{}", it.id);
        assert!(!it.decided_in.is_empty(), "{}", it.id);
        let known = ["FAQ", "MCA", "ATT", "API", "FIELD", "OURS"];
        assert!(it.source.split(", ").all(|source| known.contains(&source)), "{}", it.id);
    }
}

#[test]
fn o9_every_reason_states_a_rule_of_the_table() {
    for code in ReasonCode::ALL {
        assert!(rule(code.rule()).is_some(), "{code}");
    }
}
