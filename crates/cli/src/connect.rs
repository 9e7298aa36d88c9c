//! The way to the server.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use assent_proto::v1::acceptance_service_client::AcceptanceServiceClient;
use assent_proto::v1::audit_service_client::AuditServiceClient;
use assent_proto::v1::authorization_service_client::AuthorizationServiceClient;
use assent_proto::v1::catalog_service_client::CatalogServiceClient;
use assent_proto::v1::directory_service_client::DirectoryServiceClient;
use tonic::transport::{Channel, Endpoint};

use crate::credentials::{Authorized, Bearer, Credentials};
use crate::failure::Failure;

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long one question may take. Streams have no limit.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// The largest answer: a page of 1,000 customers, or 256 events of 64 KiB, fits.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The server's address: `https://host:port`, `http://host:port`, or `host:port` for the latter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Server(String);

impl FromStr for Server {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let address = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let host = address.strip_prefix("http://").or_else(|| address.strip_prefix("https://"));
        let is_http = host.is_some_and(|host| !host.is_empty());
        match Endpoint::from_shared(address.clone()) {
            Ok(_) if is_http => Ok(Self(address)),
            Ok(_) | Err(_) => {
                Err(format!("`{text}` is no address: write https://host:port or http://host:port"))
            }
        }
    }
}

impl fmt::Display for Server {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Server {
    /// Opens the connection now, so that a server that is not there is said at once and before anything is read.
    pub(crate) async fn connect(&self, credentials: &Credentials) -> Result<Connection, Failure> {
        let failed = |transport| Failure::Connect { server: self.clone(), transport };
        let endpoint = Endpoint::from_shared(self.0.clone()).map_err(failed)?;
        let endpoint = match credentials.tls(self)? {
            Some(tls) => endpoint.tls_config(tls).map_err(failed)?,
            None => endpoint,
        };
        let bearer = credentials.bearer(self)?;
        let endpoint = endpoint.connect_timeout(CONNECT_TIMEOUT).tcp_nodelay(true);
        endpoint.connect().await.map(|channel| Connection { channel, bearer }).map_err(failed)
    }

    /// Whether the connection is encrypted.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// Whether it is this machine.
    pub(crate) fn is_here(&self) -> bool {
        let uri = self.0.parse::<tonic::codegen::http::Uri>();
        uri.ok().and_then(|it| it.host().map(str::to_owned)).is_some_and(|host| {
            let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
            host == "localhost" || address.is_ok_and(|it| it.is_loopback())
        })
    }
}

/// An open connection, and the API's services on it.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    channel: Channel,
    bearer: Bearer,
}

impl Connection {
    /// The connection itself.
    pub(crate) fn channel(&self) -> Channel {
        self.channel.clone()
    }

    fn authorized(&self) -> Authorized {
        Authorized::new(self.channel.clone(), self.bearer.clone())
    }
}

macro_rules! services {
    ($($(#[$doc:meta])* $name:ident $client:ident;)*) => {
        impl Connection {
            $($(#[$doc])*
            pub(crate) fn $name(&self) -> $client<Authorized> {
                $client::new(self.authorized()).max_decoding_message_size(ANSWER_BYTES_MAX)
            })*
        }
    };
}

services! {
    acceptance AcceptanceServiceClient;
    audit AuditServiceClient;
    authorization AuthorizationServiceClient;
    catalog CatalogServiceClient;
    directory DirectoryServiceClient;
}

/// A question with a deadline, which the server sees too.
pub(crate) fn call<T>(message: T) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    request.set_timeout(CALL_TIMEOUT);
    request
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_leave_out_the_scheme() {
        assert_eq!(Server::from_str("localhost:50051").unwrap().to_string(), "http://localhost:50051");
        assert_eq!(Server::from_str("https://a.example:1").unwrap().to_string(), "https://a.example:1");
        assert_eq!(Server::from_str("http://[::1]:1").unwrap().to_string(), "http://[::1]:1");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in ["", "https://", "ftp://localhost", "http://", "two words", "unix:///tmp/x"] {
            assert!(Server::from_str(text).is_err(), "{text}");
        }
    }
}
