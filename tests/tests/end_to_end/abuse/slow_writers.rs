//! Clients that begin messages and never end them.

use std::future::poll_fn;

use bytes::Bytes;

use crate::abuse::{assert_well, call, connect, memory_kib, server};
use crate::support::within;

/// How many streams one connection opens.
const STREAMS: usize = 200;
/// What stands before a message that is as long as one may be.
const LONGEST: [u8; 5] = [0, 0, 0x20, 0, 0];

#[tokio::test]
async fn messages_that_never_end_keep_no_memory_and_nobody_waiting() {
    let mut server = server(&[]).await;
    let before = memory_kib(&server);
    let mut kept = Vec::new();
    for method in [
        "AuthorizationService/StreamAuthorizeOrders",
        "AcceptanceService/ImportAcceptances",
        "AcceptanceService/ConfirmAcceptance",
    ] {
        let mut client = connect(&server).await;
        for _ in 0..STREAMS {
            within(poll_fn(|cx| client.poll_ready(cx))).await.expect("the connection is there");
            let (answer, mut body) = client.send_request(call(&server, method), false).expect("it is sent");
            body.send_data(Bytes::copy_from_slice(&LONGEST), false).expect("it is sent");
            body.send_data(Bytes::from_static(b"a byte a minute"), false).expect("it is sent");
            kept.push((answer, body));
        }
        assert_well(&server, before).await;
    }
    // Nor do they hold up its end.
    server.terminate().await;
    drop(kept);
}
