//! The way to the server.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

pub(crate) use assent_proto::client::Connection;
use assent_proto::client::Connector;
use tonic::transport::Endpoint;

use crate::failure::Failure;

/// How long one question may take. Streams have no limit.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// The server's address: `http://host:port`, or `host:port` for short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Server(String);

impl FromStr for Server {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let address = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        if address.starts_with("https://") {
            return Err("TLS is not built yet: write http://host:port".to_owned());
        }
        let is_http = address.strip_prefix("http://").is_some_and(|host| !host.is_empty());
        match Endpoint::from_shared(address.clone()) {
            Ok(_) if is_http => Ok(Self(address)),
            Ok(_) | Err(_) => Err(format!("`{text}` is no address: write http://host:port")),
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
    pub(crate) async fn connect(&self) -> Result<Connection, Failure> {
        let failed = |error| Failure::Connect { server: self.clone(), error };
        Connector::new(&self.0).map_err(failed)?.connect().await.map_err(failed)
    }
}

/// A question with a person's patience as its deadline, which the server sees too.
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
        assert_eq!(Server::from_str("http://[::1]:1").unwrap().to_string(), "http://[::1]:1");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in ["", "https://localhost:1", "ftp://localhost", "http://", "two words", "unix:///tmp/x"] {
            assert!(Server::from_str(text).is_err(), "{text}");
        }
    }
}
