//! `docs/format.md`, as the tests read it.

/// The document.
pub(crate) const TEXT: &str = include_str!("../../../../docs/format.md");

/// The part of the document under this heading, up to the next heading of the same or a higher level.
pub(crate) fn section(heading: &str) -> &'static str {
    let level = heading.bytes().take_while(|it| *it == b'#').count();
    let line = format!("\n{heading}\n");
    let start = TEXT.find(&line).unwrap_or_else(|| panic!("docs/format.md has no heading `{heading}`"));
    let body = &TEXT[start + line.len()..];
    let mut end = 0;
    let mut in_code = false;
    for line in body.split_inclusive('\n') {
        in_code ^= line.starts_with("```");
        let hashes = line.bytes().take_while(|it| *it == b'#').count();
        if !in_code && (1..=level).contains(&hashes) {
            break;
        }
        end += line.len();
    }
    &body[..end]
}

/// The bytes that the section's first code block shows: the first word of each of its lines, where that is
/// hexadecimal. What follows on the line, and what stands on an indented line, explains.
pub(crate) fn shown_bytes(heading: &str) -> String {
    let block = section(heading).split("```").nth(1).unwrap_or_else(|| panic!("`{heading}` shows no bytes"));
    block.lines().filter_map(|line| line.split(' ').next()).filter(|word| is_hexadecimal(word)).collect()
}

/// The hash that a line of the section gives under this label.
pub(crate) fn shown_hash(heading: &str, label: &str) -> &'static str {
    let line = section(heading).lines().find_map(|line| line.strip_prefix(label));
    line.unwrap_or_else(|| panic!("`{heading}` shows no `{label}`")).trim()
}

fn is_hexadecimal(word: &str) -> bool {
    word.len().is_multiple_of(2) && word.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'))
}
