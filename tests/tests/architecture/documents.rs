//! What the documents say about the code.

use std::fs;

use crate::descriptors::methods;
use crate::findings::{Finding, assert_none};
use crate::source::Source;
use crate::workspace::root;

/// How the comment of a method begins that answers NOT_BUILT_YET, and what the README's section is called.
const NOT_BUILT: &str = "Not built yet";
/// Where the files lie that documents name.
const FOLDERS: [&str; 7] = [".ci/", "crates/", "deploy/", "docs/", "policies/", "proto/", "tests/"];

#[test]
fn the_readme_lists_every_method_that_is_not_built() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap_or_default();
    let (line, section) = not_built_section(&readme).unwrap_or_default();
    let mut findings = Vec::new();
    for method in methods() {
        let says_so = method.comment.contains(NOT_BUILT);
        let is_listed = section.contains(&format!("`{}`", method.name));
        let name = &method.name;
        if says_so && !is_listed {
            let advice = format!("list `{name}` in the README under a heading that says `{NOT_BUILT}`");
            findings.push(Finding { file: method.file, line: method.line, advice });
        } else if is_listed && !says_so {
            let advice = format!("`{name}` is built, or else its proto comment must say `{NOT_BUILT}`");
            findings.push(Finding { file: "README.md".to_owned(), line, advice });
        }
    }
    assert_none("the README and the API do not agree about what is not built:", &findings);
}

#[test]
fn every_path_that_a_document_names_is_there() {
    let findings: Vec<_> = documents().iter().flat_map(dead_paths).collect();
    assert_none("documents name files that are not there:", &findings);
}

/// What stands in backticks and begins with one of our folders; what has a placeholder in it names no one file.
fn dead_paths(document: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (line, text) in (1..).zip(document.text.lines()) {
        let spans = text.split('`').skip(1).step_by(2);
        let of_ours = |it: &&str| FOLDERS.iter().any(|folder| it.starts_with(folder));
        let names_one = |it: &&str| !it.contains(['*', '{', '<', ' ']);
        let is_dead = |it: &&str| !root().join(it).exists();
        for path in spans.filter(of_ours).filter(names_one).filter(is_dead) {
            let advice = format!("`{path}` is not there: name the place where it is now");
            findings.push(Finding { file: document.path.clone(), line, advice });
        }
    }
    findings
}

/// The documents at the root, in `docs` and in `deploy`.
fn documents() -> Vec<Source> {
    let folders = ["", "docs", "docs/decisions", "deploy"].map(|it| root().join(it));
    let entries = folders.iter().filter_map(|it| fs::read_dir(it).ok()).flatten();
    let paths = entries.map(|it| it.expect("a folder's entry can be read").path());
    paths.filter(|it| it.extension().is_some_and(|it| it == "md")).map(|it| Source::read(&it)).collect()
}

/// The line of the heading that says so, and all lines up to the next heading.
fn not_built_section(readme: &str) -> Option<(usize, String)> {
    let is_heading = |line: &str| line.starts_with('#');
    let says_so = |line: &str| is_heading(line) && line.to_lowercase().contains(&NOT_BUILT.to_lowercase());
    let start = readme.lines().position(says_so)?;
    let lines = readme.lines().skip(start + 1).take_while(|line| !is_heading(line));
    Some((start + 1, lines.collect::<Vec<_>>().join("\n")))
}

#[test]
fn the_section_of_what_is_not_built_ends_at_the_next_heading() {
    let readme = "# A\n## Not built yet\n* `GetCheckpoint`\n\n## Next\n`Other`\n";
    assert_eq!(not_built_section(readme), Some((2, "* `GetCheckpoint`\n".to_owned())));
    assert_eq!(not_built_section("# A\n"), None);
}
