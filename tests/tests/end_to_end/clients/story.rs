//! What a client does on a good day.

use assent_proto::v1::Program;
use assent_testing::{Credentials, Server, ServerOptions, claims, requests};

use super::{LANGUAGES, stderr, stdout};
use crate::support::within;

/// What every client says; `replayed`: whether the order's outcome was recorded before its answer arrived.
pub(super) fn told(partner: &str, customer: &str, replayed: bool) -> String {
    format!(
        "before DENIED ACCEPTANCE_MISSING\n\
         confirmed version 2023-04\n\
         sent again replayed=true same position=true\n\
         watched NEW_PURCHASE ALLOWED\n\
         after ALLOWED ACCEPTANCE_IN_FORCE\n\
         recorded replayed={replayed}\n\
         event of relationship/{partner}/{customer} revision 1\n\
         event of relationship/{partner}/{customer} revision 2\n\
         event of orders/{partner}/{customer} revision 1\n\
         event of customer/{customer} revision 2\n"
    )
}

#[tokio::test]
async fn every_client_authorises_confirms_watches_and_replays_and_all_of_them_say_the_same() {
    let server = Server::spawn(ServerOptions::default()).await;
    for language in LANGUAGES {
        let customer = format!("fabrikam-{language:?}").to_lowercase();
        let partner = format!("contoso-{language:?}").to_lowercase();
        server.registered(&partner, &customer).await;
        let ran = language.run(&server.url(), &["--partner", &partner, "--customer", &customer]).await;
        assert!(ran.status.success(), "{language:?}: {}", stderr(&ran));
        assert_eq!(stdout(&ran), told(&partner, &customer, false), "{language:?}");
    }
}

#[tokio::test]
async fn every_client_does_the_same_over_tls_with_a_token_of_a_partners_own() {
    let credentials = Credentials::new();
    let server = Server::spawn(credentials.server()).await;
    let operator = claims("operator", "assent.directory", &["*"]);
    let operator = server.acting_as(&credentials.issuer.token(&operator));
    let mut directory = operator.directory();
    let partner = requests::partner("contoso", Program::DirectBill);
    within(directory.register_partner(partner)).await.expect("the partner is registered");
    let scopes = "assent.authorize assent.acceptances.read assent.acceptances.write assent.audit";
    let mut user = claims("anna", scopes, &["contoso"]);
    user["assent_roles"] = serde_json::json!(["ADMIN_AGENT"]);
    let token = credentials.file("anna.token");
    std::fs::write(&token, credentials.issuer.token(&user)).expect("the folder can be written to");
    let ca = credentials.ca_file();
    for language in LANGUAGES {
        let customer = format!("fabrikam-{language:?}").to_lowercase();
        within(directory.register_customer(requests::customer(&customer))).await.expect("it is registered");
        let relationship = requests::relationship("contoso", &customer);
        within(directory.establish_relationship(relationship)).await.expect("it is established");
        let files = [ca.to_str(), token.to_str()].map(|it| it.expect("temporary folders are UTF-8"));
        let arguments = ["--partner", "contoso", "--customer", &customer];
        let arguments = [&arguments[..], &["--ca-file", files[0], "--token-file", files[1]]].concat();
        let url = format!("https://{}", server.address());
        let ran = language.run(&url, &arguments).await;
        assert!(ran.status.success(), "{language:?}: {}", stderr(&ran));
        assert_eq!(stdout(&ran), told("contoso", &customer, false), "{language:?}");
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
