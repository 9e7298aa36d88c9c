//! Who calls, as a credential says it. Whether they may is the service's table of permissions.

mod address;
mod authority;
mod cache;
mod caller;
mod certificate;
mod claims;
mod config;
mod finding;
mod issuer;
mod keys;
mod scope;
mod source;
mod tls;
mod token;
mod watch;

pub use authority::{Authority, Desk, IdentityError, IssuerNumber, Shown};
pub use caller::{Caller, Partners};
pub use certificate::PeerCertificate;
pub use config::{Algorithm, CertificateConfig, IdentityConfig, IssuerConfig, TlsConfig};
pub use finding::Finding;
pub use issuer::ReadError;
pub use keys::KeySetError;
pub use scope::{Scope, Scopes};
pub use source::SourceError;
pub use tls::{ServerTls, TlsError};
pub use token::TOKEN_BYTES_MAX;
pub use watch::watch;
