//! Calls that stand nowhere, or in one place only.

use crate::findings::{Finding, assert_none};
use crate::source::Source;
use crate::workspace::sources;

/// A call that is banned.
struct Ban {
    calls: &'static [&'static str],
    is_banned_in: fn(&Source, usize) -> bool,
    instead: &'static str,
}

const BANS: [Ban; 6] = [
    Ban {
        calls: &["SystemTime::now", "Utc::now", "Local::now"],
        is_banned_in: |source, _| {
            !["crates/service/src/clock.rs", "crates/cli/src/clock.rs"].contains(&source.path.as_str())
        },
        instead: "take the instant from the Clock that you were given, in tests too",
    },
    Ban {
        calls: &["env::var"],
        is_banned_in: |source, _| {
            let reads_it = ["crates/cli/src/settings/environment.rs", "crates/testing/src/server/options.rs"];
            let is_ours = source.path.starts_with("crates/") && source.path.contains("/src/");
            is_ours && !reads_it.contains(&source.path.as_str())
        },
        instead: "take it from the configuration: only the settings read the environment, and clap's `env`",
    },
    Ban {
        calls: &["println!(", "print!(", "dbg!("],
        is_banned_in: |source, _| {
            let printing = [
                "crates/cli/",
                "crates/bench/",
                "crates/counts/",
                "crates/testing/",
                "tests/tests/",
                "tests/clients/",
            ];
            !printing.iter().any(|it| source.path.starts_with(it))
        },
        instead: "log with tracing, or return it: only the command line prints, and what helps to read a failed test",
    },
    Ban {
        calls: &["todo!(", "unimplemented!("],
        is_banned_in: |_, _| true,
        instead: "write it, or answer NOT_BUILT_YET and say so in the README",
    },
    Ban {
        calls: &["#[ignore"],
        is_banned_in: |_, _| true,
        instead: "make the test pass or delete it: a test that does not run proves nothing",
    },
    Ban {
        calls: &["sleep("],
        is_banned_in: |source, line| line >= source.tests_begin(),
        instead: "wait for the thing itself (a channel, a stream, the test's own clock), not for time to pass",
    },
];

#[test]
fn banned_calls_stand_nowhere() {
    let findings: Vec<_> = sources("rs").iter().flat_map(broken_bans).collect();
    assert_none("banned calls:", &findings);
}

fn broken_bans(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (line, code) in source.code() {
        for ban in BANS.iter().filter(|ban| (ban.is_banned_in)(source, line)) {
            if let Some(call) = ban.calls.iter().find(|call| code.contains(*call)) {
                let advice = format!("`{call}`: {}", ban.instead);
                findings.push(Finding { file: source.path.clone(), line, advice });
            }
        }
    }
    findings
}

#[test]
fn every_ban_finds_what_it_bans_and_only_there() {
    let source = |path: &str, text: &str| Source { path: path.to_owned(), text: text.to_owned() };
    for (path, text, lines) in [
        ("crates/vault/src/a.rs", "let now = Utc::now();\n// Utc::now()\n", &[1][..]),
        ("crates/service/src/clock.rs", "Utc::now()", &[]),
        ("crates/cli/src/clock.rs", "SystemTime::now()", &[]),
        ("crates/witness/src/clock.rs", "SystemTime::now()", &[1]),
        ("crates/vault/src/a.rs", "std::env::var_os(\"A\")", &[1]),
        ("crates/vault/tests/main/a.rs", "std::env::var_os(\"A\")", &[]),
        ("crates/vault/src/a.rs", "eprintln!(\"a\");\nlet a = \"println!()\";", &[1]),
        ("crates/cli/src/a.rs", "println!(\"a\");", &[]),
        ("tests/src/lib.rs", "\ntodo!()", &[2]),
        ("tests/tests/a.rs", "#[ignore = \"slow\"]", &[1]),
        ("crates/vault/src/a.rs", "sleep(BACKOFF)\n#[cfg(test)]\nmod tests {\nsleep(A)", &[4]),
    ] {
        let found: Vec<_> = broken_bans(&source(path, text)).iter().map(|it| it.line).collect();
        assert_eq!(found, lines, "{path}: {text}");
    }
}
