//! How a server stops: it says so first, and loses nothing.

use std::time::Duration;

use assent_proto::event::event::Payload;
use assent_proto::v1::{ConfirmAcceptanceRequest, Evidence, ReadEventsRequest};
use assent_testing::{Server, requests};
use tokio::time::interval;
use tonic::{Code, Status};

use super::{get, observed, port};
use crate::support::{decoded, read, within};

/// How many callers write at once.
const CALLERS: usize = 16;

/// What a caller saw until the server was gone.
#[derive(Default)]
struct Seen {
    /// The positions that were acknowledged.
    acknowledged: Vec<u64>,
    /// Failures after the first of which it stopped.
    failed: Option<Status>,
}

/// Writes one after the other, on a connection of its own, until it can't any more.
async fn write(address: String, caller: usize) -> Seen {
    let channel = tonic::transport::Endpoint::from_shared(address).expect("it is a URL").connect_lazy();
    let mut client = assent_proto::v1::acceptance_service_client::AcceptanceServiceClient::new(channel);
    let mut seen = Seen::default();
    for number in 0.. {
        let confirmation = ConfirmAcceptanceRequest {
            accepted_on: Some(format!("2025-{:02}-{:02}", number / 28 % 12 + 1, number % 28 + 1)),
            ..requests::confirm("contoso", &format!("customer-{caller}"))
        };
        match client.confirm_acceptance(confirmation).await {
            Ok(answer) => seen.acknowledged.push(answer.into_inner().position),
            Err(status) if status.code() == Code::AlreadyExists => {}
            Err(status) => {
                seen.failed = Some(status);
                break;
            }
        }
    }
    seen
}

/// A server with a customer for every caller.
async fn with_customers(arguments: &[&str]) -> Server {
    let server = observed(arguments).await;
    server.registered("contoso", "customer-0").await;
    for caller in 1..CALLERS {
        server.register_customer(&format!("customer-{caller}")).await;
        server.establish("contoso", &format!("customer-{caller}")).await;
    }
    server
}

/// Whether a failure means that the call was never begun: there was no connection, or it went away before the call.
fn was_not_begun(status: &Status) -> bool {
    let text = format!("{status:?}").to_lowercase();
    let told = status.code() == Code::Unavailable && text.contains("log_unreachable");
    // A client that reads the farewell with an answer makes its next call on that connection, in vain. A call that was begun
    // would end alike where the connection broke: that is told by what was recorded.
    let is_refused = text.contains("goaway") && text.contains("no_error");
    let is_cut = ["reset", "broken pipe", "unexpected eof", "incomplete"].iter().any(|it| text.contains(it));
    told || is_refused
        || (!is_cut && matches!(status.code(), Code::Unavailable | Code::Unknown | Code::Cancelled))
}

/// A reader that takes nothing for a while, so that the server stops in the middle of its replay, however small the log.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replay_that_nothing_keeps_waiting_is_told_to_go_in_its_middle() {
    /// More than what a connection holds on its way.
    const WRITES: usize = 40;
    let mut server = with_customers(&[]).await;
    let writes = (0..CALLERS).map(|caller| {
        let (mut client, customer) = (server.acceptance(), format!("customer-{caller}"));
        async move {
            for day in 0..WRITES {
                let uri = format!("https://contoso.example/{}", "a".repeat(1_900));
                let confirmation = ConfirmAcceptanceRequest {
                    accepted_on: Some(format!("2025-{:02}-{:02}", day / 28 + 1, day % 28 + 1)),
                    evidence: Some(Evidence { uri, ..Default::default() }),
                    ..requests::confirm("contoso", &customer)
                };
                within(client.confirm_acceptance(confirmation)).await.expect("it is stored");
            }
        }
    });
    futures::future::join_all(writes).await;
    let mut audit = server.audit();
    let mut events =
        within(audit.read_events(ReadEventsRequest::default())).await.expect("it begins").into_inner();
    assert!(within(events.message()).await.expect("it goes well").is_some());
    let said = server.folder().join("stderr.txt");
    let read_on = async {
        let mut ticks = interval(Duration::from_millis(5));
        while !std::fs::read_to_string(&said).expect("it can be read").contains("stopping: ") {
            ticks.tick().await;
        }
        loop {
            match events.message().await {
                Ok(Some(_)) => {}
                ended => return ended.map(|_| ()),
            }
        }
    };
    let ((), ended) = within(async { tokio::join!(server.terminate(), read_on) }).await;
    assert_eq!(ended.expect_err("it is not finished").code(), Code::Unavailable);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_load_every_acknowledged_write_is_there_and_no_call_under_way_is_cut() {
    let mut server = with_customers(&[]).await;
    let callers: Vec<_> = (0..CALLERS).map(|it| tokio::spawn(write(server.url(), it))).collect();
    // The load is on once the log has grown by some writes of each.
    let begun = crate::support::head(&server).await;
    let mut ticks = interval(Duration::from_millis(5));
    within(async {
        while crate::support::head(&server).await < begun + 4 * CALLERS as u64 {
            ticks.tick().await;
        }
    })
    .await;
    within(server.terminate()).await;
    let mut acknowledged = Vec::new();
    for caller in callers {
        let seen = within(caller).await.expect("the caller ends");
        let failed = seen.failed.expect("the server ended");
        assert!(was_not_begun(&failed), "a call under way was cut: {failed:?}");
        acknowledged.extend(seen.acknowledged);
    }
    within(server.restart()).await;
    let events = read(&server, ReadEventsRequest::default()).await;
    assert!(acknowledged.len() >= 4 * CALLERS);
    let is_confirmed = |it: &_| matches!(decoded(it).payload, Some(Payload::AcceptanceConfirmed(_)));
    let confirmed = events.iter().filter(|it| is_confirmed(it)).count();
    assert_eq!(confirmed, acknowledged.len(), "what was carried out was answered");
    for position in acknowledged {
        let event = events.get(usize::try_from(position).expect("it fits") - 1);
        let event = event.unwrap_or_else(|| panic!("{position} was acknowledged and is not there"));
        assert!(decoded(event).payload.is_some());
    }
}

#[tokio::test]
async fn a_server_that_leaves_says_so_first_and_still_answers() {
    let mut server = with_customers(&["--drain-delay", "2"]).await;
    let port = port(&server);
    let mut authorization = server.authorization();
    let (mut not_ready, mut answered) = (0, 0);
    let asking = async {
        let mut ticks = interval(Duration::from_millis(10));
        loop {
            ticks.tick().await;
            let Some((status, said)) = get(&port, "readyz").await else { break };
            if status != 503 {
                continue;
            }
            assert!(said.starts_with("not ready: STOPPING: "), "{said}");
            not_ready += 1;
            let order = requests::order("contoso", "customer-0");
            answered += usize::from(authorization.authorize_order(order).await.is_ok());
        }
    };
    tokio::join!(within(server.terminate()), within(asking));
    assert!(not_ready > 0 && answered > 0, "{not_ready} {answered}");
}
