//! So many calls a second, and so many streams at a time.

use assent_proto::v1::{WatchAcceptanceStatusRequest, WatchAcceptanceStatusResponse};
use assent_testing::{Server, reason, requests};
use tonic::{Code, Status, Streaming};
use tonic_types::StatusExt as _;

use crate::abuse::server;
use crate::support::within;

fn assert_told_when_to_return(refusal: &Status) {
    assert_eq!((refusal.code(), reason(refusal).as_str()), (Code::ResourceExhausted, "RATE_LIMITED"));
    let retry = refusal.get_error_details().retry_info().and_then(|it| it.retry_delay);
    assert!(retry.is_some_and(|it| !it.is_zero()), "{retry:?}");
}

#[tokio::test]
async fn a_caller_over_its_rate_is_told_when_to_come_back_and_then_served() {
    // The server's own beginning takes four calls of the burst.
    let server = server(&["--rate-per-second", "2", "--burst", "20"]).await;
    let order = || requests::order("contoso", "fabrikam");
    let mut authorization = server.authorization();
    let mut refused = None;
    for _ in 0..10_000 {
        if let Err(refusal) = within(authorization.authorize_order(order())).await {
            refused = Some(refusal);
            break;
        }
    }
    assert_told_when_to_return(&refused.expect("nobody may call as often as that"));
    within(async { while authorization.authorize_order(order()).await.is_err() {} }).await;
}

async fn watch(server: &Server) -> Result<Streaming<WatchAcceptanceStatusResponse>, Status> {
    let request = WatchAcceptanceStatusRequest { partner_id: "contoso".to_owned(), ..Default::default() };
    let answer = within(server.acceptance().watch_acceptance_status(request)).await?;
    let mut watch = answer.into_inner();
    within(watch.message()).await?.expect("a watch begins with where it stands");
    Ok(watch)
}

#[tokio::test]
async fn a_caller_has_so_many_streams_and_one_that_ends_makes_room() {
    let server = server(&["--streams-per-caller", "3"]).await;
    let mut watches = Vec::new();
    for _ in 0..3 {
        watches.push(watch(&server).await.expect("there is room"));
    }
    assert_told_when_to_return(&watch(&server).await.expect_err("there is no room"));
    // Single calls go on.
    within(server.decide(requests::order("contoso", "fabrikam"))).await;
    watches.pop();
    within(async { while watch(&server).await.is_err() {} }).await;
}
