//! The server's end of TLS: its certificate, and whose clients' certificates it takes.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use assent_domain::values::Instant;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{RootCertStore, ServerConfig};
use x509_parser::parse_x509_certificate;
use zeroize::Zeroizing;

use crate::config::TlsConfig;

/// HTTP/2, which gRPC speaks.
const H2: &[u8] = b"h2";
/// HTTP/1.1, which monitors speak.
const HTTP_1: &[u8] = b"http/1.1";
/// The longest file that is read.
const FILE_BYTES_MAX: usize = 1 << 20;

/// The server's end of TLS, as its files say it now: TLS 1.2 and 1.3.
#[derive(Debug)]
pub struct ServerTls {
    config: TlsConfig,
    current: ArcSwap<Loaded>,
}

/// What the files held when they were last good.
#[derive(Debug)]
struct Loaded {
    grpc: Arc<ServerConfig>,
    monitors: Arc<ServerConfig>,
    until: Instant,
    files: Files,
}

#[derive(PartialEq, Eq)]
struct Files {
    certificate: Vec<u8>,
    key: Zeroizing<Vec<u8>>,
    client_ca: Option<Vec<u8>>,
}

impl std::fmt::Debug for Files {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Files").finish_non_exhaustive()
    }
}

/// Why TLS can't be served with these files.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the sentences say it")]
pub enum TlsError {
    #[error("could not read {path}")]
    Read {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{path} is longer than 1 MiB")]
    TooLong { path: PathBuf },
    #[error("{path} holds no certificate in PEM")]
    NoCertificate { path: PathBuf },
    #[error("{path} holds no private key in PEM without a password")]
    NoKey { path: PathBuf },
    #[error("{path} can't be used to verify clients' certificates")]
    ClientCa {
        path: PathBuf,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("the certificate {certificate} and the key {key} can't be used together")]
    Pair {
        certificate: PathBuf,
        key: PathBuf,
        #[source]
        source: rustls::Error,
    },
}

impl ServerTls {
    /// Reads the files.
    pub fn new(config: &TlsConfig) -> Result<Self, TlsError> {
        let current = ArcSwap::from_pointee(Loaded::of(config, Files::read(config)?)?);
        Ok(Self { config: config.clone(), current })
    }

    /// Reads the files again, and says whether they are others. What can't be used leaves those that were.
    pub fn reload(&self) -> Result<bool, TlsError> {
        let files = Files::read(&self.config)?;
        if self.current.load().files == files {
            return Ok(false);
        }
        self.current.store(Arc::new(Loaded::of(&self.config, files)?));
        Ok(true)
    }

    /// For a new connection that speaks gRPC.
    pub fn grpc(&self) -> Arc<ServerConfig> {
        self.current.load().grpc.clone()
    }

    /// For a new connection of a monitor.
    pub fn monitors(&self) -> Arc<ServerConfig> {
        self.current.load().monitors.clone()
    }

    /// When the server's certificate ends.
    pub fn until(&self) -> Instant {
        self.current.load().until
    }

    /// The certificate's file, for the log.
    pub fn certificate(&self) -> &Path {
        &self.config.certificate
    }
}

impl Files {
    fn read(config: &TlsConfig) -> Result<Self, TlsError> {
        Ok(Self {
            certificate: read(&config.certificate)?,
            key: Zeroizing::new(read(&config.key)?),
            client_ca: config.client_ca.as_deref().map(read).transpose()?,
        })
    }
}

impl Loaded {
    fn of(config: &TlsConfig, files: Files) -> Result<Self, TlsError> {
        let certificates = certificates(&config.certificate, &files.certificate)?;
        let until = end(&certificates[0])
            .ok_or_else(|| TlsError::NoCertificate { path: config.certificate.clone() })?;
        let key = PrivateKeyDer::from_pem_slice(&files.key)
            .map_err(|_| TlsError::NoKey { path: config.key.clone() })?;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let pair = |source| TlsError::Pair {
            certificate: config.certificate.clone(),
            key: config.key.clone(),
            source,
        };
        let builder = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(pair)?;
        let builder = match (&config.client_ca, &files.client_ca) {
            (Some(path), Some(pem)) => builder.with_client_cert_verifier(verifier(config, path, pem)?),
            _ => builder.with_no_client_auth(),
        };
        let mut grpc = builder.with_single_cert(certificates, key).map_err(pair)?;
        let mut monitors = grpc.clone();
        grpc.alpn_protocols = vec![H2.to_vec()];
        monitors.alpn_protocols = vec![HTTP_1.to_vec()];
        Ok(Self { grpc: Arc::new(grpc), monitors: Arc::new(monitors), until, files })
    }
}

fn verifier(config: &TlsConfig, path: &Path, pem: &[u8]) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let failed = |source: Box<dyn std::error::Error + Send + Sync>| TlsError::ClientCa {
        path: path.to_owned(),
        source,
    };
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path, pem)? {
        roots.add(certificate).map_err(|it| failed(it.into()))?;
    }
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    let verifier = match config.client_certificate_required {
        true => verifier,
        false => verifier.allow_unauthenticated(),
    };
    verifier.build().map_err(|it| failed(it.into()))
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    let bytes = fs::read(path).map_err(|source| TlsError::Read { path: path.to_owned(), source })?;
    match bytes.len() > FILE_BYTES_MAX {
        true => Err(TlsError::TooLong { path: path.to_owned() }),
        false => Ok(bytes),
    }
}

fn certificates(path: &Path, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let none = || TlsError::NoCertificate { path: path.to_owned() };
    let all: Vec<_> = CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|_| none())?;
    if all.is_empty() { Err(none()) } else { Ok(all) }
}

/// When a certificate ends.
fn end(der: &[u8]) -> Option<Instant> {
    let (_, certificate) = parse_x509_certificate(der).ok()?;
    let seconds = certificate.validity().not_after.timestamp();
    Some(Instant::EPOCH.plus_micros(seconds.saturating_add(1).saturating_mul(1_000_000)))
}
