//! Callers who take more than their share: each is held to its own, nobody else waits for it, and the server's memory
//! stays bounded.

mod exports;
mod headers;
mod health;
mod many_frames;
mod rates;
mod resets;
mod slow_readers;
mod slow_writers;
mod swollen;
mod unfinished;

use std::future::poll_fn;

use assent_testing::{Server, ServerOptions, requests};
use bytes::Bytes;
use h2::client::SendRequest;
use h2::{RecvStream, SendStream};
use http::Request;
use tokio::net::TcpStream;

use crate::support::within;

/// An empty message.
const EMPTY: Bytes = Bytes::from_static(&[0; 5]);
/// The status RESOURCE_EXHAUSTED.
const EXHAUSTED: &str = "8";

/// How much a server may grow under any of this, in KiB. Each of them would take far more if it were not bounded.
const GROWTH_KIB_MAX: u64 = 128 << 10;

/// A server with these flags, and a customer whose orders are allowed.
async fn server(flags: &[&str]) -> Server {
    let arguments = flags.iter().map(|it| (*it).to_owned()).collect();
    let server = Server::spawn(ServerOptions { arguments, ..ServerOptions::default() }).await;
    within(server.accepted("contoso", "fabrikam")).await;
    server
}

/// The server's resident memory, in KiB.
fn memory_kib(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.process_id()));
    let status = status.expect("the server runs");
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:")).expect("Linux tells it");
    line.trim().trim_end_matches("kB").trim().parse().expect("it is a number")
}

/// Fails where the server has grown by more than it may, or does not answer somebody else.
async fn assert_well(server: &Server, memory_before: u64) {
    within(server.decide(requests::order("contoso", "fabrikam"))).await;
    let grown = memory_kib(server).saturating_sub(memory_before);
    assert!(grown < GROWTH_KIB_MAX, "the server has grown by {grown} KiB");
}

/// A connection of our own, whose frames are ours to choose.
pub(crate) async fn connect(server: &Server) -> SendRequest<Bytes> {
    let stream = within(TcpStream::connect(server.address())).await.expect("it listens");
    let (client, connection) = within(h2::client::handshake(stream)).await.expect("it speaks HTTP/2");
    tokio::spawn(async move {
        // The server may end it: that is what some of the tests are about.
        let _ = connection.await;
    });
    client
}

/// The head of a call.
pub(crate) fn call(server: &Server, method: &str) -> Request<()> {
    call_of(server, &format!("assent.v1.{method}"))
}

/// The same of any package.
fn call_of(server: &Server, method: &str) -> Request<()> {
    let request = Request::post(format!("{}/{method}", server.url()));
    let request = request.header("content-type", "application/grpc").header("te", "trailers");
    request.body(()).expect("it is a request")
}

/// Begins a call whose first bytes are these, and waits for the head of its answer: why it was refused there and then
/// (`grpc-status`); none: it was let in.
async fn begin(
    client: &mut SendRequest<Bytes>,
    request: Request<()>,
    bytes: Bytes,
    is_all: bool,
) -> (Option<String>, Begun) {
    within(poll_fn(|cx| client.poll_ready(cx))).await.expect("the connection is there");
    let (answer, mut body) = client.send_request(request, false).expect("it is sent");
    body.send_data(bytes, is_all).expect("it is sent");
    let answer = within(answer).await.expect("it is answered");
    let status = answer.headers().get("grpc-status");
    let status = status.map(|it| it.to_str().expect("it is a number").to_owned());
    (status, (answer.into_body(), body))
}

/// Both ways of a call, which is under way until they are dropped.
type Begun = (RecvStream, SendStream<Bytes>);
