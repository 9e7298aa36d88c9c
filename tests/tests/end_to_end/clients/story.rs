//! What a client does on a good day.

use assent_testing::{Server, ServerOptions};

use super::{LANGUAGES, stderr, stdout};

#[tokio::test]
async fn every_client_authorises_confirms_watches_and_replays_and_all_of_them_say_the_same() {
    let server = Server::spawn(ServerOptions::default()).await;
    for language in LANGUAGES {
        let customer = format!("fabrikam-{language:?}").to_lowercase();
        let partner = format!("contoso-{language:?}").to_lowercase();
        server.registered(&partner, &customer).await;
        let ran = language.run(&server.url(), &["--partner", &partner, "--customer", &customer]).await;
        assert!(ran.status.success(), "{language:?}: {}", stderr(&ran));
        let expected = format!(
            "before DENIED ACCEPTANCE_MISSING\n\
             confirmed version 2023-04\n\
             sent again replayed=true same position=true\n\
             watched NEW_PURCHASE ALLOWED\n\
             after ALLOWED ACCEPTANCE_IN_FORCE\n\
             event of relationship/{partner}/{customer} revision 1\n\
             event of relationship/{partner}/{customer} revision 2\n"
        );
        assert_eq!(stdout(&ran), expected, "{language:?}");
    }
}

#[tokio::test]
async fn every_client_keeps_a_token_from_readable_connections() {
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "not-for-everybody").unwrap();
    for language in LANGUAGES {
        // A name that nobody has: refused before it is looked up.
        let arguments = ["--partner", "a", "--customer", "b", "--token-file", token.to_str().unwrap()];
        let ran = language.run("http://ledger.invalid:1", &arguments).await;
        assert!(!ran.status.success(), "{language:?}");
        assert!(stderr(&ran).contains("token") || stderr(&ran).contains("Token"), "{}", stderr(&ran));
        assert!(!stderr(&ran).contains("not-for-everybody"), "{language:?} shows the token");
    }
}
