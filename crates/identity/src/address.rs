//! An address at which an issuer publishes its keys.

use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, HeaderValue};
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_rustls::{ConfigBuilderExt as _, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio::time::timeout;

use crate::source::{KEY_SET_BYTES_MAX, SourceError};

/// How long an answer may take.
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// An address at which an issuer publishes its keys. It is not followed to others.
#[derive(Debug)]
pub(crate) struct Address {
    uri: Uri,
    http: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
}

impl Address {
    /// With the authorities in this file, or those of the system.
    pub(crate) fn new(url: &str, ca: Option<&Path>) -> Result<Self, String> {
        let uri: Uri = url.parse().map_err(|_| "`jwks_url` is no address".to_owned())?;
        let host = uri.host().ok_or("`jwks_url` names no host")?;
        let is_loopback = host == "localhost"
            || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|it| it.is_loopback());
        let config = match (uri.scheme_str(), ca) {
            (Some("https"), Some(path)) => client(roots(path)?),
            (Some("https"), None) => system()?,
            (Some("http"), None) if is_loopback => client(RootCertStore::empty()),
            (Some("http"), Some(_)) => return Err("`jwks_ca` is for an address with https".to_owned()),
            _ => {
                let why = "`jwks_url` must be https (or http on this machine): whoever changes the keys on the way \
                           could call as anybody";
                return Err(why.to_owned());
            }
        };
        let connector =
            HttpsConnectorBuilder::new().with_tls_config(config).https_or_http().enable_http1().build();
        Ok(Self { uri, http: Client::builder(TokioExecutor::new()).build(connector) })
    }

    /// What is published there now.
    pub(crate) async fn read(&self) -> Result<Vec<u8>, SourceError> {
        timeout(ANSWER_MAX, self.get()).await.map_err(|_| SourceError::Timeout)?
    }

    async fn get(&self) -> Result<Vec<u8>, SourceError> {
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = self.uri.clone();
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
        let response = self.http.request(request).await.map_err(|it| SourceError::Unreachable(it.into()))?;
        if response.status() != StatusCode::OK {
            return Err(SourceError::Status(response.status()));
        }
        let body = Limited::new(response.into_body(), KEY_SET_BYTES_MAX).collect().await;
        Ok(body.map_err(|_| SourceError::TooLong)?.to_bytes().into())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.uri.fmt(f)
    }
}

fn client(roots: RootCertStore) -> ClientConfig {
    versions().with_root_certificates(roots).with_no_client_auth()
}

fn system() -> Result<ClientConfig, String> {
    let config = versions().with_native_roots();
    let config =
        config.map_err(|it| format!("the system's authorities can't be read ({it}): name `jwks_ca`"))?;
    Ok(config.with_no_client_auth())
}

fn versions() -> rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier> {
    ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider has what TLS 1.2 and 1.3 need")
}

fn roots(path: &Path) -> Result<RootCertStore, String> {
    let pem = fs::read(path).map_err(|it| format!("`jwks_ca` could not be read: {it}"))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|_| "`jwks_ca` is not PEM".to_owned())?;
        roots.add(certificate).map_err(|it| format!("`jwks_ca` can't be used: {it}"))?;
    }
    if roots.is_empty() { Err("`jwks_ca` holds no certificate".to_owned()) } else { Ok(roots) }
}
