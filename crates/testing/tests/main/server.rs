//! The program as a process.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use assent_proto::v1::ReasonCode;
use assent_testing::{Server, ServerOptions, master_key_file, reason, requests};

#[tokio::test]
async fn a_server_is_started_killed_ended_and_started_again_on_the_same_files() {
    let mut server = Server::spawn(ServerOptions::default()).await;
    server.accepted("contoso", "fabrikam").await;
    server.kill().await;
    assert!(!server.is_running());
    server.restart().await;
    server.terminate().await;
    server.restart().await;
    let reasons = server.reasons(requests::order("contoso", "fabrikam")).await;
    assert_eq!(reasons, [ReasonCode::AcceptanceInForce]);
    let refused = server.acceptance().confirm_acceptance(requests::confirm("contoso", "fabrikam")).await;
    assert_eq!(reason(&refused.unwrap_err()), "ACCEPTANCE_ALREADY_CONFIRMED");
    assert!(server.stderr().contains("began a new ledger"), "{}", server.stderr());
}

#[tokio::test]
async fn every_beginning_leads_to_what_it_promises() {
    let server = Server::spawn(ServerOptions { environment: Some("production"), ..Default::default() }).await;
    server.registered("contoso", "fabrikam").await;
    let missing = server.reasons(requests::order("contoso", "fabrikam")).await;
    assert_eq!(missing, [ReasonCode::AcceptanceMissing]);
    let before = server.reasons(requests::order_on("contoso", "fabrikam", "2019-03-21")).await;
    assert_eq!(before, [ReasonCode::RequirementNotInForce]);
    server.registered_through_provider("northwind", "tailspin", "adatum").await;
    let mut order = requests::order("northwind", "adatum");
    order.reseller_id = Some("tailspin".to_owned());
    assert_eq!(server.reasons(order).await, [ReasonCode::AcceptanceMissing]);
}

#[tokio::test]
async fn a_wrapped_server_is_killed_and_ended_like_any_other() {
    let trace = tempfile::NamedTempFile::new().unwrap();
    let file = trace.path().to_str().unwrap();
    let wrapper = ["strace", "-f", "-e", "trace=fsync,fdatasync", "-o", file].map(ToOwned::to_owned).to_vec();
    let mut server = Server::spawn(ServerOptions { wrapper, ..Default::default() }).await;
    server.accepted("contoso", "fabrikam").await;
    server.kill().await;
    let traced = fs::read_to_string(trace.path()).unwrap();
    assert!(traced.contains("sync("), "{traced}");
    assert!(traced.contains("killed by SIGKILL"), "{traced}");
    server.restart().await;
    server.terminate().await;
}

#[test]
fn a_master_key_is_64_digits_that_only_its_owner_reads() {
    let folder = tempfile::tempdir().unwrap();
    let path = master_key_file(folder.path());
    let key = fs::read_to_string(&path).unwrap();
    assert!(key.len() == 65 && key.trim_end().chars().all(|it| it.is_ascii_hexdigit()), "{key:?}");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}
