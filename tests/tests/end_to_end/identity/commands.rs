//! The program's own commands against a server with credentials.

use assent_testing::{Credentials, Server, claims, replace};

use crate::support::run;

const QUESTION: [&str; 7] =
    ["authorize", "--partner", "contoso", "--customer", "fabrikam", "--transaction", "new-purchase"];

#[tokio::test]
async fn a_command_shows_its_token_over_tls_and_says_what_is_missing() {
    let credentials = Credentials::new();
    let server = Server::spawn(credentials.server()).await;
    let (url, ca, token) = (server.url(), credentials.ca_file(), credentials.file("token"));
    let (ca, token_file) = (ca.to_str().expect("it is text"), token.to_str().expect("it is text"));
    let holder = credentials.issuer.token(&claims("orders", "assent.authorize", &["contoso"]));
    replace(&token, format!("{holder}\n").as_bytes());
    let plain = url.replace("https", "http");
    let cases: [(&[&str], Option<i32>, &str); 6] = [
        (&["--server", &url, "--ca-file", ca, "--token-file", token_file], Some(1), ""),
        (&["--server", &url, "--ca-file", ca], Some(3), "CREDENTIAL_MISSING"),
        (&["--server", &url, "--token-file", token_file], Some(3), "--ca-file"),
        (&["--server", &plain, "--token-file", token_file], Some(3), "if it has TLS, write https://"),
        (&["--server", &plain, "--ca-file", ca], Some(2), "https://"),
        (&["--server", "http://192.0.2.1:1", "--token-file", token_file], Some(2), "https://"),
    ];
    for (flags, code, said) in cases {
        let ran = run(QUESTION.iter().chain(flags)).await;
        assert_eq!(ran.code, code, "{flags:?}: {ran:?}");
        assert!(ran.stderr.contains(said) && !ran.stderr.contains(&holder), "{flags:?}: {ran:?}");
    }
}

/// How the connection ends is chance: what is said must not be.
#[tokio::test]
async fn whoever_asks_a_server_with_tls_in_clear_is_told_so_every_time() {
    let credentials = Credentials::new();
    let server = Server::spawn(credentials.server()).await;
    let plain = server.url().replace("https", "http");
    let empty = credentials.file("empty.jsonl");
    replace(&empty, b"{}\n");
    let empty = empty.to_str().expect("it is text");
    let commands: [&[&str]; 4] = [&QUESTION, &["replay"], &["import", empty], &["policy", "show"]];
    for command in commands {
        for _ in 0..8 {
            let ran = run(command.iter().chain(&["--server", &plain])).await;
            assert_eq!(ran.code, Some(3), "{command:?}: {ran:?}");
            assert!(ran.stderr.contains("if it has TLS, write https://"), "{command:?}: {ran:?}");
        }
    }
}

#[tokio::test]
async fn a_command_shows_its_certificate() {
    let credentials = Credentials::new().map(
        "orders.example",
        "user_id = \"orders\"\nscopes = [\"assent.authorize\"]\npartners = [\"contoso\"]",
    );
    let server = Server::spawn(credentials.server()).await;
    let (certificate, key) = (credentials.file("client.crt"), credentials.file("client.key"));
    credentials.authority.certificate(&["DNS:orders.example"]).write(&certificate, &key);
    let url = server.url();
    let path = |it: &std::path::Path| it.display().to_string();
    let shown = ["--client-cert".to_owned(), path(&certificate), "--client-key".to_owned(), path(&key)];
    let asked = ["--server".to_owned(), url, "--ca-file".to_owned(), path(&credentials.ca_file())];
    let question = QUESTION.map(str::to_owned);
    let ran = run(question.iter().chain(&asked).chain(&shown)).await;
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(1), ""), "{ran:?}");
}
