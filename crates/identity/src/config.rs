//! What tells callers from each other, as the configuration file has it: the table `[identity]`.

use std::path::PathBuf;

use serde::Deserialize;

/// How callers are told from each other. Without one, a server runs for developers only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityConfig {
    /// The server's certificate, and whose clients' certificates it takes; none: connections are not encrypted.
    pub tls: Option<TlsConfig>,
    /// A proxy on the way ends TLS, so that tokens may arrive unencrypted at an address that is not loopback. The network
    /// between it and the server is then part of what keeps tokens secret.
    #[serde(default)]
    pub tls_terminated_by_proxy: bool,
    /// Who issues tokens.
    #[serde(default)]
    pub issuers: Vec<IssuerConfig>,
    /// The callers that clients' certificates stand for.
    #[serde(default)]
    pub certificates: Vec<CertificateConfig>,
}

/// The server's certificate, and whose clients' certificates it takes. All files are PEM, and are read again when they
/// change.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// The server's certificate, and after it those between it and the authority.
    pub certificate: PathBuf,
    /// Its private key: PKCS#8, PKCS#1 or SEC1, without a password.
    pub key: PathBuf,
    /// The authorities whose clients' certificates are taken; none: no client shows one.
    pub client_ca: Option<PathBuf>,
    /// Whether a connection without a client's certificate is refused.
    #[serde(default)]
    pub client_certificate_required: bool,
}

/// Who issues tokens (RFC 7519), and how they are verified.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerConfig {
    /// What its tokens say in `iss`, to the letter.
    pub issuer: String,
    /// What its tokens for this server say in `aud`: one of these.
    pub audiences: Vec<String>,
    /// What its users' ids begin with, before what its tokens say in `sub`: at most 64 visible ASCII characters. It must be
    /// there as soon as there are other issuers or certificates, so that no two of them name one user.
    #[serde(default)]
    pub user_prefix: String,
    /// Its public keys: a file with a JWK set (RFC 7517), read again when it changes.
    pub jwks_file: Option<PathBuf>,
    /// The same from an address: https, or http on this machine.
    pub jwks_url: Option<String>,
    /// The authorities that the address's own certificate is verified by (PEM); none: those of the system.
    pub jwks_ca: Option<PathBuf>,
    /// The algorithms that are taken; left out, all that are known.
    #[serde(default = "Algorithm::all")]
    pub algorithms: Vec<Algorithm>,
    /// How far this machine's clock and the issuer's may be apart, in seconds: at most 300.
    #[serde(default = "IssuerConfig::leeway_default")]
    pub leeway_seconds: u32,
    /// How often the keys are read again, in seconds: from 10 to a day.
    #[serde(default = "IssuerConfig::refresh_default")]
    pub refresh_seconds: u32,
    /// How long keys are used on that can't be read again, in seconds: at least `refresh_seconds`.
    #[serde(default = "IssuerConfig::max_age_default")]
    pub max_age_seconds: u32,
}

/// The caller that a client's certificate stands for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateConfig {
    /// A name that the certificate is for (its subject alternative names): a URI (`spiffe://example/orders`) to the letter,
    /// or a DNS name in whatever case.
    pub name: String,
    /// Who acts: 1 to 128 visible ASCII characters, stored with every event.
    pub user_id: String,
    /// What it opens: names as in tokens (`assent.authorize`).
    #[serde(default)]
    pub scopes: Vec<String>,
    /// The partners that it acts for: their ids, or `*` alone for every one.
    #[serde(default)]
    pub partners: Vec<String>,
    /// The user's roles (rule W7).
    #[serde(default)]
    pub roles: Vec<String>,
    /// Several people use this account, so that each write names the employee (rule W8).
    #[serde(default)]
    pub shared_account: bool,
}

/// How a token may be signed: by a key pair, and never by a secret that its reader shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[expect(missing_docs, reason = "the names of RFC 7518, section 3.1, and RFC 8037")]
#[serde(rename_all = "UPPERCASE")]
pub enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    #[serde(rename = "EdDSA")]
    EdDsa,
}

impl Algorithm {
    /// Every one.
    pub fn all() -> Vec<Self> {
        use Algorithm::*;
        vec![Rs256, Rs384, Rs512, Ps256, Ps384, Ps512, Es256, Es384, EdDsa]
    }
}

impl IssuerConfig {
    const fn leeway_default() -> u32 {
        30
    }

    const fn refresh_default() -> u32 {
        300
    }

    const fn max_age_default() -> u32 {
        24 * 60 * 60
    }
}
