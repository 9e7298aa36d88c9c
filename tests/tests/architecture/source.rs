//! A source file, and what of it is code.

use std::fs;
use std::path::Path;

use crate::workspace::root;

/// A file of the repository.
pub(crate) struct Source {
    /// Relative to the repository's root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    pub(crate) fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let path = path.strip_prefix(root()).expect("sources lie in the repository");
        let path = path.to_str().expect("our paths are ASCII").replace('\\', "/");
        Self { path, text }
    }

    /// The lines with their numbers, without comments and without what stands in literals.
    pub(crate) fn code(&self) -> Vec<(usize, String)> {
        (1..).zip(blank_comments_and_literals(&self.text).lines().map(ToOwned::to_owned)).collect()
    }

    /// From which line on the file is test code; tests stand at the bottom of a file.
    pub(crate) fn tests_begin(&self) -> usize {
        let in_test_folder = self.path.starts_with("tests/") || self.path.contains("/tests/");
        if in_test_folder {
            return 1;
        }
        let lines: Vec<_> = self.text.lines().collect();
        let module =
            |pair: &[&str]| pair[0].trim() == "#[cfg(test)]" && pair[1].trim_start().starts_with("mod ");
        lines.windows(2).position(module).map_or(usize::MAX, |index| index + 1)
    }

    /// The line, from 1, that begins with these words; 1 where none does.
    pub(crate) fn line_beginning(&self, words: &str) -> usize {
        self.text.lines().position(|line| line.trim_start().starts_with(words)).map_or(1, |index| index + 1)
    }
}

/// The same text with blanks for comments and for the insides of string and character literals.
fn blank_comments_and_literals(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = at + skipped(&chars, at);
        if end == at {
            out.push(chars[at]);
            at += 1;
        } else {
            out.extend(chars[at..end].iter().map(|it| if *it == '\n' { '\n' } else { ' ' }));
            at = end;
        }
    }
    out
}

/// How many characters the comment or literal that begins here has; 0 where none does.
fn skipped(chars: &[char], at: usize) -> usize {
    let rest = &chars[at..];
    match rest {
        ['/', '/', ..] => until(rest, 2, |rest| rest[0] == '\n'),
        ['/', '*', ..] => block_comment(rest),
        ['"', ..] => literal(rest, '"'),
        ['\'', '\\', ..] => literal(rest, '\''),
        ['\'', _, '\'', ..] => 3,
        ['r', ..] if !continues_a_word(chars, at) => raw_string(rest),
        _ => 0,
    }
}

fn until(rest: &[char], from: usize, is_end: impl Fn(&[char]) -> bool) -> usize {
    (from..rest.len()).find(|at| is_end(&rest[*at..])).unwrap_or(rest.len())
}

fn block_comment(rest: &[char]) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        match &rest[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn literal(rest: &[char], quote: char) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != quote {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

fn raw_string(rest: &[char]) -> usize {
    let hashes = rest[1..].iter().take_while(|it| **it == '#').count();
    if rest.get(1 + hashes) != Some(&'"') {
        return 0;
    }
    let closes =
        |rest: &[char]| rest[0] == '"' && rest.len() > hashes && rest[1..=hashes].iter().all(|it| *it == '#');
    (until(rest, 2 + hashes, closes) + 1 + hashes).min(rest.len())
}

/// `b` and `c` may stand before the `r` of a raw string; any other letter makes it part of a word.
fn continues_a_word(chars: &[char], at: usize) -> bool {
    let is_word = |it: char| it.is_alphanumeric() || it == '_';
    match at.checked_sub(1).map(|before| chars[before]) {
        Some('b' | 'c') => at >= 2 && is_word(chars[at - 2]),
        Some(before) => is_word(before),
        None => false,
    }
}

#[test]
fn comments_and_literals_are_no_code() {
    for (text, code) in [
        ("a // b\nc", "a     \nc"),
        ("a /* b /* c */ d */ e", "a                   e"),
        (r#"f("a \" b", 'c', '\'', '"')"#, r"f(        ,    ,     ,    )"),
        (r##"f(r#"a " b"#, br"c\", r#type)"##, r"f(          , b     , r#type)"),
        ("fn f<'a>(x: &'a str) {}", "fn f<'a>(x: &'a str) {}"),
        ("for r in [\"todo!(\"]", "for r in [        ]"),
    ] {
        assert_eq!(blank_comments_and_literals(text), code, "{text}");
    }
}
