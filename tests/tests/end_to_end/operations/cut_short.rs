//! Calls whose callers go away before they have said all.

use std::collections::BTreeMap;
use std::future::poll_fn;

use assent_testing::Server;
use bytes::Bytes;
use h2::{Reason, SendStream};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use super::{figures, observed, port};
use crate::abuse::call;
use crate::support::within;

/// One of each way that a call takes.
const METHODS: [&str; 5] = [
    "AuthorizationService/AuthorizeOrder",
    "AuthorizationService/BatchAuthorizeOrders",
    "AuthorizationService/StreamAuthorizeOrders",
    "AcceptanceService/ConfirmAcceptance",
    "AcceptanceService/ImportAcceptances",
];

/// The beginning of a message of a hundred bytes.
const BEGUN: Bytes = Bytes::from_static(&[0, 0, 0, 0, 100, 10]);

/// A call that the server has begun with.
struct Begun {
    body: SendStream<Bytes>,
    connection: JoinHandle<()>,
}

impl Begun {
    async fn on(server: &Server, method: &str) -> Self {
        let stream = within(TcpStream::connect(server.address())).await.expect("it listens");
        let (mut client, connection) = within(h2::client::handshake(stream)).await.expect("it speaks HTTP/2");
        let connection = tokio::spawn(async move { drop(connection.await) });
        within(poll_fn(|cx| client.poll_ready(cx))).await.expect("the connection is there");
        let (_, mut body) = client.send_request(call(server, method), false).expect("it is sent");
        body.send_data(BEGUN, false).expect("it is sent");
        until(server, method, |figures, method| in_flight(figures, method) == 1.0).await;
        Self { body, connection }
    }
}

async fn until(server: &Server, method: &str, is_so: impl Fn(&BTreeMap<String, f64>, &str) -> bool) {
    within(async { while !is_so(&figures(&port(server)).await, method) {} }).await;
}

fn in_flight(figures: &BTreeMap<String, f64>, method: &str) -> f64 {
    figures.get(&format!("assent_calls_in_flight{{method=\"assent.v1.{method}\"}}")).copied().unwrap_or(0.0)
}

#[tokio::test]
async fn a_call_that_its_caller_cuts_short_is_counted_as_cancelled_however_it_is_cut() {
    let server = observed(&[]).await;
    for method in METHODS {
        for cut in [Some(Reason::CANCEL), Some(Reason::INTERNAL_ERROR), Some(Reason::NO_ERROR), None] {
            let mut begun = Begun::on(&server, method).await;
            match cut {
                Some(reason) => begun.body.send_reset(reason),
                // As where the caller's process ends.
                None => begun.connection.abort(),
            }
            until(&server, method, |figures, method| in_flight(figures, method) == 0.0).await;
        }
        let counted: Vec<(String, f64)> = figures(&port(&server))
            .await
            .into_iter()
            .filter(|(name, calls)| {
                name.starts_with("assent_calls_total{") && name.contains(method) && *calls > 0.0
            })
            .collect();
        let cancelled = format!("assent_calls_total{{method=\"assent.v1.{method}\",code=\"CANCELLED\"}}");
        assert_eq!(counted, [(cancelled, 4.0)]);
    }
}
