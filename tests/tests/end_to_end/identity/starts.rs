//! Starts that are refused because of whom the server would believe.

use assent_testing::{Credentials, Server};

use super::outcome;
use crate::support::run;

#[tokio::test]
async fn a_start_that_would_let_tokens_or_everybody_through_is_refused() {
    let credentials = Credentials::without_tls();
    let config = credentials.config().display().to_string();
    let cases: [(&[&str], &str); 7] = [
        (&[], "Configure [identity]"),
        (&["--config", &config, "--listen", "0.0.0.0:0"], "tokens would reach 0.0.0.0:0 unencrypted"),
        (&["--config", &config, "--tiles-listen", "0.0.0.0:0"], "tokens would reach 0.0.0.0:0 unencrypted"),
        // An address of its own is no other's, though it looks the same.
        (
            &["--config", &config, "--listen", "0.0.0.0:0", "--metrics-listen", "0.0.0.0:0"],
            "tokens would reach 0.0.0.0:0 unencrypted",
        ),
        (
            &["--config", &config, "--tiles-listen", "0.0.0.0:0", "--metrics-listen", "0.0.0.0:0"],
            "tokens would reach 0.0.0.0:0 unencrypted",
        ),
        (&["--config", &config, "--dev", "--listen", "0.0.0.0:0"], "--dev lets everybody do everything"),
        (&["--dev", "--listen", "0.0.0.0:0"], "--dev lets everybody do everything"),
    ];
    let database = format!("sqlite:{}", credentials.file("never.db").display());
    for (flags, said) in cases {
        let flags = [&["serve", "--listen", "127.0.0.1:0", "--database", &database], flags].concat();
        // A flag that is there twice is wrong usage of its own.
        let first = if flags.iter().filter(|it| **it == "--listen").count() > 1 { 3 } else { 1 };
        let flags: Vec<_> = flags[..1].iter().chain(&flags[first..]).collect();
        let ran = run(&flags).await;
        assert_eq!(ran.code, Some(2), "{flags:?}: {ran:?}");
        assert!(ran.stderr.contains(said), "{flags:?}: {ran:?}");
    }
    assert!(!credentials.file("never.db").exists());
}

#[tokio::test]
async fn a_configuration_that_is_wrong_names_what_is_wrong_with_it() {
    let credentials = Credentials::new();
    let issuer = |rest: &str| format!("[[identity.issuers]]\nissuer = \"https://a.example\"\n{rest}\n");
    let cases = [
        ("[identity]".to_owned(), "neither `issuers` nor `certificates`"),
        (issuer("audiences = []\njwks_file = \"a\""), "`audiences`"),
        (issuer("audiences = [\"a\"]"), "exactly one of `jwks_file` and `jwks_url`"),
        (issuer("audiences = [\"a\"]\njwks_url = \"http://keys.example\""), "must be https"),
        (issuer("audiences = [\"a\"]\njwks_file = \"/nowhere\""), "/nowhere"),
        (issuer("audiences = [\"a\"]\njwks_file = \"a\"\nalgorithms = [\"HS256\"]"), "HS256"),
        (issuer("audience = \"a\""), "unknown field `audience`"),
        ("[[identity.certificates]]\nname = \"a\"\nuser_id = \"a\"".to_owned(), "`tls.client_ca`"),
    ];
    let database = format!("sqlite:{}", credentials.file("never.db").display());
    for (text, said) in cases {
        let config = credentials.file("wrong.toml");
        std::fs::write(&config, &text).expect("the folder is ours");
        let config = config.display().to_string();
        let ran =
            run(["serve", "--listen", "127.0.0.1:0", "--database", &database, "--config", &config]).await;
        assert!(ran.code.is_some_and(|it| it >= 2) && ran.stdout.is_empty(), "{text}: {ran:?}");
        assert!(ran.stderr.contains(said), "{text}: {ran:?}");
    }
    assert!(!credentials.file("never.db").exists());
}

#[tokio::test]
async fn a_developers_server_with_identities_takes_both_nobody_and_somebody() {
    let credentials = Credentials::without_tls();
    let options = assent_testing::ServerOptions { dev: true, ..credentials.server() };
    let server = Server::spawn(options).await;
    assert_eq!(outcome(&assent_testing::Caller::of(server.channel())).await, "OK");
    assert_eq!(outcome(&server.acting_as("no.to.ken")).await, "CREDENTIAL_INVALID");
}

#[tokio::test]
async fn being_asked_to_look_at_its_files_ends_no_server() {
    let credentials = Credentials::without_tls();
    for options in [credentials.server(), assent_testing::ServerOptions::default()] {
        let mut server = Server::spawn(options).await;
        server.hang_up();
        // Fails where a signal has ended the server already.
        server.terminate().await;
    }
}
