//! What a configuration must be.

use assent_identity::{Authority, CertificateConfig, IdentityConfig, IdentityError, IssuerConfig, TlsConfig};

use crate::ground::issuer;

fn certificate(name: &str) -> CertificateConfig {
    serde_json::from_str(&format!(r#"{{"name": "{name}", "user_id": "orders"}}"#)).unwrap()
}

fn tls() -> TlsConfig {
    TlsConfig {
        certificate: "a".into(),
        key: "a".into(),
        client_ca: Some("a".into()),
        client_certificate_required: true,
    }
}

async fn said(config: IdentityConfig) -> String {
    match Authority::new(&config).await {
        Err(IdentityError::Config(said)) => said,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_certificate_without_a_caller_of_its_own_is_refused() {
    let with = |certificates: Vec<CertificateConfig>| IdentityConfig {
        tls: Some(tls()),
        certificates,
        ..Default::default()
    };
    let one = certificate("orders.example");
    assert!(Authority::new(&with(vec![one.clone()])).await.is_ok());
    for (certificates, expected) in [
        (vec![one.clone(), certificate("Orders.Example")], "twice"),
        (vec![certificate("*.example")], "`*`"),
        (vec![certificate("")], "URI or a DNS name"),
        (vec![CertificateConfig { user_id: String::new(), ..one.clone() }], "`user_id`"),
        (vec![CertificateConfig { scopes: vec!["audit".to_owned()], ..one.clone() }], "`audit` is no scope"),
        (vec![CertificateConfig { roles: vec!["ADMIN".to_owned()], ..one.clone() }], "`ADMIN` is no role"),
        (vec![CertificateConfig { partners: vec!["*".to_owned(), "a".to_owned()], ..one }], "`partners`"),
    ] {
        let said = said(with(certificates)).await;
        assert!(said.contains(expected), "{said}");
    }
}

#[tokio::test]
async fn an_issuer_that_would_let_too_much_through_is_refused() {
    let good = issuer("/nowhere".as_ref());
    for (bad, expected) in [
        (IssuerConfig { leeway_seconds: 301, ..good.clone() }, "`leeway_seconds`"),
        (IssuerConfig { refresh_seconds: 1, ..good.clone() }, "`refresh_seconds`"),
        (IssuerConfig { max_age_seconds: 9, ..good.clone() }, "`max_age_seconds`"),
        (IssuerConfig { audiences: Vec::new(), ..good.clone() }, "`audiences`"),
        (IssuerConfig { algorithms: Vec::new(), ..good.clone() }, "`algorithms`"),
    ] {
        let said = said(IdentityConfig { issuers: vec![bad], ..Default::default() }).await;
        assert!(said.contains(expected), "{said}");
    }
    let twice = said(IdentityConfig { issuers: vec![good.clone(), good], ..Default::default() }).await;
    assert!(twice.contains("there are two"), "{twice}");
}

#[tokio::test]
async fn issuers_and_certificates_that_could_name_one_user_are_refused() {
    let named = |issuer: &str, user_prefix: &str| IssuerConfig {
        issuer: issuer.to_owned(),
        user_prefix: user_prefix.to_owned(),
        ..crate::ground::issuer("/nowhere".as_ref())
    };
    let orders =
        |user_id: &str| CertificateConfig { user_id: user_id.to_owned(), ..certificate("orders.example") };
    let long = "x".repeat(65);
    for (issuers, certificates, expected) in [
        (vec![named("a", ""), named("b", "b:")], vec![], "of the issuer `a`, `user_prefix` must be there"),
        (vec![named("a", "a:"), named("b", "")], vec![], "of the issuer `b`, `user_prefix` must be there"),
        (vec![named("a", "")], vec![orders("orders")], "of the issuer `a`, `user_prefix` must be there"),
        (vec![named("a", "a:"), named("b", "a:")], vec![], "`a` and `b` could name one user"),
        (vec![named("a", "a:"), named("b", "a:b:")], vec![], "`a` and `b` could name one user"),
        (vec![named("a", "a:b:"), named("b", "a:")], vec![], "`a` and `b` could name one user"),
        (vec![named("a", "a:")], vec![orders("a:orders")], "`user_id` of the certificate `orders.example`"),
        (vec![named("a", "two words")], vec![], "visible ASCII"),
        (vec![named("a", &long)], vec![], "at most 64"),
    ] {
        let config = IdentityConfig { issuers, certificates, tls: Some(tls()), ..Default::default() };
        let said = said(config).await;
        assert!(said.contains(expected), "{said}");
    }
}
