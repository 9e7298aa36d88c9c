//! An issuer's keys, read over https by an authority of its own.

use std::sync::{Arc, Mutex, PoisonError};

use assent_testing::{Certificate, CertificateAuthority, Credentials, Server, TokenIssuer, claims};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::{outcome, try_call};
use crate::support::within;

/// What an issuer publishes.
#[derive(Clone, Default)]
struct Published(Arc<Mutex<String>>);

impl Published {
    fn now(&self, keys: &[&TokenIssuer]) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = TokenIssuer::jwks(keys);
    }

    fn answer(&self) -> String {
        let keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let length = keys.len();
        format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{keys}")
    }
}

/// An issuer that shows this certificate, and where its keys are.
async fn issuer(certificate: &Certificate, published: Published) -> String {
    let chain = CertificateDer::from_pem_slice(certificate.certificate.as_bytes()).expect("it is PEM");
    let key = PrivateKeyDer::from_pem_slice(certificate.key.as_bytes()).expect("it is PEM");
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider has what TLS needs")
        .with_no_client_auth()
        .with_single_cert(vec![chain], key)
        .expect("the key is the certificate's");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
    let address = listener.local_addr().expect("it has an address");
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.expect("it can be accepted");
            // Whoever does not believe the certificate hangs up.
            let _ = answered(acceptor.clone(), stream, published.clone()).await;
        }
    });
    format!("https://localhost:{}/keys", address.port())
}

async fn answered(acceptor: TlsAcceptor, stream: TcpStream, published: Published) -> std::io::Result<()> {
    let mut stream = acceptor.accept(stream).await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    stream.write_all(published.answer().as_bytes()).await?;
    stream.shutdown().await
}

fn orders() -> serde_json::Value {
    claims("orders", "assent.authorize", &["contoso"])
}

#[tokio::test]
async fn keys_are_read_over_https_and_rotated() {
    let mut credentials = Credentials::without_tls();
    let published = Published::default();
    let certificate = credentials.authority.certificate(&["DNS:localhost"]);
    credentials.keys_at = Some(issuer(&certificate, published.clone()).await);
    let (first, second) = (&credentials.issuer, TokenIssuer::new("second"));
    published.now(&[first]);
    let mut server = Server::spawn(credentials.server()).await;
    let (old, new) = (first.token(&orders()), second.token(&orders()));
    within(async { while outcome(&server.acting_as(&old)).await != "OK" {} }).await;
    assert_eq!(outcome(&server.acting_as(&new)).await, "CREDENTIAL_INVALID");
    // A key that is not known is asked for, every few seconds at most.
    published.now(&[first, &second]);
    within(async { while outcome(&server.acting_as(&new)).await != "OK" {} }).await;
    assert_eq!(outcome(&server.acting_as(&old)).await, "OK");
    published.now(&[&second]);
    server.hang_up();
    within(async { while outcome(&server.acting_as(&old)).await == "OK" {} }).await;
    assert_eq!(outcome(&server.acting_as(&new)).await, "OK");
}

#[tokio::test]
async fn keys_of_an_address_that_the_authority_has_not_signed_are_not_believed() {
    let mut credentials = Credentials::without_tls();
    let published = Published::default();
    published.now(&[&credentials.issuer]);
    let stranger = CertificateAuthority::new("the authority of a test").certificate(&["DNS:localhost"]);
    credentials.keys_at = Some(issuer(&stranger, published).await);
    let server = Server::spawn(credentials.server()).await;
    let token = credentials.issuer.token(&orders());
    let status = try_call(&server.acting_as(&token)).await.expect_err("nobody's keys are known");
    assert!(status.message().contains("its issuer's keys could not be read"), "{status}");
    within(async { while !server.stderr().contains("its tokens are refused") {} }).await;
}
