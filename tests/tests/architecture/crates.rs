//! Who stands on whom.

use crate::findings::{Finding, assert_none};
use crate::workspace::{Package, packages};

/// What each crate may name of ours. Its tests may also name what those stand on, and `testing`.
const STANDS_ON: [(&str, &[&str]); 18] = [
    ("domain", &[]),
    ("policy-file", &["domain"]),
    ("proto", &["domain", "policy-file"]),
    ("proto-codegen", &[]),
    ("identity", &["domain"]),
    ("evidence", &[]),
    ("witness", &["evidence"]),
    ("event-log", &["evidence"]),
    ("vault", &["event-log"]),
    ("export", &["domain", "proto", "evidence"]),
    ("index", &["domain"]),
    ("projections", &["domain", "index", "proto", "event-log"]),
    ("service", BELOW_SERVICE),
    ("counts", &["domain", "policy-file", "proto", "evidence", "index"]),
    ("testing", &["domain", "proto"]),
    ("cli", ALL),
    ("bench", ALL),
    ("tests", ALL),
];
const BELOW_SERVICE: &[&str] = &[
    "domain",
    "identity",
    "policy-file",
    "proto",
    "evidence",
    "witness",
    "event-log",
    "vault",
    "export",
    "index",
    "projections",
];
/// The packages at the top see everything below them.
const ALL: &[&str] = &[
    "counts",
    "domain",
    "identity",
    "policy-file",
    "proto",
    "evidence",
    "witness",
    "event-log",
    "vault",
    "export",
    "index",
    "projections",
    "service",
];

/// What only some crates may name: the crate, and those that hide it from all others.
const HIDDEN: [(&str, &[&str]); 3] = [
    ("parquet", &["export"]),
    ("sqlx", &["event-log", "vault", "projections"]),
    ("tonic", &["proto", "proto-codegen", "service", "cli", "testing", "bench", "tests"]),
];

/// What a crate must not name, and why.
const WITHOUT: [(&str, &[&str], &str); 4] = [
    (
        "domain",
        &["tokio", "serde", "sqlx", "prost", "tracing", "tonic", "rand", "getrandom"],
        "the core decides, the edges do I/O: hand the domain a value instead",
    ),
    (
        "index",
        &["tokio", "serde", "sqlx", "prost", "tonic"],
        "what decisions read is memory and nothing else",
    ),
    ("evidence", &["tokio", "sqlx", "tonic"], "who verifies evidence needs neither database nor network"),
    (
        "export",
        &["tokio", "sqlx", "tonic", "event-log", "vault"],
        "who verifies an export has nothing but its folder",
    ),
];

#[test]
fn crates_stand_only_on_those_below_them() {
    let findings: Vec<_> = packages().iter().flat_map(wrong_way).collect();
    assert_none(
        "dependencies point the wrong way (STANDS_ON in tests/tests/architecture/crates.rs):",
        &findings,
    );
}

#[test]
fn only_some_crates_name_the_database_and_the_transport() {
    let mut findings = Vec::new();
    for (hidden, owners) in HIDDEN {
        for package in packages().iter().filter(|it| !owners.contains(&it.name.as_str())) {
            for name in named(package, hidden, true) {
                let advice = format!("`{name}` is for {} only: ask one of them", owners.join(", "));
                findings.push(at(package, name, advice));
            }
        }
    }
    assert_none("crates name what others hide from them:", &findings);
}

#[test]
fn the_domain_and_the_evidence_do_no_io() {
    let packages = packages();
    let mut findings = Vec::new();
    for (owner, without, instead) in WITHOUT {
        let package = packages.iter().find(|it| it.name == owner).expect("the crate exists");
        for name in without.iter().flat_map(|it| named(package, it, false)) {
            findings.push(at(package, name, format!("{owner} goes without `{name}`: {instead}")));
        }
    }
    assert_none("crates that must stay pure do not:", &findings);
}

fn stands_on(name: &str) -> &'static [&'static str] {
    let row = STANDS_ON.iter().find(|(its, _)| *its == name);
    row.unwrap_or_else(|| panic!("`{name}` is a new crate: say in STANDS_ON what it may stand on")).1
}

/// Whether `name` is anywhere below `package`.
fn is_below(package: &str, name: &str) -> bool {
    stands_on(package).iter().any(|it| *it == name || is_below(it, name))
}

fn wrong_way(package: &Package) -> Vec<Finding> {
    let below = stands_on(&package.name);
    let mut findings = Vec::new();
    for dependency in &package.dependencies {
        let Some(name) = dependency.name.strip_prefix("assent-") else { continue };
        let is_for_tests = dependency.is_dev && (name == "testing" || is_below(&package.name, name));
        // Not shipped either: it measures on the throw-away servers of the tests.
        let is_tool = package.name == "bench" && name == "testing";
        if is_for_tests || is_tool || below.contains(&name) {
            continue;
        }
        let advice = match name {
            "testing" => "`testing` is for tests: move it to [dev-dependencies]".to_owned(),
            _ if below.is_empty() => format!("{} stands on none of ours, so not on `{name}`", package.name),
            _ => format!("{} stands on {} only, so not on `{name}`", package.name, below.join(", ")),
        };
        findings.push(at(package, &dependency.name, advice));
    }
    findings
}

/// The dependencies that are this crate or one of its family (`tonic`, `tonic-types`).
fn named<'a>(package: &'a Package, family: &str, also_dev: bool) -> Vec<&'a str> {
    let dependencies = package.dependencies.iter().filter(|it| also_dev || !it.is_dev);
    let is_family =
        |name: &str| name.strip_prefix(family).is_some_and(|it| it.is_empty() || it.starts_with('-'));
    dependencies.map(|it| it.name.as_str()).filter(|name| is_family(name)).collect()
}

fn at(package: &Package, dependency: &str, advice: String) -> Finding {
    let line = package.manifest.line_beginning(dependency);
    Finding { file: package.manifest.path.clone(), line, advice }
}
