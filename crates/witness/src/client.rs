//! Asking a witness.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use assent_evidence::{KeyPurpose, Note, Signature, SignedBy, VerifierKey, parse_signatures};
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};
use tokio::time::timeout;

use crate::request::{AddCheckpoint, decimal};
use crate::{ADD_CHECKPOINT, SIZE_TYPE};

/// The length of an answer that is read.
const MAX_ANSWER_BYTES: usize = 64 * 1024;
/// How much of a refusal's text is kept.
const MAX_REASON_CHARS: usize = 200;

type Http = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// A connection to one witness, which is opened when it is needed and kept for the next call. Clones share it.
#[derive(Clone, Debug)]
pub struct WitnessClient {
    url: Uri,
    keys: Arc<[VerifierKey]>,
    timeout: Duration,
    http: Http,
}

/// What a witness says to a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It cosigned. These are the cosignatures by keys that we know, at least one, which hold.
    Cosigned(Vec<Signature>),
    /// It has cosigned another size last than the one that was named: somebody else was first, or we forgot something.
    Conflict {
        /// The size that it cosigned last.
        size: u64,
    },
    /// It has cosigned another tree of the checkpoint's size: there are two histories.
    Fork,
    /// It does not cosign, and asking again changes nothing.
    Refused {
        /// The HTTP status: 400, 403, 404 or 422.
        status: u16,
        /// What it says, in one line of at most 200 characters.
        reason: String,
    },
}

impl WitnessClient {
    /// A client of the witness whose submission prefix is `url` (http or https), and whose cosignatures hold by one of
    /// `keys`. A call may take as long as `timeout`.
    pub fn new(url: &str, keys: Vec<VerifierKey>, timeout: Duration) -> Result<Self, ClientError> {
        if !keys.iter().any(|key| key.purpose() == KeyPurpose::Witness) {
            return Err(ClientError::Keys);
        }
        let url: Uri =
            format!("{}{ADD_CHECKPOINT}", url.trim_end_matches('/')).parse().map_err(|_| ClientError::Url)?;
        let connector = match (url.scheme_str(), url.host()) {
            (Some("http"), Some(_)) => HttpsConnectorBuilder::new().with_tls_config(no_tls()?),
            (Some("https"), Some(_)) => HttpsConnectorBuilder::new().with_tls_config(tls()?),
            _ => return Err(ClientError::Url),
        };
        let connector = connector.https_or_http().enable_http1().build();
        let http = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { url, keys: keys.into(), timeout, http })
    }

    /// Asks the witness to cosign. What is no [`Answer`] leaves open whether it did: ask again.
    pub async fn add_checkpoint(&self, request: &AddCheckpoint) -> Result<Answer, ClientError> {
        timeout(self.timeout, self.ask(request)).await.map_err(|_| ClientError::Timeout)?
    }

    async fn ask(&self, request: &AddCheckpoint) -> Result<Answer, ClientError> {
        let body = Bytes::from(request.to_string());
        let post = Request::builder()
            .method(Method::POST)
            .uri(self.url.clone())
            .header(CONTENT_TYPE, "text/plain; charset=utf-8")
            .header(CONTENT_LENGTH, body.len())
            .body(Full::new(body))
            .expect("method, address and headers are well formed");
        let response =
            self.http.request(post).await.map_err(|error| ClientError::Unreachable(error.into()))?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, MAX_ANSWER_BYTES).collect().await.map_err(ClientError::Unreachable)?;
        let body = String::from_utf8(body.to_bytes().into()).map_err(|_| ClientError::Answer(head.status))?;
        let is_size = head.headers.get(CONTENT_TYPE).is_some_and(|it| it.as_bytes() == SIZE_TYPE.as_bytes());
        match head.status {
            StatusCode::OK => self.cosignatures(request, &body),
            StatusCode::CONFLICT if is_size => {
                let size = body.strip_suffix('\n').and_then(decimal);
                Ok(Answer::Conflict { size: size.ok_or(ClientError::Answer(head.status))? })
            }
            StatusCode::CONFLICT => Ok(Answer::Fork),
            StatusCode::BAD_REQUEST
            | StatusCode::FORBIDDEN
            | StatusCode::NOT_FOUND
            | StatusCode::UNPROCESSABLE_ENTITY => {
                Ok(Answer::Refused { status: head.status.as_u16(), reason: reason(&body) })
            }
            // A proxy's error, a redirect, a witness that is overloaded: it has not said no.
            status => Err(ClientError::Answer(status)),
        }
    }

    /// The lines by keys that we know. Those of others say nothing; one by a known key that does not hold spoils all.
    fn cosignatures(&self, request: &AddCheckpoint, lines: &str) -> Result<Answer, ClientError> {
        let failed = |_| ClientError::Cosignature;
        let mut note = Note::unsigned(request.checkpoint.note().text().to_owned()).map_err(failed)?;
        let lines = parse_signatures(lines).map_err(failed)?;
        lines.iter().try_for_each(|line| note.add(line.clone())).map_err(failed)?;
        let mut signed_by = note.verify(&self.keys).map_err(failed)?;
        signed_by.retain(|by| by.key.purpose() == KeyPurpose::Witness);
        if signed_by.is_empty() {
            return Err(ClientError::Cosignature);
        }
        let is_known = |line: &Signature| {
            signed_by.iter().any(|SignedBy { key, .. }| line.name == *key.name() && line.key_id == key.id())
        };
        Ok(Answer::Cosigned(lines.into_iter().filter(is_known).collect()))
    }
}

/// TLS as the system's list of authorities has it.
fn tls() -> Result<ClientConfig, ClientError> {
    let config = tls_versions()?.with_native_roots().map_err(|error| ClientError::Tls(error.into()))?;
    Ok(config.with_no_client_auth())
}

/// For plain HTTP: a machine without authorities can use it all the same.
fn no_tls() -> Result<ClientConfig, ClientError> {
    Ok(tls_versions()?.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

fn tls_versions() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, ClientError> {
    ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| ClientError::Tls(error.into()))
}

/// The first line of what a witness says, so that it can stand in a log line.
fn reason(body: &str) -> String {
    let line = body.lines().next().unwrap_or_default();
    line.chars().filter(|c| !c.is_control()).take(MAX_REASON_CHARS).collect()
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The address is no URL with http or https.
    #[error("the witness's address is no http or https URL")]
    Url,
    /// None of the keys is a witness's.
    #[error("there is no witness's key by which its cosignatures could be verified")]
    Keys,
    /// TLS cannot be used on this machine.
    #[error("TLS cannot be set up")]
    Tls(#[source] Box<dyn Error + Send + Sync>),
    /// It cannot be reached, or the connection broke.
    #[error("the witness cannot be reached")]
    Unreachable(#[source] Box<dyn Error + Send + Sync>),
    /// It did not answer in time.
    #[error("the witness did not answer in time")]
    Timeout,
    /// It answered something that is no answer to this call.
    #[error("the witness answered {0}, which says nothing")]
    Answer(StatusCode),
    /// What it sent is no cosignature of this checkpoint by a known key.
    #[error("the witness's answer is no cosignature of this checkpoint by a known key")]
    Cosignature,
}
