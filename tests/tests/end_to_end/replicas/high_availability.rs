//! Three PostgreSQL nodes under Patroni with synchronous replication, and replicas on them. Run by `tests/ha`.

use std::time::Instant as Stopwatch;

use assent_proto::v1::{AuthorizeOrderRequest, Decision};
use assent_testing::ha::HaCluster;
use assent_testing::{Server, reason, requests};
use tokio::sync::watch;
use tokio::time::{Duration, interval};

use super::chance::{Chance, cycles};
use super::fleet::{Fleet, customer};
use super::work::Work;
use crate::support::within;

/// How many primaries are killed where nothing else is said.
const FEW: u64 = 10;
/// Longer than a failover takes, so that orders are decided throughout.
const ARGUMENTS: [&str; 4] = ["--durability", "replicated", "--staleness-max", "60"];

/// Asks a replica about an order until it is told to stop; gives how often it was answered.
async fn ask_on(
    mut authorization: assent_proto::v1::authorization_service_client::AuthorizationServiceClient<
        tonic::transport::Channel,
    >,
    stopped: watch::Receiver<bool>,
) -> u64 {
    let mut answered = 0;
    let mut ticks = interval(Duration::from_millis(10));
    while !*stopped.borrow() {
        ticks.tick().await;
        let order = requests::order("contoso", &customer(0));
        let answer =
            within(authorization.authorize_order(order)).await.expect("orders are decided throughout");
        assert_eq!(answer.into_inner().decision(), Decision::Allowed);
        answered += 1;
    }
    answered
}

#[tokio::test]
async fn primaries_are_killed_under_load_and_nothing_that_was_acknowledged_is_lost() {
    let ha = HaCluster::spawn().await;
    let fleet = Fleet::at(ha.url(), 3, &ARGUMENTS).await.registered().await;
    let confirmation = requests::confirm("contoso", &customer(0));
    within(fleet.servers[0].acceptance().confirm_acceptance(confirmation)).await.unwrap();
    fleet.settled().await;
    let (mut chance, mut work) = (Chance::new(), Work::default());
    for cycle in 0..cycles(FEW) {
        ha.until_healthy().await;
        let stop = watch::Sender::new(false);
        let asking: Vec<_> = fleet
            .servers
            .iter()
            .map(|it| tokio::spawn(ask_on(it.authorization(), stop.subscribe())))
            .collect();
        let writers = work.begin(&fleet.servers, 4, true);
        writers.until(1 + chance.below(100)).await;
        let (killed, victim) = (Stopwatch::now(), ha.kill_primary().await);
        writers.go_on(20).await;
        println!(
            "cycle {cycle}: writes were back {:.1} s after the primary was killed",
            killed.elapsed().as_secs_f64()
        );
        work.end(writers).await;
        stop.send_replace(true);
        for asked in asking {
            assert!(within(asked).await.expect("no order was left undecided") > 0);
        }
        ha.revive(victim).await;
        ha.until_healthy().await;
        work.check(&fleet).await;
    }
}

async fn decide(server: &Server) -> Result<Decision, String> {
    let order = AuthorizeOrderRequest { ..requests::order("contoso", &customer(1)) };
    let answer = within(server.authorization().authorize_order(order)).await;
    answer.map(|it| it.into_inner().decision()).map_err(|it| reason(&it))
}

#[tokio::test]
async fn a_replica_that_only_an_isolated_primary_answers_never_allows_what_was_withdrawn() {
    let ha = HaCluster::spawn().await;
    let mut fleet = Fleet::at(ha.url(), 1, &ARGUMENTS).await.registered().await;
    let confirmation = requests::confirm("contoso", &customer(1));
    within(fleet.servers[0].acceptance().confirm_acceptance(confirmation)).await.unwrap();
    let old = ha.primary().await;
    let alone = ha.url_at(&[ha.hosts()[old]]);
    fleet.add_at(alone, &["--durability", "replicated", "--staleness-max", "2"]).await;
    fleet.settled().await;
    assert_eq!(decide(&fleet.servers[1]).await, Ok(Decision::Allowed));
    // It goes on to believe to be the primary; the others choose another one.
    ha.pause(old).await;
    let withdrawal = requests::withdraw("contoso", &customer(1));
    within(async {
        while fleet.servers[0].acceptance().withdraw_acceptance(withdrawal.clone()).await.is_err() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let withdrawn = Stopwatch::now();
    ha.resume(old).await;
    let mut ticks = interval(Duration::from_millis(10));
    let mut refused = 0;
    while withdrawn.elapsed() < Duration::from_secs(10) {
        ticks.tick().await;
        match decide(&fleet.servers[1]).await {
            Ok(decision) => assert_eq!(decision, Decision::Denied, "what was withdrawn is not allowed"),
            Err(reason) => {
                assert_eq!(reason, "REPLICA_TOO_STALE");
                refused += 1;
            }
        }
    }
    assert!(refused > 0);
}
