//! Health, which asks for no credential: so nobody may be kept much for it.

use bytes::Bytes;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::abuse::{EMPTY, EXHAUSTED, assert_well, begin, call_of, connect, memory_kib, server};
use crate::support::within;

/// How many streams of one connection are used.
const STREAMS: usize = 200;
/// How many may watch.
const WATCHES_MAX: usize = 1_024;

#[tokio::test]
async fn a_question_that_is_longer_than_any_name_is_refused_and_not_kept() {
    let server = server(&[]).await;
    let before = memory_kib(&server);
    // The longest message that any method takes, but for its last byte.
    let mut begun = vec![0; 5 + (2 << 20) - 1];
    begun[..5].copy_from_slice(&[0, 0, 0x20, 0, 0]);
    let begun = Bytes::from(begun);
    let mut kept = Vec::new();
    for method in ["Check", "Watch"] {
        let mut client = connect(&server).await;
        for _ in 0..STREAMS {
            let request = call_of(&server, &format!("grpc.health.v1.Health/{method}"));
            let (status, call) = begin(&mut client, request, begun.clone(), false).await;
            assert_eq!(status.as_deref(), Some(EXHAUSTED), "{method}");
            kept.push(call);
        }
    }
    assert_well(&server, before).await;
}

#[tokio::test]
async fn only_so_many_watch_and_whoever_asks_once_is_answered() {
    let server = server(&[]).await;
    let watch = || call_of(&server, "grpc.health.v1.Health/Watch");
    let (mut one, mut other) = (connect(&server).await, connect(&server).await);
    let mut watches = Vec::new();
    for number in 0..WATCHES_MAX {
        let client = if number % 2 == 0 { &mut one } else { &mut other };
        let (status, mut call) = begin(client, watch(), EMPTY, true).await;
        assert_eq!(status, None, "{number}");
        // It begins with how the server is. Unread, these are what our own side ends the connection for.
        within(call.0.data()).await.expect("it goes on").expect("it goes on");
        watches.push(call);
    }
    let (status, _) = begin(&mut other, watch(), EMPTY, true).await;
    assert_eq!(status.as_deref(), Some(EXHAUSTED));
    let check = HealthCheckRequest { service: String::new() };
    within(HealthClient::new(server.channel()).check(check)).await.expect("it is answered");
    // One that ends makes room for another.
    watches.pop();
    within(async { while begin(&mut one, watch(), EMPTY, true).await.0.is_some() {} }).await;
}
