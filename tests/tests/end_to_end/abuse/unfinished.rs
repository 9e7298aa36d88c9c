//! Long messages that lack their last byte.

use std::future::poll_fn;

use assent_proto::v1::{BatchAuthorizeOrdersRequest, BatchAuthorizeOrdersResponse};
use assent_testing::{Caller, Credentials, Server, claims, reason, requests};
use bytes::Bytes;
use futures::stream::{FuturesUnordered, StreamExt as _};
use h2::client::ResponseFuture;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::abuse::{GROWTH_KIB_MAX, call, connect, memory_kib};
use crate::support::{metadata, within};

/// How many messages each method is sent.
const MESSAGES: usize = 250;
/// The longest message that is taken, with what stands before it, and without its last byte.
const BYTES: usize = 5 + (2 << 20) - 1;
/// How many of them there is room for, at most.
const KEPT: usize = 15;

/// How a call ended; none: well.
pub(super) async fn ended(answer: ResponseFuture) -> Option<Status> {
    let answer = answer.await.expect("it is answered");
    if let Some(status) = Status::from_header_map(answer.headers()) {
        return Some(status);
    }
    let mut body = answer.into_body();
    while let Some(data) = body.data().await {
        let data = data.expect("it is answered to its end");
        body.flow_control().release_capacity(data.len()).expect("so much was taken");
    }
    Status::from_header_map(&body.trailers().await.expect("it ends with them").expect("it has a status"))
}

/// Orders that take several frames.
async fn ask_much(caller: &Caller) -> Result<BatchAuthorizeOrdersResponse, Status> {
    let orders = vec![requests::order("contoso", "fabrikam"); 1_000];
    let request = BatchAuthorizeOrdersRequest { orders };
    within(caller.authorization().batch_authorize_orders(request)).await.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn a_caller_who_holds_back_last_bytes_has_its_share_and_slows_nobody() {
    let credentials = Credentials::without_tls();
    let server = Server::spawn(credentials.server()).await;
    let scopes = "assent.authorize assent.acceptances.write assent.acceptances.import";
    let token = |user: &str| credentials.issuer.token(&claims(user, scopes, &["contoso"]));
    let (holding, neighbour) = (server.acting_as(&token("holding")), server.acting_as(&token("neighbour")));
    ask_much(&holding).await.expect("there is room");
    let before = memory_kib(&server);
    let mut begun = vec![0; BYTES];
    begun[..5].copy_from_slice(&[0, 0, 0x20, 0, 0]);
    let begun = Bytes::from(begun);
    let (mut clients, mut bodies, mut answers) = (Vec::new(), Vec::new(), FuturesUnordered::new());
    for method in [
        "AcceptanceService/ImportAcceptances",
        "AuthorizationService/StreamAuthorizeOrders",
        "AuthorizationService/BatchAuthorizeOrders",
        "AcceptanceService/ConfirmAcceptance",
    ] {
        let mut client = connect(&server).await;
        for _ in 0..MESSAGES {
            within(poll_fn(|cx| client.poll_ready(cx))).await.expect("the connection is there");
            let mut request = call(&server, method);
            let bearer = format!("Bearer {}", token("holding")).parse().expect("it is ASCII");
            request.headers_mut().insert("authorization", bearer);
            let (answer, mut body) = client.send_request(request, false).expect("it is sent");
            body.send_data(begun.clone(), false).expect("it is sent");
            answers.push(ended(answer));
            bodies.push(body);
        }
        clients.push(client);
    }
    // All but those that there is room for are told so, and kept no more.
    for _ in 0..4 * MESSAGES - KEPT {
        let refusal = within(answers.next()).await.flatten().expect("there is no room");
        if refusal.code() == Code::DeadlineExceeded {
            // One of the single calls that there was room for: those are not kept for ever anyway.
            continue;
        }
        assert_eq!(reason(&refusal), "RATE_LIMITED", "{refusal:?}");
        assert_eq!(metadata(&refusal, "limit").as_deref(), Some("unfinished_messages"), "{refusal:?}");
        assert!(refusal.get_error_details().retry_info().is_some(), "{refusal:?}");
        let grown = memory_kib(&server).saturating_sub(before);
        assert!(grown < GROWTH_KIB_MAX, "the server has grown by {grown} KiB");
    }
    ask_much(&neighbour).await.expect("it is another's share");
    within(holding.authorization().authorize_order(requests::order("contoso", "fabrikam")))
        .await
        .expect("a small message is whole at once");

    // Whoever ends its calls has its share again.
    drop((answers, bodies, clients));
    within(async { while ask_much(&holding).await.is_err() {} }).await;
}
