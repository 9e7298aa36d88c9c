//! Connections that nobody with a credential uses, and credentials that do not hold.

use std::future::poll_fn;

use assent_testing::{Credentials, Server, TokenIssuer, claims, reason, requests};
use bytes::Bytes;
use h2::client::{Connection, SendRequest};
use http::Request;
use prost::Message as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tonic::Status;
use tonic_types::StatusExt as _;

use crate::support::within;

type Speaking = (SendRequest<Bytes>, Connection<TcpStream, Bytes>);

/// A connection from this address, which speaks HTTP/2 so far as somebody drives it.
async fn speaking(server: &Server, from: &str) -> Speaking {
    let socket = TcpSocket::new_v4().expect("a socket can be made");
    socket.bind(format!("{from}:0").parse().expect("it is an address")).expect("loopback has many addresses");
    let stream = within(socket.connect(server.address())).await.expect("it listens");
    within(h2::client::handshake(stream)).await.expect("it speaks HTTP/2")
}

/// The same, which drives itself.
async fn driven(server: &Server, from: &str) -> SendRequest<Bytes> {
    let (client, connection) = speaking(server, from).await;
    tokio::spawn(async move {
        // The server may end it: that is what some of the tests are about.
        let _ = connection.await;
    });
    client
}

fn call(server: &Server, method: &str, token: Option<&str>) -> Request<()> {
    let request = Request::post(format!("{}/{method}", server.url()));
    let request = request.header("content-type", "application/grpc").header("te", "trailers");
    let request =
        token.iter().fold(request, |it, token| it.header("authorization", format!("Bearer {token}")));
    request.body(()).expect("it is a request")
}

/// Asks about an order; why it was refused.
async fn ask(client: &mut SendRequest<Bytes>, server: &Server, token: &str) -> Result<(), Status> {
    within(poll_fn(|cx| client.poll_ready(cx))).await.expect("the connection is there");
    let request = call(server, "assent.v1.AuthorizationService/AuthorizeOrder", Some(token));
    let (answer, mut body) = client.send_request(request, false).expect("it is sent");
    let order = requests::order("contoso", "fabrikam").encode_to_vec();
    let length = u32::try_from(order.len()).expect("it is short").to_be_bytes();
    body.send_data([&[0], &length[..], &order].concat().into(), true).expect("it is sent");
    let answer = within(answer).await.expect("it is answered");
    Status::from_header_map(answer.headers()).map_or(Ok(()), Err)
}

fn orders() -> serde_json::Value {
    claims("orders", "assent.authorize", &["contoso"])
}

/// What a client of HTTP/2 begins with (RFC 9113, section 3.4), with empty settings.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

#[tokio::test]
async fn a_connection_on_which_nobody_is_let_in_ends_and_one_that_was_used_stays() {
    let mut credentials = Credentials::without_tls();
    credentials.settings = "first_call_within = 1".to_owned();
    let server = Server::spawn(credentials.server()).await;
    let token = credentials.issuer.token(&orders());
    let mut used = driven(&server, "127.0.0.1").await;
    ask(&mut used, &server, &token).await.expect("it is let in");

    // It answers whatever the server asks of it, and is told to go in good manners.
    let (idle, connection) = speaking(&server, "127.0.0.1").await;
    within(connection).await.expect("it is told to go away");
    drop(idle);
    // It answers nothing.
    let mut silent = within(TcpStream::connect(server.address())).await.expect("it listens");
    silent.write_all(PREFACE).await.expect("it is there");
    let mut said = Vec::new();
    // How it ends is its own affair.
    let _ = within(silent.read_to_end(&mut said)).await;
    assert!(frames(&said).contains(&GO_AWAY), "{said:?}");
    // It asks for what needs no credential, and goes on asking.
    let (mut watching, connection) = speaking(&server, "127.0.0.1").await;
    let watch = call(&server, "grpc.health.v1.Health/Watch", None);
    let watch = watching.send_request(watch, false).expect("it is sent");
    let _ = within(connection).await;
    drop(watch);

    ask(&mut used, &server, &token).await.expect("it is there as ever");
}

/// A ping (RFC 9113, section 6.7), which has to be answered.
const PING: [u8; 17] = [0, 0, 8, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// A connection that has a place: which is one that is not hung up on.
async fn placed(server: &Server) -> TcpStream {
    loop {
        let socket = TcpSocket::new_v4().expect("a socket can be made");
        socket.set_recv_buffer_size(4_096).expect("it can be small");
        let mut stream = socket.connect(server.address()).await.expect("it listens");
        // The server's settings begin.
        if stream.write_all(PREFACE).await.is_ok() && stream.read_u8().await.is_ok() {
            return stream;
        }
    }
}

#[tokio::test]
async fn a_connection_that_takes_no_answers_to_its_pings_ends_and_leaves_its_place() {
    let mut credentials = Credentials::without_tls();
    credentials.settings = "first_call_within = 1\nconnections = 1".to_owned();
    let server = Server::spawn(credentials.server()).await;
    let mut flood = within(placed(&server)).await;
    let pings = PING.repeat(4_096);
    // Until neither side takes anything more, and then until the server ends it.
    within(async { while flood.write_all(&pings).await.is_ok() {} }).await;
    within(placed(&server)).await;
}

const GO_AWAY: u8 = 7;

/// The types of the frames in some bytes (RFC 9113, section 4.1).
fn frames(mut bytes: &[u8]) -> Vec<u8> {
    let mut types = Vec::new();
    while let Some((&[one, two, three, kind, ..], rest)) = bytes.split_first_chunk::<9>() {
        types.push(kind);
        let length = u32::from_be_bytes([0, one, two, three]) as usize;
        bytes = rest.get(length..).unwrap_or_default();
    }
    types
}

#[tokio::test]
async fn refused_credentials_are_counted_where_they_come_from_and_hold_up_no_good_one() {
    let mut credentials = Credentials::without_tls();
    // Each remembers tokens for itself.
    credentials.settings = "workers = 2".to_owned();
    let server = Server::spawn(credentials.server()).await;
    let (token, stranger) = (credentials.issuer.token(&orders()), TokenIssuer::new("first"));
    let mut known = driven(&server, "127.0.0.2").await;
    ask(&mut known, &server, &token).await.expect("it is let in");

    let bad = stranger.token(&orders());
    let mut flood = driven(&server, "127.0.0.2").await;
    let refusal = within(async {
        loop {
            let refusal = ask(&mut flood, &server, &bad).await.expect_err("it does not hold");
            if reason(&refusal) != "CREDENTIAL_INVALID" {
                return refusal;
            }
        }
    })
    .await;
    assert_eq!(reason(&refusal), "RATE_LIMITED");
    let details = refusal.get_error_details();
    assert!(
        details.retry_info().and_then(|it| it.retry_delay).is_some_and(|it| !it.is_zero()),
        "{refusal:?}"
    );
    let limit = details.error_info().and_then(|it| it.metadata.get("limit")).cloned();
    assert_eq!(limit.as_deref(), Some("refused_credentials"));
    assert!(server.stderr().contains("too many credentials of an address were refused"));

    // On a connection that is known a new token is looked at, and on a new connection any, whichever worker has it.
    let renewed = credentials.issuer.token(&claims("orders", "assent.authorize", &["contoso", "other"]));
    ask(&mut known, &server, &renewed).await.expect("it is let in");
    for number in 0..8 {
        let user = claims(&format!("user-{number}"), "assent.authorize", &["contoso"]);
        for token in [&token, &credentials.issuer.token(&user)] {
            // The address has too many all the while.
            within(async {
                while ask(&mut flood, &server, &bad).await.map_err(|it| reason(&it))
                    != Err("RATE_LIMITED".into())
                {}
            })
            .await;
            let mut new = driven(&server, "127.0.0.2").await;
            ask(&mut new, &server, token).await.expect("it is let in");
        }
    }
    // So is any at another address, and where too many did not hold after the time that was told.
    let another = credentials.issuer.token(&claims("another", "assent.authorize", &["contoso"]));
    ask(&mut driven(&server, "127.0.0.3").await, &server, &another).await.expect("it is let in");
    let third = credentials.issuer.token(&claims("third", "assent.authorize", &["contoso"]));
    within(async { while ask(&mut flood, &server, &third).await.is_err() {} }).await;
}
