//! What the documents say about the code.

use std::fs;

use crate::descriptors::methods;
use crate::findings::{Finding, assert_none};
use crate::workspace::root;

/// How the comment of a method begins that answers NOT_BUILT_YET, and what the README's section is called.
const NOT_BUILT: &str = "Not built yet";

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
