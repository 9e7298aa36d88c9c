//! Every command of the documents, run as it stands there: what a reader types works.
//!
//! A page's blocks of `sh` and `console` run in order, in one shell, in a folder of their own, with a network of their own
//! (so that the ports in the documents are free). A block with a mark, such as ```` ```sh container ````, needs what a test does
//! not have: it is only parsed. [`page::MARKS`] lists the marks and why.

mod compliance;
mod page;
mod run;

use std::collections::BTreeSet;
use std::time::Duration;

use futures::future::join_all;

use page::{Block, Page};

/// The pages whose commands run.
const PAGES: [&str; 8] = [
    "README.md",
    "docs/integrating/audit-tool.md",
    "docs/integrating/commerce-service.md",
    "docs/integrating/middleware-platform.md",
    "docs/operations/key-rotation.md",
    "docs/operations/postgresql.md",
    "docs/operations/upgrade.md",
    "docs/operations/witness.md",
];

#[tokio::test]
async fn every_command_of_the_pages_does_what_the_page_says() {
    let runs = PAGES.map(|path| async move {
        let page = Page::read(path);
        assert!(page.blocks.iter().any(|it| it.mark.is_none()), "{path} has no commands to run");
        run::run(&page).await
    });
    let failed: Vec<_> = join_all(runs).await.into_iter().filter_map(Result::err).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

#[test]
fn blocks_that_can_not_run_here_say_why_and_are_proper_shell() {
    let mut marks = BTreeSet::new();
    for page in page::all() {
        for Block { line, mark, text, .. } in page.blocks.iter().filter(|it| it.mark.is_some()) {
            let mark = mark.as_deref().unwrap_or_default();
            let known = page::MARKS.iter().any(|(name, _)| *name == mark);
            assert!(known, "{}:{line}: `{mark}` is no mark: {:?}", page.path, page::MARKS);
            marks.insert(mark.to_owned());
            run::parse(text).unwrap_or_else(|it| panic!("{}:{line}: {it}", page.path));
        }
    }
    let unused: Vec<_> = page::MARKS.iter().filter(|(name, _)| !marks.contains(*name)).collect();
    assert!(unused.is_empty(), "no block has these marks any more: {unused:?}");
}

#[test]
fn a_page_with_commands_is_run_or_each_of_its_blocks_says_why_not() {
    for page in page::all().filter(|it| !PAGES.contains(&it.path.as_str())) {
        let silent = page.blocks.iter().find(|it| it.mark.is_none());
        if let Some(Block { line, .. }) = silent {
            panic!("{}:{line}: list the page in PAGES, or mark the block", page.path);
        }
    }
}

#[tokio::test]
async fn a_command_that_fails_or_answers_something_else_fails_its_page() {
    let page = |block: &str| Page::parse("test.md", block);
    for good in [
        "```sh\ntrue\n```",
        "```console\n$ echo DENIED; false\nDENIED\n```",
        "```console\n$ echo a b\na …\n```",
    ] {
        run::run(&page(good)).await.unwrap_or_else(|it| panic!("{good}: {it}"));
    }
    for bad in [
        "text\n```sh\nfalse\ntrue\n```",
        "```sh\necho \"$NOT_SET\"\n```",
        "```console\n$ echo ALLOWED\nDENIED\n```",
        "```console\n$ false\n```",
        "```console\n$ echo DENIED; exit 3\nDENIED\n```",
        "```sh\nassent serve --dev --no-such-flag\n```",
    ] {
        let failed = run::run(&page(bad)).await.expect_err(bad);
        assert!(failed.contains("test.md:"), "{bad}: {failed}");
    }
}

#[tokio::test]
async fn a_command_that_never_ends_fails_its_page_and_is_named() {
    let page = Page::parse("test.md", "```sh\ntrue\nsleep infinity\ntrue\n```");
    let failed = run::run_within(&page, Duration::from_secs(1)).await.expect_err("it never ends");
    assert!(failed.contains("test.md:1: sleep infinity"), "{failed}");
}
