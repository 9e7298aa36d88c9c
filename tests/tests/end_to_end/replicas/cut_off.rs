//! A replica that is cut off from its database.

use std::time::Duration;

use assent_proto::v1::{
    AuthorizeOrderRequest, AuthorizeOrderResponse, Decision, WatchAcceptanceStatusRequest,
};
use assent_testing::postgres::{Cluster, ClusterOptions};
use assent_testing::{Proxy, Server, reason, requests};
use tokio::time::interval;
use tonic::Status;

use super::fleet::{Fleet, customer};
use crate::support::within;

async fn ask(server: &Server, min_position: Option<u64>) -> Result<AuthorizeOrderResponse, Status> {
    let order = AuthorizeOrderRequest { min_position, ..requests::order("contoso", &customer(1)) };
    server.authorization().authorize_order(order).await.map(|it| it.into_inner())
}

/// Asks until the answer is of this kind.
async fn until(server: &Server, is_it: impl Fn(&Result<AuthorizeOrderResponse, Status>) -> bool) {
    let mut ticks = interval(Duration::from_millis(20));
    within(async {
        loop {
            let answer = ask(server, None).await;
            if is_it(&answer) {
                return;
            }
            ticks.tick().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_replica_that_is_cut_off_stops_answering_and_catches_up_by_itself() {
    let cluster = Cluster::spawn(ClusterOptions { tcp: true, ..ClusterOptions::default() }).await;
    let mut fleet = Fleet::on(&cluster, 1, &[]).await.registered().await;
    let mut proxy = Proxy::to(cluster.address()).await;
    let url = fleet.database.as_ref().unwrap().url_at(proxy.address());
    fleet.add_at(url, &["--staleness-max", "2"]).await;
    let (free, cut_off) = (&fleet.servers[0], &fleet.servers[1]);
    for stalls in [true, false] {
        until(cut_off, Result::is_ok).await;
        if stalls {
            proxy.stall();
        } else {
            proxy.refuse().await;
            proxy.cut().await;
        }
        // It goes on for as long as it may, and fails closed from then on.
        assert!(within(ask(cut_off, None)).await.is_ok());
        until(cut_off, |it| it.as_ref().is_err_and(|it| reason(it) == "REPLICA_TOO_STALE")).await;
        let confirmed = requests::confirm("contoso", &customer(1));
        let written = within(free.acceptance().confirm_acceptance(confirmed)).await;
        let refused = within(ask(cut_off, None)).await.unwrap_err();
        assert_eq!(reason(&refused), "REPLICA_TOO_STALE");
        assert!(within(ask(free, None)).await.is_ok(), "the others go on");
        if stalls {
            proxy.flow();
        } else {
            proxy.admit().await;
        }
        let position = written.map(|it| it.into_inner().position).ok();
        until(cut_off, Result::is_ok).await;
        let answer = within(ask(cut_off, position)).await.unwrap();
        assert_eq!(answer.decision(), Decision::Allowed, "{answer:?}");
    }
}

#[tokio::test]
async fn a_quiet_watch_ends_when_its_replica_is_cut_off() {
    let cluster = Cluster::spawn(ClusterOptions { tcp: true, ..ClusterOptions::default() }).await;
    let mut fleet = Fleet::on(&cluster, 1, &[]).await.registered().await;
    let proxy = Proxy::to(cluster.address()).await;
    let url = fleet.database.as_ref().unwrap().url_at(proxy.address());
    fleet.add_at(url, &["--staleness-max", "2"]).await;
    let cut_off = &fleet.servers[1];
    until(cut_off, Result::is_ok).await;
    let asked = WatchAcceptanceStatusRequest { partner_id: "contoso".to_owned(), ..Default::default() };
    let mut watch = within(cut_off.acceptance().watch_acceptance_status(asked)).await.unwrap().into_inner();
    assert!(within(watch.message()).await.is_ok_and(|it| it.is_some()), "it says where it stands");
    proxy.stall();
    let ended = within(async {
        loop {
            match watch.message().await {
                Ok(said) => assert!(said.is_some(), "a watch does not end as if all were well"),
                Err(ended) => return ended,
            }
        }
    })
    .await;
    assert_eq!(reason(&ended), "REPLICA_TOO_STALE");
}
