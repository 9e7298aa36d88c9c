//! A ledger that is not the one that was signed.

#![expect(
    clippy::unwrap_used,
    reason = "a test that unwraps in vain has failed, whichever function it unwraps in"
)]

use assent_proto::v1::{ConfirmAcceptanceRequest, GetCheckpointRequest};
use assent_testing::{Server, ServerOptions, reason, requests};
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;

use super::{at_least, checkpoint};
use crate::support::{head, run, server, within};

/// A copy of the database as SQLite makes it, put back after the ledger went on.
async fn restored_to_an_earlier_state(server: &mut Server) -> u64 {
    within(server.registered("contoso", "fabrikam")).await;
    checkpoint(server, at_least(head(server).await)).await;
    within(server.terminate()).await;
    let file = server.database_file();
    let backup = file.with_extension("backup");
    std::fs::copy(&file, &backup).unwrap();
    within(server.restart()).await;
    within(server.accepted("contoso", "fabrikam")).await;
    let signed = checkpoint(server, at_least(head(server).await)).await.position;
    within(server.terminate()).await;
    std::fs::copy(&backup, &file).unwrap();
    for ending in ["db-wal", "db-shm", "db.views", "db.views-wal", "db.views-shm"] {
        let _ = std::fs::remove_file(file.with_extension(ending));
    }
    within(server.restart()).await;
    signed
}

#[tokio::test]
async fn a_restored_backup_serves_and_signs_nothing_even_when_it_has_grown_past_what_was_signed() {
    let mut server = server().await;
    let signed = restored_to_an_earlier_state(&mut server).await;
    for customer in 0..6 {
        // Other events at the positions that were signed.
        within(server.registered("contoso", &format!("after-{customer}"))).await;
    }
    assert!(head(&server).await > signed);
    let refused = within(server.audit().get_checkpoint(at_least(head(&server).await))).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::DataLoss, "LOG_FORKED"), "{refused}");
    let newest = within(server.audit().get_checkpoint(GetCheckpointRequest::default())).await.unwrap_err();
    assert_eq!(reason(&newest), "LOG_FORKED");

    // It still decides and records, and says that a proof can't be had now.
    let confirm =
        ConfirmAcceptanceRequest { with_proof: Some(true), ..requests::confirm("contoso", "after-1") };
    let confirmed = within(server.acceptance().confirm_acceptance(confirm)).await.unwrap().into_inner();
    assert_eq!((confirmed.proof, confirmed.proof_pending), (None, Some(true)));
    assert!(server.stderr().contains("this log is not the one whose checkpoints were signed"));

    let receipt = server.folder().join("receipt").display().to_string();
    let order = ["--partner", "contoso", "--customer", "after-1", "--transaction", "new-purchase"];
    let recorded = ["authorize", "--server", &server.url(), "--record", "--receipt", &receipt];
    let recorded = run([&recorded[..], &order].concat()).await;
    assert!(recorded.code == Some(3) && recorded.stdout.starts_with("ALLOWED\n"), "{recorded:?}");
    assert!(recorded.stderr.contains("there will be no receipt"), "{recorded:?}");
    assert!(!recorded.stderr.contains("assent prove"), "{recorded:?}");

    let anchor = server.folder().join("assent.db.anchor");
    let arguments = ["verify", "--database", &server.database_url(), "--anchor", anchor.to_str().unwrap()];
    let verified = run(arguments).await;
    assert_eq!(verified.code, Some(1), "{verified:?}");
    assert!(verified.stdout.contains("histories part"), "{verified:?}");
}

#[tokio::test]
async fn health_says_that_a_forked_log_is_no_evidence_and_still_decides() {
    let mut server = server().await;
    restored_to_an_earlier_state(&mut server).await;
    within(server.registered("contoso", "northwind")).await;
    let _ = within(server.audit().get_checkpoint(at_least(head(&server).await))).await;
    let status = async |service: &str| {
        let mut health = tonic_health::pb::health_client::HealthClient::new(server.channel());
        let request = HealthCheckRequest { service: service.to_owned() };
        within(health.check(request)).await.unwrap().into_inner().status().as_str_name()
    };
    within(async { while status("assent.v1.AuditService").await != "NOT_SERVING" {} }).await;
    assert_eq!(status("assent.v1.AuthorizationService").await, "SERVING");
    assert_eq!(status("").await, "SERVING");
}

#[tokio::test]
async fn a_server_whose_anchor_was_lost_signs_nothing_until_it_is_told_to_begin_another_one() {
    let mut server = server().await;
    within(server.registered("contoso", "fabrikam")).await;
    let signed = checkpoint(&server, at_least(head(&server).await)).await.position;
    within(server.terminate()).await;
    let anchor = server.folder().join("assent.db.anchor");
    std::fs::remove_file(&anchor).unwrap();
    within(server.restart()).await;
    within(server.accepted("contoso", "fabrikam")).await;
    let refused = within(server.audit().get_checkpoint(at_least(head(&server).await))).await.unwrap_err();
    assert_eq!(reason(&refused), "CHECKPOINT_UNKNOWN", "{refused}");
    assert!(server.stderr().contains("--begin-anchor"), "{}", server.stderr());
    assert!(!anchor.exists());
    let newest = checkpoint(&server, GetCheckpointRequest::default()).await;
    assert_eq!(newest.position, signed, "what was signed is shown all the same");
    within(server.terminate()).await;

    let told = ServerOptions {
        database: Some(server.database_url()),
        arguments: vec!["--begin-anchor".to_owned()],
        ..ServerOptions::default()
    };
    let told = within(Server::spawn(told)).await;
    let size = head(&told).await;
    assert_eq!(checkpoint(&told, at_least(size)).await.position, size);
    assert!(anchor.exists());

    // It was said of the one that was lost before the start.
    std::fs::remove_file(&anchor).unwrap();
    within(told.registered("contoso", "northwind")).await;
    let refused = within(told.audit().get_checkpoint(at_least(head(&told).await))).await.unwrap_err();
    assert_eq!(reason(&refused), "CHECKPOINT_UNKNOWN", "{refused}");
    assert!(!anchor.exists());
}
