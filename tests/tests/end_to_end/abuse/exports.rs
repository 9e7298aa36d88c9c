//! Exports that are begun and not read.

use std::future::poll_fn;
use std::time::Duration;

use assent_proto::v1::ExportInquiryRequest;
use assent_proto::v1::export_inquiry_request::Scope;
use assent_proto::v1::export_inquiry_response::Part;
use assent_testing::{Caller, Credentials, Server, ServerOptions, claims, reason};
use h2::client::SendRequest;
use prost::Message as _;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tonic::Status;

use crate::abuse::{Begun, call};
use crate::support::{metadata, within};

/// How long the server's patience with a reader may take to end: of this it is half a minute, and the rest is for a slow machine.
const PATIENCE_ENDS: Duration = Duration::from_secs(180);

fn everything() -> ExportInquiryRequest {
    ExportInquiryRequest {
        scope: Some(Scope::Everything(true)),
        purpose: "Inquiry 17".to_owned(),
        ..Default::default()
    }
}

/// Reads an export to its end.
async fn export(caller: &Caller) -> Result<(), Status> {
    within(async {
        let mut answers = caller.audit().export_inquiry(everything()).await?.into_inner();
        let mut last = None;
        while let Some(answer) = answers.message().await? {
            last = answer.part;
        }
        assert!(matches!(last, Some(Part::Finished(_))), "it is whole");
        Ok(())
    })
    .await
}

/// Why one more export is not begun.
async fn refused(caller: &Caller) -> String {
    let status = export(caller).await.expect_err("there is no place");
    assert_eq!(reason(&status), "RATE_LIMITED", "{status:?}");
    metadata(&status, "limit").unwrap_or_default()
}

/// Begins one on a connection of its own, that takes next to nothing, and reads nothing of it.
async fn unread(server: &Server, token: &str) -> (Begun, SendRequest<bytes::Bytes>) {
    let stream = within(TcpStream::connect(server.address())).await.expect("it listens");
    let narrow = h2::client::Builder::new().initial_window_size(16).handshake(stream);
    let (mut client, connection) = within(narrow).await.expect("it speaks HTTP/2");
    tokio::spawn(async move {
        // It ends with the test.
        let _ = connection.await;
    });
    within(poll_fn(|cx| client.poll_ready(cx))).await.expect("the connection is there");
    let mut request = call(server, "AuditService/ExportInquiry");
    let bearer = format!("Bearer {token}").parse().expect("it is ASCII");
    request.headers_mut().insert("authorization", bearer);
    let (answer, mut body) = client.send_request(request, false).expect("it is sent");
    let message = everything().encode_to_vec();
    let length = u32::try_from(message.len()).expect("it is short").to_be_bytes();
    body.send_data([&[0], &length[..], &message].concat().into(), true).expect("it is sent");
    let answer = within(answer).await.expect("it is answered");
    assert!(!answer.headers().contains_key("grpc-status"), "{answer:?}");
    ((answer.into_body(), body), client)
}

#[tokio::test]
async fn who_does_not_read_an_export_has_one_place_and_only_for_a_time() {
    let credentials = Credentials::without_tls();
    // A developer's signs by itself.
    let server = Server::spawn(ServerOptions { dev: true, ..credentials.server() }).await;
    within(server.accepted("contoso", "fabrikam")).await;
    let token = |user: &str| credentials.issuer.token(&claims(user, "assent.audit", &["*"]));
    let caller = |user: &str| server.acting_as(&token(user));
    let one = unread(&server, &token("one")).await;
    assert_eq!(refused(&caller("one")).await, "own_export");
    export(&caller("other")).await.expect("there is a place for others");
    let ((mut answer, _body), _client) = unread(&server, &token("other")).await;
    assert_eq!(refused(&caller("third")).await, "exports");
    // Whoever goes away leaves the place.
    drop(one);
    within(async { while export(&caller("third")).await.is_err() {} }).await;

    // And so does whoever takes nothing for long: it is told when it reads on.
    timeout(PATIENCE_ENDS, async {
        while let Err(status) = export(&caller("other")).await {
            assert_eq!(metadata(&status, "limit").as_deref(), Some("own_export"), "{status:?}");
        }
    })
    .await
    .expect("its place is free in the end");
    let trailers = within(async {
        while let Some(data) = answer.data().await {
            let bytes = data.expect("it is there").len();
            answer.flow_control().release_capacity(bytes).expect("it was taken");
        }
        answer.trailers().await
    });
    let trailers = trailers.await.expect("it ends well").expect("it has a status");
    let status = Status::from_header_map(&trailers).expect("it has a status");
    assert_eq!(metadata(&status, "limit").as_deref(), Some("export_not_taken"), "{status:?}");
}
