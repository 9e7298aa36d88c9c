//! The way to the server.

use std::fmt;
use std::io::{Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::str::FromStr;
use std::time::Duration;

pub(crate) use assent_proto::client::Connection;
use assent_proto::client::{ConnectError, Connector};
use tonic::transport::Endpoint;

use crate::credentials::Credentials;
use crate::failure::{Failure, chain};

/// How long one question may take. Streams have no limit.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// How long each step may take of finding out what a server speaks.
const LOOK_TIMEOUT: Duration = Duration::from_secs(2);
const HTTP_PORT: u16 = 80;
/// What a client of HTTP/2 begins with (RFC 9113, section 3.4), with empty settings.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
/// A frame's length, type, flags and stream (RFC 9113, section 4.1).
const FRAME_HEAD_BYTES: usize = 9;
/// The type of a frame of settings.
const SETTINGS: u8 = 4;

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
        let failed = |error| match error {
            ConnectError::Unreachable { .. } => Failure::Connect { server: self.clone(), error },
            // What the flags name can't be used: that is not the server's doing.
            error => Failure::Usage(chain(&error)),
        };
        let connector = Connector::new(&self.0).map_err(failed)?;
        credentials.shown_to(self, connector)?.connect().await.map_err(failed)
    }

    /// Whether whoever listens there speaks HTTP/2 in clear; none: nobody does, or nothing can be said.
    pub(crate) fn speaks_http2(&self) -> Option<bool> {
        let endpoint = Endpoint::from_shared(self.0.clone()).ok()?;
        let host = endpoint.uri().host()?.trim_matches(['[', ']']).to_owned();
        let address = (host.as_str(), endpoint.uri().port_u16().unwrap_or(HTTP_PORT));
        let mut connection = address
            .to_socket_addrs()
            .ok()?
            .find_map(|it| TcpStream::connect_timeout(&it, LOOK_TIMEOUT).ok())?;
        connection.set_read_timeout(Some(LOOK_TIMEOUT)).ok()?;
        connection.write_all(PREFACE).ok()?;
        let mut frame = [0; FRAME_HEAD_BYTES];
        // A server begins with its settings. One that hangs up, or says anything else, speaks something else.
        Some(connection.read_exact(&mut frame).is_ok() && frame[3] == SETTINGS)
    }

    /// Whether the connection is encrypted.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.0.starts_with("https://")
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
