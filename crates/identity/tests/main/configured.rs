//! What a configuration must be.

use assent_identity::{Authority, CertificateConfig, IdentityConfig, IdentityError, TlsConfig};

use crate::ground::issuer;

fn certificate(name: &str) -> CertificateConfig {
    serde_json::from_str(&format!(r#"{{"name": "{name}", "user_id": "orders"}}"#)).unwrap()
}

async fn said(config: IdentityConfig) -> String {
    match Authority::new(&config).await {
        Err(IdentityError::Config(said)) => said,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_certificate_without_a_caller_of_its_own_is_refused() {
    let tls = TlsConfig {
        certificate: "a".into(),
        key: "a".into(),
        client_ca: Some("a".into()),
        client_certificate_required: true,
    };
    let with = |certificates: Vec<CertificateConfig>| IdentityConfig {
        tls: Some(tls.clone()),
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
        (assent_identity::IssuerConfig { leeway_seconds: 301, ..good.clone() }, "`leeway_seconds`"),
        (assent_identity::IssuerConfig { refresh_seconds: 1, ..good.clone() }, "`refresh_seconds`"),
        (assent_identity::IssuerConfig { max_age_seconds: 9, ..good.clone() }, "`max_age_seconds`"),
        (assent_identity::IssuerConfig { audiences: Vec::new(), ..good.clone() }, "`audiences`"),
        (assent_identity::IssuerConfig { algorithms: Vec::new(), ..good.clone() }, "`algorithms`"),
    ] {
        let said = said(IdentityConfig { issuers: vec![bad], ..Default::default() }).await;
        assert!(said.contains(expected), "{said}");
    }
    let twice = said(IdentityConfig { issuers: vec![good.clone(), good], ..Default::default() }).await;
    assert!(twice.contains("there are two"), "{twice}");
}
