//! Documents that nobody wrote for a policy: each is refused soon, and none stops the process.

use std::fmt::Write as _;

use assent_policy_file::{DOCUMENT_BYTES_MAX, LINES_MAX, built_in, parse};
use proptest::prelude::*;

#[test]
fn a_document_that_is_empty_too_large_or_no_text_is_refused_as_a_whole() {
    let cases: [(&[u8], &str); 4] = [
        (b"", "line 1, document: is empty"),
        (b"# only a comment\n", "line 1, document: is empty"),
        (&[b'#'; DOCUMENT_BYTES_MAX + 1], "line 1, document: must be at most 262144 bytes"),
        (b"id: x\n\xff", "line 2, document: must be UTF-8 text"),
    ];
    for (document, refusal) in cases {
        assert_eq!(parse(document).unwrap_err().to_string(), refusal);
    }
}

#[test]
fn more_lines_than_the_limit_are_refused() {
    let document = |count: usize| {
        let mut document = "id: x\ncovered_clouds: [PUBLIC]\nlines:\n".to_owned();
        for at in 0..count {
            let (year, next) = (2000 + at, 2001 + at);
            writeln!(
                document,
                "- {{id: l{at}, source: s, from: {year}-01-01, until: {next}-01-01, channels: [API], \
                 transactions: [RENEWAL], any_of: [{{agreement_id: a, version: any}}]}}"
            )
            .unwrap();
        }
        document
    };
    assert_eq!(parse(document(LINES_MAX).as_bytes()).unwrap().lines.len(), LINES_MAX);
    let error = parse(document(LINES_MAX + 1).as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), "line 4, lines: must be at most 1000 lines, not 1001");
}

#[test]
fn aliases_cannot_multiply_and_nesting_is_bounded() {
    let bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n";
    assert_eq!(parse(bomb.as_bytes()).unwrap_err().to_string(), "line 1, a: must not use anchors or aliases");
    for part in ["[", "{", "- ", "? ", "a: [", "{a: "] {
        let deep = part.repeat(DOCUMENT_BYTES_MAX / part.len());
        let error = parse(deep.as_bytes()).unwrap_err();
        assert_eq!(error.line, 1, "{part:?}: {error}");
    }
}

#[test]
fn what_a_message_repeats_of_the_document_is_short_and_printable() {
    let long = "long\\n".repeat(1_000);
    for document in
        [format!("\"{long}\": 1"), format!("id: \"{long}\"\ncovered_clouds: [PUBLIC]\nlines: [1]")]
    {
        let error = parse(document.as_bytes()).unwrap_err().to_string();
        assert!(error.len() < 300 && !error.chars().any(char::is_control), "{error}");
    }
}

/// A piece that is cut out of the pack, and what is put in its place.
fn mutations() -> impl Strategy<Value = Vec<(prop::sample::Index, usize, Vec<u8>)>> {
    let pieces = prop::sample::select(vec![
        "",
        " ",
        "\n",
        "\t",
        ":",
        "- ",
        "[",
        "]",
        "{",
        "}",
        "'",
        "\"",
        "#",
        "&a ",
        "*a",
        "!",
        "|",
        ">",
        "%",
        "---\n",
        "until: ",
        "2019-10-01",
        "[]",
        "~",
        "\u{feff}",
        "é",
        "\r",
        "\0",
    ]);
    let piece = prop_oneof![
        pieces.prop_map(|it: &str| it.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 0..4),
    ];
    prop::collection::vec((any::<prop::sample::Index>(), 0_usize..40, piece), 1..6)
}

proptest! {
    #[test]
    fn a_mutated_pack_is_read_or_refused_at_a_line_of_its_own(mutations in mutations(), cut: Option<prop::sample::Index>) {
        let mut document = built_in().bytes.to_vec();
        for (at, length, piece) in mutations {
            let from = at.index(document.len() + 1);
            let to = (from + length).min(document.len());
            document.splice(from..to, piece);
        }
        if let Some(cut) = cut {
            document.truncate(cut.index(document.len() + 1));
        }
        if let Err(error) = parse(&document) {
            // The end of a document counts as the line after its last break.
            let breaks = document.iter().filter(|it| matches!(it, b'\n' | b'\r')).count();
            prop_assert!((1..=breaks + 1).contains(&error.line), "{error}");
            prop_assert!(!error.field.is_empty() && !error.message.is_empty());
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(document: Vec<u8>) {
        prop_assert!(parse(&document).is_err_and(|it| it.line >= 1));
    }
}
