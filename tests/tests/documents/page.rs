//! A page, and its blocks of commands.

use std::fs;
use std::path::{Path, PathBuf};

/// Why a block can not run in a test. What it says is tested elsewhere, where the reason names a place.
pub(crate) const MARKS: [(&str, &str); 6] = [
    ("build", "builds or tests the whole workspace: .ci/run does"),
    ("container", "needs a container engine or a cluster: tests/deploy/run checks the files that it uses"),
    ("systemd", "changes the machine that it runs on: tests/deploy/run verifies the unit"),
    ("postgres", "needs a PostgreSQL of one's own: tests/tests/end_to_end/backup and start run these ways"),
    ("replicas", "is one step of several on several machines: tests/tests/end_to_end/privacy runs them"),
    ("elsewhere", "names files or servers of the reader's own: crates/cli/tests runs the commands"),
];

/// A document.
pub(crate) struct Page {
    pub(crate) path: String,
    pub(crate) blocks: Vec<Block>,
}

/// A fenced block of commands.
#[derive(Debug, PartialEq)]
pub(crate) struct Block {
    /// The line of its fence.
    pub(crate) line: usize,
    /// Whether it shows prompts and answers.
    pub(crate) is_console: bool,
    /// Why it does not run.
    pub(crate) mark: Option<String>,
    pub(crate) text: String,
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .expect("the package lies in the repository")
}

/// Every page that may have commands.
pub(crate) fn all() -> impl Iterator<Item = Page> {
    let folders = ["", "docs", "docs/evidence", "docs/integrating", "docs/operations"];
    let deployed = ["deploy", "deploy/compose", "deploy/kubernetes", "deploy/patroni", "tests/clients"];
    folders.into_iter().chain(deployed).flat_map(|folder| {
        let entries = fs::read_dir(root().join(folder)).into_iter().flatten();
        let paths = entries.map(|it| it.expect("a folder's entry can be read").path());
        let pages = paths.filter(|it| it.extension().is_some_and(|it| it == "md"));
        pages.map(|it| Page::read(&it.strip_prefix(root()).expect("it lies below").display().to_string()))
    })
}

impl Page {
    pub(crate) fn read(path: &str) -> Self {
        let text = fs::read_to_string(root().join(path)).unwrap_or_else(|it| panic!("{path}: {it}"));
        Self::parse(path, &text)
    }

    pub(crate) fn parse(path: &str, text: &str) -> Self {
        let mut blocks = Vec::new();
        let mut lines = (1..).zip(text.lines());
        while let Some((line, fence)) = lines.next() {
            let Some(info) = fence.trim_start().strip_prefix("```") else { continue };
            let inside = lines.by_ref().map(|(_, it)| it).take_while(|it| it.trim() != "```");
            let text: String = inside.flat_map(|it| [it, "\n"]).collect();
            let mut words = info.split_whitespace();
            let language = words.next().unwrap_or_default();
            if ["sh", "console"].contains(&language) {
                let mark = words.next().map(str::to_owned);
                blocks.push(Block { line, is_console: language == "console", mark, text });
            }
        }
        Self { path: path.to_owned(), blocks }
    }
}

#[test]
fn blocks_are_found_with_their_lines_and_marks() {
    let page =
        Page::parse("a.md", "a\n```sh\nb\n```\n```\nc\n```\n```console\n$ d\n```\n```sh container\ne\n```\n");
    let block = |line, is_console, mark: Option<&str>, text: &str| Block {
        line,
        is_console,
        mark: mark.map(str::to_owned),
        text: text.to_owned(),
    };
    let expected = [
        block(2, false, None, "b\n"),
        block(8, true, None, "$ d\n"),
        block(11, false, Some("container"), "e\n"),
    ];
    assert_eq!(page.blocks, expected);
}
