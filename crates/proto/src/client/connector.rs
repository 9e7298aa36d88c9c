//! Where a client connects, and as whom.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};

use super::Connection;
use super::outgoing::Outgoing;
use super::service_config::ServiceConfig;
use super::token::TokenFile;

/// How long a connection may take, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A connection with calls on it is asked for a sign of life this often, and given up when none comes.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(20);
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(10);
/// What the server may send before it is read, in bytes: of one answer or stream, and of all. HTTP/2's 64 KiB would
/// make a replay wait for the network once every few hundred events.
const STREAM_WINDOW: u32 = 1024 * 1024;
const CONNECTION_WINDOW: u32 = 8 * 1024 * 1024;

/// What stands in the way of a connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The address is not one.
    #[error("`{address}` is no address: write http://host:port or https://host:port")]
    Address {
        /// As it was given.
        address: String,
    },
    /// A certificate or key cannot be used.
    #[error("the certificates can not be used")]
    Certificates(#[source] tonic::transport::Error),
    /// A token would travel readable.
    #[error("a token is not sent unencrypted: write https:// instead of {address}")]
    TokenInClear {
        /// As it was given.
        address: String,
    },
    /// The token's file cannot be read, or holds no token.
    #[error("could not use the token in `{}`", path.display())]
    Token {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Nobody answers.
    #[error("nobody answers at {address}")]
    Unreachable {
        /// As it was given.
        address: String,
        /// Why.
        #[source]
        source: tonic::transport::Error,
    },
}

/// Where a client connects, and as whom. Nothing is sent before [`Connector::connect`].
#[derive(Clone, Debug)]
pub struct Connector {
    address: String,
    endpoint: Endpoint,
    tls: ClientTlsConfig,
    /// Whether `tls` names authorities; otherwise those of the system are taken.
    has_authorities: bool,
    token: Option<PathBuf>,
}

impl Connector {
    /// A server at `http://host:port` or `https://host:port`; the latter by the system's certificate authorities, until
    /// [`Connector::certificate_authorities`] names others.
    pub fn new(address: &str) -> Result<Self, ConnectError> {
        let wrong = || ConnectError::Address { address: address.to_owned() };
        let endpoint = Endpoint::from_shared(address.to_owned()).map_err(|_| wrong())?;
        // The text itself: an endpoint of a Unix socket has an address that only looks like one.
        let is_http = ["http://", "https://"].iter().any(|it| address.starts_with(it));
        if !is_http || endpoint.uri().host().is_none_or(str::is_empty) {
            return Err(wrong());
        }
        let endpoint = endpoint
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(KEEP_ALIVE_INTERVAL)
            .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW);
        let tls = ClientTlsConfig::new();
        Ok(Self { address: address.to_owned(), endpoint, tls, has_authorities: false, token: None })
    }

    /// Takes certificates of servers that these authorities (PEM) signed, and no others.
    #[must_use]
    pub fn certificate_authorities(mut self, pem: &[u8]) -> Self {
        self.tls = self.tls.ca_certificate(Certificate::from_pem(pem));
        self.has_authorities = true;
        self
    }

    /// Shows the server this certificate (PEM, the chain from the leaf on) for mutual TLS.
    #[must_use]
    pub fn client_certificate(mut self, chain_pem: &[u8], key_pem: &[u8]) -> Self {
        self.tls = self.tls.identity(Identity::from_pem(chain_pem, key_pem));
        self
    }

    /// Sends the bearer token that this file holds. The file is read again when it changes, so that whoever renews the
    /// token only has to replace it.
    #[must_use]
    pub fn token_file(mut self, path: PathBuf) -> Self {
        self.token = Some(path);
        self
    }

    /// Opens the connection now, so that a server that is not there is said at once. A connection that breaks later is
    /// opened again by the calls that follow.
    pub async fn connect(self) -> Result<Connection, ConnectError> {
        let Self { address, endpoint, tls, has_authorities, token } = self;
        let tls = if has_authorities { tls } else { tls.with_native_roots() };
        let is_tls = endpoint.uri().scheme_str() == Some("https");
        let endpoint =
            if is_tls { endpoint.tls_config(tls).map_err(ConnectError::Certificates)? } else { endpoint };
        let token = token.map(TokenFile::open).transpose()?;
        if token.is_some() && !is_tls && !is_this_machine(&endpoint) {
            return Err(ConnectError::TokenInClear { address });
        }
        let channel =
            endpoint.connect().await.map_err(|source| ConnectError::Unreachable { address, source })?;
        let config = Arc::new(ServiceConfig::shipped());
        Ok(Connection { outgoing: Outgoing::new(channel, config, token.map(Arc::new)) })
    }
}

fn is_this_machine(endpoint: &Endpoint) -> bool {
    let host = endpoint.uri().host().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|it| it.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_address_is_refused() {
        for text in ["", "localhost:1", "ftp://localhost", "http://", "two words", "unix:///tmp/x"] {
            assert!(matches!(Connector::new(text), Err(ConnectError::Address { .. })), "{text}");
        }
        for text in ["http://localhost:1", "https://ledger.example", "http://[::1]:1"] {
            assert!(Connector::new(text).is_ok(), "{text}");
        }
    }

    #[tokio::test]
    async fn a_token_never_leaves_the_machine_in_clear() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, "header.claims.signature\n").unwrap();
        let refused = Connector::new("http://ledger.example:1").unwrap().token_file(file).connect().await;
        assert!(matches!(refused, Err(ConnectError::TokenInClear { .. })), "{refused:?}");
        for (address, is_own) in
            [("http://127.0.0.9:1", true), ("http://[::1]:1", true), ("http://127.0.0.1.example:1", false)]
        {
            assert_eq!(is_this_machine(&Connector::new(address).unwrap().endpoint), is_own, "{address}");
        }
    }
}
