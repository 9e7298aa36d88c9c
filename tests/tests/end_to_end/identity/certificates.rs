//! Clients' certificates, and the server's own.

use std::error::Error as _;
use std::time::Duration;

use assent_testing::{Caller, Certificate, CertificateAuthority, Credentials, Server, claims, reason};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use super::{outcome, try_call};
use crate::operations::{figures, port};
use crate::support::within;

const SPIFFE: &str = "spiffe://example/orders";
const ORDERS: &str = "user_id = \"orders\"\nscopes = [\"assent.authorize\"]\npartners = [\"*\"]";

fn showing(server: &Server, certificate: &Certificate) -> Caller {
    Caller::of(server.channel_showing(certificate))
}

#[tokio::test]
async fn a_certificate_opens_the_server_where_one_of_its_names_stands_for_a_caller() {
    let credentials = Credentials::new().map(SPIFFE, ORDERS).map("Audit.Example", "user_id = \"audit\"");
    let server = Server::spawn(credentials.server()).await;
    let signed = |names: &[&str]| credentials.authority.certificate(names);
    let cases = [
        (signed(&["URI:spiffe://example/orders"]), "OK"),
        (signed(&["DNS:other.example", "URI:spiffe://example/orders"]), "OK"),
        (signed(&["DNS:AUDIT.example"]), "OK"),
        (signed(&["URI:spiffe://example/Orders"]), "CREDENTIAL_INVALID"),
        (signed(&["DNS:audit.example", "URI:spiffe://example/orders"]), "CREDENTIAL_INVALID"),
        (signed(&["DNS:other.example"]), "CREDENTIAL_INVALID"),
    ];
    for (certificate, expected) in cases {
        let said = outcome(&showing(&server, &certificate)).await;
        assert!(said == expected || (expected == "OK" && said == "ROLE_NOT_PERMITTED"), "{said}");
    }
    assert_eq!(outcome(&Caller::of(server.channel())).await, "CREDENTIAL_MISSING");
}

#[tokio::test]
async fn a_certificate_of_strangers_or_of_the_past_makes_no_connection() {
    let credentials = Credentials::new().map(SPIFFE, ORDERS);
    let server = Server::spawn(credentials.server()).await;
    let name = ["URI:spiffe://example/orders"];
    let stranger = CertificateAuthority::new("the authority of a test").certificate(&name);
    for certificate in [stranger, credentials.authority.expired(&name)] {
        let status = try_call(&showing(&server, &certificate)).await.expect_err("it is refused");
        // The connection ends without an answer, in whatever words the client has for that.
        assert_eq!(assent_testing::reason(&status), "", "{status:?}");
        assert!(status.source().is_some(), "{status:?}");
    }
    let good = credentials.authority.certificate(&name);
    assert_eq!(outcome(&showing(&server, &good)).await, "OK");
}

#[tokio::test]
async fn a_connection_whose_certificate_was_let_in_stays_and_one_that_asks_about_health_does_not() {
    let mut credentials = Credentials::new().map(SPIFFE, ORDERS);
    credentials.settings = "first_call_within = 3\nmetrics_listen = \"127.0.0.1:0\"".to_owned();
    let server = Server::spawn(credentials.server()).await;
    let figures_at = port(&server);
    let connections = async || {
        let figures = figures(&figures_at).await;
        (figures["assent_connections_total"], figures["assent_connections_open"])
    };
    let caller = showing(&server, &credentials.authority.certificate(&["URI:spiffe://example/orders"]));
    assert_eq!(outcome(&caller).await, "OK");
    let (accepted, open) = connections().await;

    let mut nobody = HealthClient::new(server.channel());
    let asked = HealthCheckRequest { service: String::new() };
    within(nobody.check(asked)).await.expect("that needs no credential");
    assert_eq!(connections().await.0, accepted + 1.0);
    within(async { while connections().await.1 > open {} }).await;

    assert_eq!(outcome(&caller).await, "OK");
    assert_eq!(connections().await, (accepted + 1.0, open), "the connection is the same");
}

#[tokio::test]
async fn a_certificate_that_expires_while_its_connection_is_open_opens_nothing_more() {
    let credentials = Credentials::new().map(SPIFFE, ORDERS);
    let server = Server::spawn(credentials.server()).await;
    // On a machine that is slow the first one may be over before its connection is made.
    for seconds in [4, 8, 16, 32] {
        let time = Duration::from_secs(seconds);
        let certificate = credentials.authority.certificate_for(&["URI:spiffe://example/orders"], time);
        let caller = showing(&server, &certificate);
        if try_call(&caller).await.is_err() {
            continue;
        }
        // The same connection: another would not be made.
        let refusal = within(async {
            loop {
                if let Err(refusal) = try_call(&caller).await {
                    return refusal;
                }
            }
        });
        let refusal = refusal.await;
        assert_eq!(reason(&refusal), "CREDENTIAL_INVALID", "{refusal:?}");
        assert!(refusal.message().contains("has expired since the connection was made"), "{refusal:?}");
        return;
    }
    panic!("no connection was made in time");
}

#[tokio::test]
async fn a_token_names_the_caller_although_the_connection_has_a_certificate() {
    let credentials = Credentials::new();
    let server = Server::spawn(credentials.server()).await;
    let gateway = credentials.authority.certificate(&["DNS:gateway.example"]);
    let token = credentials.issuer.token(&claims("anna", "assent.authorize", &["contoso"]));
    let channel = server.channel_showing(&gateway);
    assert_eq!(outcome(&Caller::with_token(channel.clone(), &token)).await, "OK");
    assert_eq!(outcome(&Caller::with_token(channel.clone(), "no.to.ken")).await, "CREDENTIAL_INVALID");
    assert_eq!(outcome(&Caller::of(channel)).await, "CREDENTIAL_INVALID");
}

#[tokio::test]
async fn a_new_certificate_is_served_while_calls_go_on() {
    let mut credentials = Credentials::new();
    let server = Server::spawn(credentials.server()).await;
    let token = credentials.issuer.token(&claims("anna", "assent.authorize", &["contoso"]));
    let before = server.acting_as(&token);
    assert_eq!(outcome(&before).await, "OK");
    // Of another authority, so that who believes it only has met the new one.
    credentials.authority = CertificateAuthority::new("the next authority");
    credentials.renew_certificate();
    credentials.authority.write(&credentials.ca_file());
    let shown = credentials.authority.certificate(&["DNS:other.example"]);
    let is_new = || async {
        let channel = server.channel_believing(&credentials.authority.pem(), &shown);
        try_call(&Caller::with_token(channel, &token)).await.is_ok()
    };
    within(async {
        while !is_new().await {
            assert_eq!(outcome(&before).await, "OK");
        }
    })
    .await;
    assert_eq!(outcome(&before).await, "OK");
}

#[tokio::test]
async fn a_new_certificate_that_can_not_be_used_is_said_and_the_old_one_stays() {
    let credentials = Credentials::new();
    let server = Server::spawn(credentials.server()).await;
    let token = credentials.issuer.token(&claims("anna", "assent.authorize", &["contoso"]));
    assent_testing::replace(&credentials.file("server.crt"), b"no certificate");
    within(async { while !server.stderr().contains("new connections get the certificate of before") {} })
        .await;
    let shown = credentials.authority.certificate(&["DNS:other.example"]);
    let channel = server.channel_showing(&shown);
    assert_eq!(outcome(&Caller::with_token(channel, &token)).await, "OK");
}
