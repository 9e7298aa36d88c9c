//! HTTP/2 connections, and how gRPC calls look on them.

use std::net::SocketAddr;

use bytes::Bytes;
use h2::client::SendRequest;
use http::header::{CONTENT_TYPE, HeaderMap, TE};
use http::{Method, Request};
use tokio::net::TcpStream;

use crate::Outcome;

/// As wide as the server's.
const CONNECTION_WINDOW_BYTES: u32 = 8 << 20;
const STREAM_WINDOW_BYTES: u32 = 1 << 20;

pub(super) async fn connect(address: SocketAddr) -> Outcome<SendRequest<Bytes>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = h2::client::Builder::new()
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .initial_window_size(STREAM_WINDOW_BYTES)
        .handshake(stream)
        .await?;
    // How it ends is seen by the calls on it.
    tokio::spawn(connection);
    Ok(sender)
}

pub(super) fn request(address: SocketAddr, path: &str) -> Outcome<Request<()>> {
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("http://{address}{path}"))
        .header(CONTENT_TYPE, "application/grpc")
        .header(TE, "trailers");
    Ok(request.body(())?)
}

/// Whether a call ended well: its status stands behind the body, or among the headers where there is none.
pub(super) fn check_status(trailers: &HeaderMap) -> Outcome<()> {
    let text = |name| trailers.get(name).and_then(|it| it.to_str().ok()).unwrap_or_default();
    match text("grpc-status") {
        "0" => Ok(()),
        code => Err(format!("a call failed: grpc-status {code:?}, {}", text("grpc-message")).into()),
    }
}
