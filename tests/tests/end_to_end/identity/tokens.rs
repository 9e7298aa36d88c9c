//! Bearer tokens.

use assent_testing::{Caller, Credentials, NEVER, Server, TokenIssuer, claims, replace};
use serde_json::{Value, json};

use super::{outcome, try_call};
use crate::support::within;

fn orders() -> Value {
    claims("orders", "assent.authorize", &["contoso"])
}

#[tokio::test]
async fn a_token_opens_the_server_and_nothing_does_not() {
    for credentials in [Credentials::new(), Credentials::without_tls()] {
        let server = Server::spawn(credentials.server()).await;
        let token = credentials.issuer.token(&orders());
        assert_eq!(outcome(&server.acting_as(&token)).await, "OK");
        assert_eq!(outcome(&Caller::of(server.channel())).await, "CREDENTIAL_MISSING");
        assert_eq!(outcome(&server.acting_as("")).await, "CREDENTIAL_INVALID");
    }
}

#[tokio::test]
async fn each_thing_that_is_wrong_with_a_token_is_said_and_the_token_is_not() {
    let credentials = Credentials::without_tls();
    let server = Server::spawn(credentials.server()).await;
    let stranger = TokenIssuer::new("first");
    let with = |name: &str, value: Value| {
        let mut claims = orders();
        claims[name] = value;
        credentials.issuer.token(&claims)
    };
    let cases = [
        (with("exp", json!(1)), "has expired"),
        (with("nbf", json!(NEVER)), "is not valid yet"),
        (with("aud", json!("another")), "was issued for another server"),
        (with("iss", json!("https://stranger.example")), "does not trust"),
        (with("scope", json!(["assent.audit"])), "`scope`"),
        (with("cnf", json!({"jkt": "x"})), "`cnf`"),
        (stranger.token(&orders()), "signature"),
        (TokenIssuer::new("second").token(&orders()), "names a key that its issuer does not have"),
        ("x".repeat(8 * 1024 + 1), "longer than 8 KiB"),
    ];
    for (token, said) in cases {
        let status = try_call(&server.acting_as(&token)).await.expect_err(said);
        assert!(status.message().contains(said), "{said}: {status}");
        let shown = format!("{status:?}");
        assert!(!token.split('.').any(|part| shown.contains(part)), "{shown}");
    }
}

#[tokio::test]
async fn a_key_that_is_published_opens_at_once_and_one_that_is_withdrawn_does_no_more() {
    let credentials = Credentials::without_tls();
    let server = Server::spawn(credentials.server()).await;
    let second = TokenIssuer::new("second");
    let (old, new) = (credentials.issuer.token(&orders()), second.token(&orders()));
    assert_eq!(outcome(&server.acting_as(&old)).await, "OK");
    credentials.publish(&[&credentials.issuer, &second]);
    assert_eq!(outcome(&server.acting_as(&new)).await, "OK");
    assert_eq!(outcome(&server.acting_as(&old)).await, "OK");
    credentials.publish(&[&second]);
    within(async { while outcome(&server.acting_as(&old)).await == "OK" {} }).await;
    assert_eq!(outcome(&server.acting_as(&new)).await, "OK");
}

#[tokio::test]
async fn keys_that_can_not_be_read_leave_those_that_were() {
    let credentials = Credentials::without_tls();
    let server = Server::spawn(credentials.server()).await;
    replace(&credentials.file("jwks.json"), b"{\"keys\": [");
    // Looked at because of an unknown key: so that it is known when the server has seen the file.
    let unknown = TokenIssuer::new("second").token(&orders());
    assert_eq!(outcome(&server.acting_as(&unknown)).await, "CREDENTIAL_INVALID");
    within(async { while !server.stderr().contains("the last ones are used on") {} }).await;
    assert_eq!(outcome(&server.acting_as(&credentials.issuer.token(&orders()))).await, "OK");
}

#[tokio::test]
async fn keys_that_are_all_withdrawn_end_their_tokens() {
    let encryption = json!({"keys": [{"kty": "oct", "kid": "first", "k": "c2VjcmV0"}]}).to_string();
    for emptied in ["{\"keys\": []}", &encryption] {
        let credentials = Credentials::without_tls();
        let server = Server::spawn(credentials.server()).await;
        let token = credentials.issuer.token(&orders());
        assert_eq!(outcome(&server.acting_as(&token)).await, "OK");
        replace(&credentials.file("jwks.json"), emptied.as_bytes());
        within(async { while outcome(&server.acting_as(&token)).await == "OK" {} }).await;
        let status = try_call(&server.acting_as(&token)).await.expect_err("the key is gone");
        assert!(status.message().contains("names a key that its issuer does not have"), "{status}");
        assert!(server.stderr().contains("no key that can be used here: its tokens are refused"));
        // One that is published anew opens again.
        credentials.publish(&[&credentials.issuer]);
        within(async { while outcome(&server.acting_as(&token)).await != "OK" {} }).await;
    }
}
