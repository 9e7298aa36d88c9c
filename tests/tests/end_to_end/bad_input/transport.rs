//! What is no request at all.

use assent_proto::v1::{AuthorizeOrderRequest, StreamAuthorizeOrdersRequest};
use assent_testing::{Server, reason, requests};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tonic::Code;

use crate::support::{head, import, server, within};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

#[tokio::test]
async fn a_message_above_the_limit_is_refused_by_what_it_is() {
    let server = server().await;
    within(server.registered("contoso", "fabrikam")).await;
    let before = head(&server).await;
    let order = AuthorizeOrderRequest {
        order_ref: Some("x".repeat(3 << 20)),
        ..requests::order("contoso", "fabrikam")
    };
    let refusal = within(server.authorization().authorize_order(order.clone())).await.unwrap_err();
    assert_eq!((refusal.code(), reason(&refusal).as_str()), (Code::ResourceExhausted, "MESSAGE_TOO_LARGE"));

    let asked = [requests::order("contoso", "fabrikam"), order]
        .map(|it| StreamAuthorizeOrdersRequest { order: Some(it) });
    let mut authorization = server.authorization();
    let mut answers =
        within(authorization.stream_authorize_orders(tokio_stream::iter(asked))).await.unwrap().into_inner();
    assert!(within(answers.message()).await.unwrap().is_some());
    let refusal = within(answers.message()).await.unwrap_err();
    assert_eq!((refusal.code(), reason(&refusal).as_str()), (Code::ResourceExhausted, "MESSAGE_TOO_LARGE"));
    assert_eq!(head(&server).await, before);
}

#[tokio::test]
async fn a_row_of_an_import_that_is_large_but_decodes_is_an_outcome() {
    let server = server().await;
    within(server.registered("contoso", "fabrikam")).await;
    let mut large = requests::confirm("contoso", "fabrikam");
    large.employee = Some("x".repeat(1 << 20));
    let rows = vec![requests::row(1, large), requests::row(2, requests::confirm("contoso", "fabrikam"))];
    let statuses: Vec<_> = import(&server, rows).await.iter().map(|it| it.status().as_str_name()).collect();
    assert_eq!(statuses, ["IMPORT_STATUS_REJECTED", "IMPORT_STATUS_STORED"]);
}

/// Sends bytes and waits until the server has had enough of them.
async fn send(server: &Server, bytes: &[u8], close: bool) {
    let mut stream = within(TcpStream::connect(server.address())).await.expect("it listens");
    // The server may close while this is still being written: that, too, is an answer.
    let _ = within(stream.write_all(bytes)).await;
    if close {
        let _ = within(stream.shutdown()).await;
        let mut answer = Vec::new();
        let _ = within(stream.read_to_end(&mut answer)).await;
    }
}

#[tokio::test]
async fn garbage_on_the_port_disturbs_nobody() {
    let server = server().await;
    within(server.accepted("contoso", "fabrikam")).await;
    let before = head(&server).await;
    let noise: Vec<u8> = (0..65_536_u32).map(|it| (it.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let frame_too_long = [PREFACE, b"\xff\xff\xff\x00\x00\x00\x00\x00\x01"].concat();
    let headers_of_noise =
        [PREFACE, b"\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x01\x00\x01\x05\x00\x00\x00\x01", &noise[..256]]
            .concat();
    let garbage: [&[u8]; 8] = [
        b"",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        &noise,
        &PREFACE[..9],
        PREFACE,
        &frame_too_long,
        &headers_of_noise,
    ];
    for bytes in garbage {
        for close in [true, false] {
            send(&server, bytes, close).await;
            let answer = within(server.decide(requests::order("contoso", "fabrikam"))).await;
            assert_eq!(answer.position, before);
        }
    }
}

#[tokio::test]
async fn connections_that_say_nothing_neither_disturb_calls_nor_the_end() {
    let mut server = server().await;
    within(server.accepted("contoso", "fabrikam")).await;
    let mut silent = Vec::new();
    for bytes in [&b""[..], &PREFACE[..9], PREFACE, b"GET / HT"].repeat(10) {
        let mut stream = within(TcpStream::connect(server.address())).await.expect("it listens");
        within(stream.write_all(bytes)).await.expect("it takes the bytes");
        silent.push(stream);
    }
    within(server.decide(requests::order("contoso", "fabrikam"))).await;
    server.terminate().await;
    drop(silent);
}
