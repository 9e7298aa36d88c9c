//! Credentials for tests: an authority of certificates, an issuer of tokens, and servers that believe them.

mod certificates;
mod tokens;

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

pub use self::certificates::{Certificate, CertificateAuthority};
pub use self::tokens::{AUDIENCE, ISSUER, NEVER, TokenIssuer, claims};

/// Everything that a server with credentials needs, in a folder that vanishes with it: an authority for the server and its
/// clients, a certificate for the server, an issuer with one key.
///
/// ```ignore
/// let credentials = Credentials::new();
/// let server = Server::spawn(credentials.server()).await;
/// let token = credentials.issuer.token(&claims("anna", "assent.authorize", &["contoso"]));
/// let mut authorization = server.acting_as(&token).authorization();
/// ```
#[derive(Debug)]
pub struct Credentials {
    folder: TempDir,
    /// Signs the certificates of the server and of its clients.
    pub authority: CertificateAuthority,
    /// Issues tokens.
    pub issuer: TokenIssuer,
    /// The tables `[[identity.certificates]]`, in TOML.
    pub mapped: String,
    /// Whether the server's connections are encrypted.
    pub tls: bool,
    /// More of the configuration file, before its first table.
    pub settings: String,
    /// Where the issuer's keys are, by https and a certificate of the authority's; none: in a file.
    pub keys_at: Option<String>,
}

impl Credentials {
    /// With TLS, and no certificate that stands for a caller.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let authority = CertificateAuthority::new("the authority of a test");
        let credentials = Self {
            authority,
            issuer: TokenIssuer::new("first"),
            mapped: String::new(),
            tls: true,
            settings: String::new(),
            keys_at: None,
            folder,
        };
        credentials.authority.write(&credentials.file("ca.crt"));
        credentials.renew_certificate();
        credentials.publish(&[&credentials.issuer]);
        credentials
    }

    /// The same without TLS: tokens over loopback.
    pub fn without_tls() -> Self {
        Self { tls: false, ..Self::new() }
    }

    /// A file of the folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The authority's certificate, for `--ca-file`.
    pub fn ca_file(&self) -> PathBuf {
        self.file("ca.crt")
    }

    /// Gives the server another certificate of the same authority.
    pub fn renew_certificate(&self) {
        let certificate = self.authority.certificate(&["DNS:localhost", "IP:127.0.0.1"]);
        certificate.write(&self.file("server.crt"), &self.file("server.key"));
    }

    /// Makes these keys the issuer's.
    pub fn publish(&self, keys: &[&TokenIssuer]) {
        replace(&self.file("jwks.json"), TokenIssuer::jwks(keys).as_bytes());
    }

    /// Has certificates with this name stand for a caller; the rest is TOML (`user_id = "x"\nscopes = [...]`).
    #[must_use]
    pub fn map(mut self, name: &str, rest: &str) -> Self {
        self.mapped.push_str(&format!("[[identity.certificates]]\nname = \"{name}\"\n{rest}\n"));
        self
    }

    /// The configuration file that says all this.
    pub fn config(&self) -> PathBuf {
        let path = |name| self.file(name).display().to_string();
        let mut text = format!("{}\n", self.settings);
        if self.tls {
            text.push_str(&format!(
                "[identity.tls]\ncertificate = \"{}\"\nkey = \"{}\"\nclient_ca = \"{}\"\n",
                path("server.crt"),
                path("server.key"),
                path("ca.crt")
            ));
        }
        let keys = match &self.keys_at {
            Some(url) => format!("jwks_url = \"{url}\"\njwks_ca = \"{}\"", path("ca.crt")),
            None => format!("jwks_file = \"{}\"", path("jwks.json")),
        };
        // Beside certificates its users have to be told from theirs.
        let user_prefix = if self.mapped.is_empty() { "" } else { "user_prefix = \"login:\"\n" };
        text.push_str(&format!(
            "[[identity.issuers]]\nissuer = \"{ISSUER}\"\naudiences = [\"{AUDIENCE}\"]\n{keys}\n{user_prefix}{}",
            self.mapped
        ));
        fs::write(self.file("assent.toml"), text).expect("the folder is ours");
        self.file("assent.toml")
    }

    /// How a server is started that believes these credentials and nobody else: without `--dev`.
    pub fn server(&self) -> crate::ServerOptions {
        let master_key_file = self.file("master.key");
        if !master_key_file.exists() {
            crate::master_key_file(self.folder.path());
        }
        crate::ServerOptions {
            dev: false,
            master_key_file: Some(master_key_file),
            arguments: vec!["--config".to_owned(), self.config().display().to_string()],
            ca: self.tls.then(|| self.authority.pem()),
            ..Default::default()
        }
    }
}

impl Default for Credentials {
    fn default() -> Self {
        Self::new()
    }
}

/// Puts a new file in another's place at once, as tools that rotate keys do.
pub fn replace(path: &Path, content: &[u8]) {
    let beside = path.with_extension("new");
    fs::write(&beside, content).expect("the folder is ours");
    fs::rename(&beside, path).expect("the folder is ours");
}
