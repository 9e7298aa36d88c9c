//! How long files are, and that each crate says what it is.

use crate::findings::{Finding, assert_none};
use crate::source::Source;
use crate::workspace::{packages, sources};

/// What half of all files keep to.
const LINES_AIM: usize = 150;
/// What no file has more of.
const LINES_MAX: usize = 500;

#[test]
fn no_file_is_too_long_to_read_in_one_sitting() {
    let long = |it: &Source| it.text.lines().count() > LINES_MAX;
    let finding = |it: Source| {
        let lines = it.text.lines().count();
        let advice =
            format!("has {lines} lines, more than {LINES_MAX}: split it by what its parts are about");
        Finding { file: it.path, line: LINES_MAX, advice }
    };
    let findings: Vec<_> = sources("rs").into_iter().filter(long).map(finding).collect();
    assert_none("files are too long:", &findings);
}

#[test]
fn most_files_are_short() {
    let mut lengths: Vec<_> = sources("rs").iter().map(|it| it.text.lines().count()).collect();
    lengths.sort_unstable();
    let median = lengths[lengths.len() / 2];
    assert!(median <= LINES_AIM, "half of all files have more than {median} lines; aim for {LINES_AIM}");
}

#[test]
fn every_crate_says_what_it_is() {
    let mut findings = Vec::new();
    for package in packages() {
        for source in package.roots.iter().map(|it| Source::read(it)) {
            if !source.text.starts_with("//! ") {
                let advice =
                    "begin with a `//!` sentence: what this is, and what may be done here".to_owned();
                findings.push(Finding { file: source.path, line: 1, advice });
            }
        }
    }
    assert_none("crates do not say what they are:", &findings);
}
