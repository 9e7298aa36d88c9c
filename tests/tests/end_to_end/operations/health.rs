//! Live and ready, over HTTP and gRPC.

use std::time::Duration;

use assent_testing::postgres::{Cluster, ClusterOptions};
use assent_testing::{Proxy, Server, ServerOptions, master_key_file};
use tokio::time::interval;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use super::{get, observed, port};
use crate::support::within;

/// What gRPC health says of a service.
async fn status(server: &Server, service: &str) -> ServingStatus {
    let request = HealthCheckRequest { service: service.to_owned() };
    let answer = within(HealthClient::new(server.channel()).check(request)).await;
    answer.expect("health answers").into_inner().status()
}

/// Asks `/readyz` until it answers this status, and gives what it says.
async fn until_ready_is(port: &str, wanted: u16) -> String {
    let mut ticks = interval(Duration::from_millis(20));
    within(async {
        loop {
            ticks.tick().await;
            if let Some((status, said)) = get(port, "readyz").await
                && status == wanted
            {
                return said;
            }
        }
    })
    .await
}

/// Asks gRPC health until it says so.
async fn until_status_is(server: &Server, service: &str, wanted: ServingStatus) {
    let mut ticks = interval(Duration::from_millis(20));
    within(async {
        while status(server, service).await != wanted {
            ticks.tick().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_server_that_serves_is_live_and_ready() {
    let server = observed(&[]).await;
    let port = port(&server);
    assert_eq!(get(&port, "livez").await, Some((200, "live\n".to_owned())));
    assert_eq!(get(&port, "readyz").await, Some((200, "ready\n".to_owned())));
    for service in ["", "live", "assent.v1.AuthorizationService", "assent.v1.AuditService"] {
        assert_eq!(status(&server, service).await, ServingStatus::Serving, "{service}");
    }
}

#[tokio::test]
async fn a_server_whose_file_was_moved_away_is_not_ready_until_it_is_back() {
    let server = observed(&[]).await;
    let port = port(&server);
    let (file, elsewhere) = (server.database_file(), server.folder().join("elsewhere.db"));
    std::fs::rename(&file, &elsewhere).expect("a file can be renamed");
    let said = until_ready_is(&port, 503).await;
    assert!(said.starts_with("not ready: LOG_UNREACHABLE: ") && said.contains("assent.db"), "{said}");
    until_status_is(&server, "", ServingStatus::NotServing).await;
    assert_eq!(status(&server, "live").await, ServingStatus::Serving);
    assert_eq!(get(&port, "livez").await.map(|it| it.0), Some(200));
    // Another file in its place is not the one that the server writes.
    std::fs::copy(&elsewhere, &file).expect("it can be copied");
    let mut ticks = interval(Duration::from_millis(20));
    within(async {
        while !until_ready_is(&port, 503).await.contains("another file") {
            ticks.tick().await;
        }
    })
    .await;
    std::fs::rename(&elsewhere, &file).expect("it can be put back");
    until_ready_is(&port, 200).await;
    until_status_is(&server, "", ServingStatus::Serving).await;
}

#[tokio::test]
async fn a_replica_that_hears_nothing_is_live_and_says_why_it_is_not_ready() {
    let cluster = Cluster::spawn(ClusterOptions { tcp: true, ..ClusterOptions::default() }).await;
    let database = cluster.database().await;
    let proxy = Proxy::to(cluster.address()).await;
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let arguments = ["--metrics-listen", "127.0.0.1:0", "--staleness-max", "2"].map(str::to_owned).to_vec();
    let options = ServerOptions {
        database: Some(database.url_at(proxy.address())),
        master_key_file: Some(master_key_file(folder.path())),
        arguments,
        ..Default::default()
    };
    let server = within(Server::spawn(options)).await;
    let port = port(&server);
    until_ready_is(&port, 200).await;
    proxy.stall();
    let said = until_ready_is(&port, 503).await;
    assert!(said.starts_with("not ready: REPLICA_TOO_STALE: "), "{said}");
    assert_eq!(get(&port, "livez").await.map(|it| it.0), Some(200));
    let figures = super::figures(&port).await;
    assert!(figures["assent_replica_staleness_seconds"] > figures["assent_replica_staleness_max_seconds"]);
    assert_eq!(figures["assent_ready"], 0.0);
    proxy.flow();
    until_ready_is(&port, 200).await;
}
