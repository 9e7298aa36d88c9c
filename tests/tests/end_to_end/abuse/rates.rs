//! So many calls a second, and so many streams at a time.

use std::time::Instant;

use assent_proto::v1::{ReadEventsRequest, WatchAcceptanceStatusRequest, WatchAcceptanceStatusResponse};
use assent_testing::{Credentials, Server, ServerOptions, claims, reason, requests};
use tonic::{Code, Status, Streaming};
use tonic_types::StatusExt as _;

use crate::abuse::{EMPTY, EXHAUSTED, begin, call_of, connect, server};
use crate::support::{read, within};

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

#[tokio::test]
async fn calls_that_a_scope_is_missing_for_are_counted_as_any_other() {
    let credentials = Credentials::without_tls();
    let mut options: ServerOptions = credentials.server();
    options.arguments.extend(["--rate-per-second", "1", "--burst", "5"].map(str::to_owned));
    let server = Server::spawn(options).await;
    let token = credentials.issuer.token(&claims("anna", "assent.audit", &["contoso"]));
    let mut authorization = server.acting_as(&token).authorization();
    let refused = async {
        loop {
            let order = requests::order("contoso", "fabrikam");
            let refusal = authorization.authorize_order(order).await.expect_err("the scope is missing");
            if reason(&refusal) != "ROLE_NOT_PERMITTED" {
                return refusal;
            }
        }
    };
    assert_told_when_to_return(&within(refused).await);
}

#[tokio::test]
async fn calls_that_no_method_answers_are_counted_as_any_other() {
    let server = server(&["--rate-per-second", "1", "--burst", "20"]).await;
    let mut client = connect(&server).await;
    for method in
        ["assent.v1.AuthorizationService/Unknown", "assent.v9.Unknown/Unknown", "other.Unknown/Unknown"]
    {
        let refused = async {
            loop {
                let (status, _) = begin(&mut client, call_of(&server, method), EMPTY, true).await;
                match status.as_deref() {
                    Some(EXHAUSTED) => return,
                    status => assert_eq!(status, Some("12"), "{method}"),
                }
            }
        };
        within(refused).await;
    }
}

#[tokio::test]
async fn streams_of_reflection_are_counted_as_any_other() {
    let server = server(&["--streams-per-caller", "2"]).await;
    let mut client = connect(&server).await;
    let mut open = Vec::new();
    for expected in [None, None, Some(EXHAUSTED)] {
        let request = call_of(&server, "grpc.reflection.v1.ServerReflection/ServerReflectionInfo");
        let (status, call) = begin(&mut client, request, bytes::Bytes::new(), false).await;
        assert_eq!(status.as_deref(), expected);
        open.push(call);
    }
    assert_told_when_to_return(&watch(&server).await.expect_err("reflection has all the places"));
}

#[tokio::test]
async fn replays_are_given_so_many_events_a_second_and_orders_are_not_kept_waiting() {
    const RATE: f64 = 100.0;
    /// A message's worth of events is there at once.
    const AT_ONCE: f64 = 64.0;
    const CUSTOMERS: usize = 150;
    let server = server(&["--replay-rate", &RATE.to_string()]).await;
    for customer in 0..CUSTOMERS {
        within(server.register_customer(&format!("customer-{customer}"))).await;
    }
    let began = Instant::now();
    let replay = || read(&server, ReadEventsRequest::default());
    let ((one, other), decided) = tokio::join!(async { tokio::join!(replay(), replay()) }, async {
        within(server.decide(requests::order("contoso", "fabrikam"))).await;
        began.elapsed()
    });
    let took = began.elapsed();
    assert!(one.len() >= CUSTOMERS && one.len() == other.len(), "nothing is left out");
    let given = (one.len() + other.len()) as f64;
    assert!(given <= AT_ONCE + RATE * took.as_secs_f64(), "{given} events within {took:?}");
    assert!(decided < took, "the order is decided while the log is replayed");
}
