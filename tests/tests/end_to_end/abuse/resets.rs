//! Calls that are taken back as soon as they are made (HTTP/2 rapid reset).

use std::future::poll_fn;

use bytes::Bytes;
use h2::Reason;

use crate::abuse::{assert_well, call, connect, memory_kib, server};
use crate::support::within;

/// How many calls one connection makes and takes back.
const CALLS: usize = 20_000;
const CONNECTIONS: usize = 4;

#[tokio::test]
async fn calls_taken_back_at_once_cost_the_connection_that_makes_them_and_nobody_else() {
    let server = server(&[]).await;
    let before = memory_kib(&server);
    for method in ["AuthorizationService/AuthorizeOrder", "AcceptanceService/ImportAcceptances"] {
        for _ in 0..CONNECTIONS {
            let mut client = connect(&server).await;
            for _ in 0..CALLS {
                // The server ends a connection that does nothing else.
                if within(poll_fn(|cx| client.poll_ready(cx))).await.is_err() {
                    break;
                }
                let Ok((_answer, mut body)) = client.send_request(call(&server, method), false) else {
                    break;
                };
                let _ = body.send_data(Bytes::from_static(b"\0"), false);
                body.send_reset(Reason::CANCEL);
            }
            assert_well(&server, before).await;
        }
    }
}
