//! Settings from file, environment and flags, and what `assent config` says of them.

use crate::support::{Ran, ended, program};

async fn config(words: &[&str], variables: &[(&str, &str)]) -> Ran {
    let mut command = program(["config"].iter().chain(words));
    command.envs(variables.iter().copied());
    ended(command).await
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().expect("a temporary file can be made");
    std::fs::write(file.path(), text).expect("it can be written");
    file
}

fn name(file: &tempfile::NamedTempFile) -> &str {
    file.path().to_str().expect("its name is UTF-8")
}

#[tokio::test]
async fn show_tells_what_holds_and_why_without_passwords() {
    let file = file("dev = true\ndatabase = 'postgres://assent:hunter2@db/assent'\nworkers = 3\n");
    let variables = [("ASSENT_WORKERS", "4"), ("ASSENT_CONFIG", name(&file))];
    let ran = config(&["show", "--listen", "127.0.0.1:7"], &variables).await;
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran:?}");
    let says = |words: &[&str]| ran.stdout.lines().any(|line| words.iter().all(|it| line.contains(it)));
    assert!(says(&["listen = \"127.0.0.1:7\"", "# --listen"]), "{ran:?}");
    assert!(says(&["workers = 4", "# ASSENT_WORKERS"]), "{ran:?}");
    assert!(says(&["database = \"postgres://assent:***@db/assent\"", ":2"]), "{ran:?}");
    assert!(says(&["staleness_max = 15", "# default"]) && !ran.stdout.contains("hunter2"), "{ran:?}");
    let ran = config(&["show", "--output", "json", "--config", name(&file)], &[]).await;
    let shown: serde_json::Value = serde_json::from_str(&ran.stdout).expect("it is JSON");
    assert_eq!(shown["workers"]["value"], 3);
    assert_eq!(shown["dev"]["source"], format!("{}:1", name(&file)));
}

#[tokio::test]
async fn check_says_whether_a_server_could_start_and_makes_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let database = format!("sqlite:{}", folder.path().join("assent.db").display());
    let good = ["check", "--dev", "--database", &database];
    let ran = config(&good, &[]).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let missing = folder.path().join("missing.key").display().to_string();
    let policy = file("this: is no policy");
    let wrong = ["--master-key-file", &missing, "--signing-key", name(&policy), "--policy", name(&policy)];
    let ran = config(&[good.as_slice(), &wrong].concat(), &[]).await;
    assert_eq!((ran.code, ran.stdout.lines().count()), (Some(1), 3), "{ran:?}");
    assert!(ran.stdout.contains("missing.key") && ran.stdout.contains("signing key"), "{ran:?}");
    assert_eq!(std::fs::read_dir(folder.path()).expect("it is there").count(), 0);
}

#[tokio::test]
async fn check_finds_what_would_keep_a_server_from_starting() {
    let issuer = "[[identity.issuers]]\nissuer = 'https://login.example'\naudiences = ['assent']\n";
    let issuer = format!("{issuer}jwks_url = 'https://login.example/keys'\n");
    let tls = "[identity.tls]\ncertificate = '/not/there.crt'\nkey = '/not/there.key'\n";
    for (text, flags, code, said) in [
        (issuer.clone(), &[][..], 0, ""),
        (format!("{tls}{issuer}"), &[], 1, "there.crt"),
        ("[identity]\n".to_owned(), &[], 1, "nobody could call"),
        (issuer.replace("['assent']", "[]"), &[], 1, "audiences"),
        (issuer.clone(), &["--listen", "0.0.0.0:1"], 1, "unencrypted"),
        (issuer.clone(), &["--database", "mysql://there"], 1, "mysql"),
        (issuer.clone(), &["--durability", "replicated"], 1, "second one"),
        (issuer.clone(), &["--database", "postgres://a@b/c"], 1, "--master-key-file"),
        (issuer.clone(), &["--anchor", "/not/there/anchor"], 1, "/not/there/anchor"),
        (issuer.clone(), &["--tombstones", "/not/there/list"], 1, "/not/there/list"),
        (issuer, &["--otlp-endpoint", "not a url"], 2, "--otlp-endpoint"),
    ] {
        let file = file(&text);
        let ran = config(&[&["check", "--config", name(&file)], flags].concat(), &[]).await;
        let told = format!("{}{}", ran.stdout, ran.stderr);
        assert!(ran.code == Some(code) && told.contains(said), "{flags:?} {text}: {ran:?}");
    }
}

#[tokio::test]
async fn what_is_no_setting_is_wrong_usage_with_a_suggestion_for_every_command() {
    /// Words of the command line, variables, and what is said of them.
    type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], &'a str);
    let file = file("dev = true\nlisen = 'x'\n");
    let cases: [Case<'_>; 3] = [
        (&["check", "--config", name(&file)], &[], ":2: `lisen` is no setting; did you mean `listen`?"),
        (&["show"], &[("ASSENT_LISEN", "x")], "ASSENT_LISEN is no setting; did you mean `ASSENT_LISTEN`?"),
        (&["check", "--dev"], &[("ASSENT_LISTEN", "x")], "ASSENT_LISTEN: "),
    ];
    for (words, variables, said) in cases {
        let ran = config(words, variables).await;
        assert!(ran.code == Some(2) && ran.stderr.contains(said), "{words:?}: {ran:?}");
    }
    let mut serve = program(["serve", "--dev"]);
    serve.env("ASSENT_LISEN", "x");
    let ran = ended(serve).await;
    assert!(ran.code == Some(2) && ran.stderr.contains("ASSENT_LISTEN"), "{ran:?}");
}
