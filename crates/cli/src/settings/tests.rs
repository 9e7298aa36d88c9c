use std::ffi::OsString;
use std::io::Write as _;

use clap::{Args as _, Command, FromArgMatches as _};

use super::*;

/// The settings of a file, variables and flags.
fn gathered(file: &str, variables: &[(&str, &str)], flags: &[&str]) -> Result<Settings, String> {
    let mut config = tempfile::NamedTempFile::new().unwrap();
    config.write_all(file.as_bytes()).unwrap();
    let words = ["assent"].iter().chain(flags);
    let matches = Flags::augment_args(Command::new("assent")).try_get_matches_from(words).unwrap();
    let mut flags = Flags::from_arg_matches(&matches).unwrap();
    flags.config = Some(config.path().to_owned());
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), OsString::from(value)));
    Settings::gathered(&flags, &environment::of(variables)).map_err(|it| it.to_string())
}

fn started(file: &str, variables: &[(&str, &str)], flags: &[&str]) -> Result<assent_service::Config, String> {
    gathered(file, variables, flags)?.check().map_err(|it| it.to_string())
}

#[test]
fn flags_win_over_variables_and_these_over_the_file_and_that_over_defaults() {
    let file = "listen = '127.0.0.1:1'\nworkers = 1\ndrain_delay = 1\ndev = true";
    let variables = [("ASSENT_LISTEN", "127.0.0.1:2"), ("ASSENT_WORKERS", "2")];
    let settings = gathered(file, &variables, &["--listen", "127.0.0.1:3"]).unwrap();
    assert_eq!((settings.listen.port(), settings.workers, settings.drain_delay), (3, Some(2), 1));
    assert_eq!((settings.staleness_max, settings.log.as_str(), settings.dev), (15, "info", true));
    let sources: Vec<_> = settings.all().map(|(key, it)| (key.name, it.source.to_string())).collect();
    let source = |name| sources.iter().find(|it| it.0 == name).map(|it| it.1.as_str()).unwrap();
    assert_eq!(
        (source("listen"), source("workers"), source("log")),
        ("--listen", "ASSENT_WORKERS", "default")
    );
    assert!(source("drain_delay").ends_with(":3"));
}

#[test]
fn every_default_and_every_example_is_a_value_of_its_key() {
    let examples = |it: &&Key| !it.example.is_empty() && !it.example.contains('…');
    let lines = KEYS.iter().filter(examples).map(|it| format!("{} = {}\n", it.name, it.example));
    gathered(&lines.collect::<String>(), &[], &[]).unwrap();
    gathered("", &[], &[]).unwrap();
}

#[test]
fn every_key_that_is_no_table_has_a_variable_and_a_flag() {
    let command = Flags::augment_args(Command::new("assent"));
    command.clone().debug_assert();
    for key in KEYS.iter().filter(|it| it.kind != Kind::Table) {
        assert!(key.variable().is_some(), "{}", key.name);
        assert!(command.get_arguments().any(|it| it.get_long() == Some(key.flag)), "{}", key.name);
    }
}

#[test]
fn a_wrong_value_is_told_with_its_place() {
    for (file, variables, flags, said) in [
        ("dev = true\nlisten = 'here'", &[][..], &[][..], ":2: `listen`: "),
        ("", &[("ASSENT_LISTEN", "here")], &[], "ASSENT_LISTEN: "),
        ("", &[], &["--listen", "here"], "--listen: "),
        ("environment = 'staging'", &[], &[], "`sandbox`"),
        ("workers = 'two'", &[], &[], ":1: `workers`: "),
        ("verifier_keys = ['x']", &[], &[], "is no public key"),
    ] {
        let error = gathered(file, variables, flags).unwrap_err();
        assert!(error.contains(said), "{said}: {error}");
    }
}

#[test]
fn what_does_not_go_together_is_refused_in_the_words_of_whoever_gave_it() {
    for (file, variables, flags, said) in [
        ("", &[][..], &[][..], "--dev"),
        ("dev = true", &[], &["--workers", "0"], "--workers must be from 1"),
        ("dev = true", &[("ASSENT_STALENESS_MAX", "1")], &[], "ASSENT_STALENESS_MAX must be at least 2"),
        ("dev = true\ntrace_ratio = 2", &[], &[], "must be from 0 to 1"),
        ("dev = true\ndrain_delay = 301", &[], &[], "must be at most 300"),
        ("dev = true\nwitness = 'http://w'", &[], &[], "`witness_key` is missing"),
        ("dev = true\ndatabase = 'sqlite:a'\ndatabase_file = 'b'", &[], &[], "both name the database"),
        ("dev = true\nstreams_per_caller = 0", &[], &[], "must be at least 1"),
        ("dev = true\nfirst_call_within = 0", &[], &[], "must be from 1 to 3600 seconds"),
    ] {
        let error = started(file, variables, flags).unwrap_err();
        assert!(error.contains(said), "{said}: {error}");
    }
}

#[test]
fn dev_listens_on_this_machine_alone() {
    for name in ["listen", "tiles-listen", "metrics-listen"] {
        for (address, starts) in
            [("0.0.0.0:1", false), ("192.0.2.1:1", false), ("127.0.0.2:1", true), ("[::1]:1", true)]
        {
            let flags = ["--dev", &format!("--{name}"), address];
            assert_eq!(started("", &[], &flags).is_ok(), starts, "{name} {address}");
        }
    }
}

#[test]
fn a_master_key_is_one_file_or_several_and_flags_win_over_both() {
    let keys = |file: &str, flags: &[&str]| {
        let settings = gathered(file, &[], flags).unwrap();
        settings.master_key_file.iter().map(|it| it.display().to_string()).collect::<Vec<_>>()
    };
    assert_eq!(keys("", &[]), Vec::<String>::new());
    assert_eq!(keys("master_key_file = 'a'", &[]), ["a"]);
    assert_eq!(keys("master_key_file = ['new', 'old']", &[]), ["new", "old"]);
    let flags = ["--master-key-file", "new,er", "--master-key-file", "old"];
    assert_eq!(keys("master_key_file = 'a'", &flags), ["new,er", "old"]);
}

#[test]
fn a_database_named_later_wins_over_one_in_a_file() {
    let config = started("database_file = '/nowhere'", &[], &["--dev", "--database", "sqlite:b"]).unwrap();
    assert_eq!(config.database_url, "sqlite:b");
    let error = started("database = 'sqlite:a'", &[], &["--dev", "--database-file", "/nowhere"]).unwrap_err();
    assert!(error.contains("/nowhere"), "{error}");
}

#[test]
fn a_switch_that_is_on_by_default_is_turned_off() {
    assert!(gathered("", &[], &[]).unwrap().migrate);
    assert!(!gathered("", &[], &["--no-migrate"]).unwrap().migrate);
    assert!(!gathered("", &[("ASSENT_MIGRATE", "false")], &[]).unwrap().migrate);
}

#[test]
fn settings_are_debugged_without_passwords() {
    let settings = gathered("database = 'postgres://u:hunter2@h/d'", &[], &[]).unwrap();
    assert!(!format!("{settings:?}").contains("hunter2"));
}
