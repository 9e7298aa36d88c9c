//! docs/compliance.md names every rule, and nothing that is not there.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use assent_domain::policy::rules::RULES;

use crate::page::root;

fn page() -> String {
    fs::read_to_string(root().join("docs/compliance.md")).expect("the page is there")
}

/// What stands in backticks.
fn named(page: &str) -> Vec<&str> {
    page.split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_rule_answers_a_requirement() {
    let page = page();
    let words: BTreeSet<_> = page.split(|it: char| !it.is_alphanumeric()).collect();
    let missing: Vec<_> = RULES.iter().map(|it| it.id).filter(|it| !words.contains(it)).collect();
    assert!(
        missing.is_empty(),
        "docs/compliance.md names no requirement that these rules answer: {missing:?}"
    );
}

#[test]
fn every_place_and_every_test_that_is_named_is_there() {
    let page = page();
    let mut tests = String::new();
    read_all(&root().join("crates/domain/tests"), &mut tests);
    for name in named(&page) {
        if name.starts_with("crates/") || name.starts_with("tests/") {
            assert!(root().join(name).exists(), "docs/compliance.md names `{name}`, which is not there");
        } else if name.contains('_') && !name.contains(' ') {
            assert!(
                tests.contains(&format!("fn {name}(")),
                "docs/compliance.md names `{name}`, which is no test"
            );
        }
    }
}

fn read_all(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("a folder's entry can be read").path();
        if path.is_dir() {
            read_all(&path, text);
        } else {
            text.push_str(&fs::read_to_string(&path).expect("sources are text"));
        }
    }
}
