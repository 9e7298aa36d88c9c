//! Checkpoints, as they are asked for and kept.

use assent_evidence::{Frontier, leaf_hash, verify_consistency};
use assent_proto::v1::{GetCheckpointRequest, GetConsistencyProofRequest, GetConsistencyProofResponse};
use assent_testing::{Server, reason, requests};
use tonic::{Code, Status};

use super::{at_least, checkpoint, key, opened};
use crate::support::{events, head, run, server, within};

async fn consistency(server: &Server, from: u64, to: u64) -> Result<GetConsistencyProofResponse, Status> {
    let wanted = GetConsistencyProofRequest { from_position: from, to_position: to };
    within(server.audit().get_consistency_proof(wanted)).await.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn a_checkpoint_signs_the_root_of_the_events_that_everybody_can_read() {
    let server = server().await;
    within(server.registered("contoso", "fabrikam")).await;
    let signed = checkpoint(&server, at_least(head(&server).await)).await;
    let key = key(&server).await;
    let said = opened(&signed, &key);
    let mut tree = Frontier::new();
    for event in events(&server).await.iter().take(signed.position as usize) {
        tree.push(leaf_hash(&event.entry));
    }
    assert_eq!(said.root, tree.root());
    assert_eq!(said.origin.as_str(), key.name().as_str());
}

#[tokio::test]
async fn what_was_recorded_last_is_signed_before_a_server_ends() {
    let mut server = server().await;
    within(server.registered("contoso", "fabrikam")).await;
    let size = head(&server).await;
    within(server.terminate()).await;
    let sql = "SELECT max(size) FROM checkpoints";
    let asked = tokio::process::Command::new("sqlite3").arg(server.database_file()).arg(sql).output();
    let signed = within(asked).await.expect("sqlite3 is installed").stdout;
    assert_eq!(String::from_utf8_lossy(&signed).trim(), size.to_string());
}

#[tokio::test]
async fn each_checkpoint_is_kept_and_each_is_consistent_with_those_after_it() {
    let mut server = server().await;
    let mut kept = Vec::new();
    for customer in 0..4 {
        within(server.registered("contoso", &format!("customer-{customer}"))).await;
        kept.push(checkpoint(&server, at_least(head(&server).await)).await);
    }
    within(server.terminate()).await;
    within(server.restart()).await;
    let key = key(&server).await;
    for pair in kept.windows(2) {
        let (earlier, later) = (opened(&pair[0], &key), opened(&pair[1], &key));
        let again = GetCheckpointRequest { position: Some(earlier.size), min_position: None };
        assert_eq!(checkpoint(&server, again).await.note, pair[0].note);
        let proof = consistency(&server, earlier.size, later.size).await.unwrap();
        let hashes: Vec<_> = proof.hashes.iter().map(|it| it.as_ref().try_into().unwrap()).collect();
        verify_consistency(earlier.size, later.size, &hashes, &earlier.root, &later.root).unwrap();
        assert_eq!((&proof.from_root[..], &proof.to_root[..]), (&earlier.root[..], &later.root[..]));
    }
    let verified = run(["verify", "--database", &server.database_url()]).await;
    assert_eq!(verified.code, Some(0), "{verified:?}");
}

#[tokio::test]
async fn what_is_not_signed_or_not_there_is_not_found() {
    let server = server().await;
    within(server.registered("contoso", "fabrikam")).await;
    let size = head(&server).await;
    checkpoint(&server, at_least(size)).await;
    let missing = |status: Status, expected: &str| {
        assert_eq!((status.code(), reason(&status).as_str()), (Code::NotFound, expected), "{status}");
    };
    let at = |position| GetCheckpointRequest { position: Some(position), min_position: None };
    missing(within(server.audit().get_checkpoint(at(size + 5))).await.unwrap_err(), "CHECKPOINT_UNKNOWN");
    missing(within(server.audit().get_checkpoint(at_least(size + 5))).await.unwrap_err(), "EVENT_UNKNOWN");
    missing(consistency(&server, 1, size + 5).await.unwrap_err(), "EVENT_UNKNOWN");
    let bad = consistency(&server, 5, 4).await.unwrap_err();
    assert_eq!(reason(&bad), "FIELD_INVALID");
}

#[tokio::test]
async fn a_growing_log_is_signed_without_anybody_asking() {
    let server = server().await;
    within(server.registered("contoso", "fabrikam")).await;
    let size = head(&server).await;
    let key = key(&server).await;
    within(async {
        loop {
            let newest = checkpoint(&server, GetCheckpointRequest::default()).await;
            if opened(&newest, &key).size >= size {
                break;
            }
            // Deciding changes nothing that could be signed.
            server.decide(requests::order("contoso", "fabrikam")).await;
        }
    })
    .await;
}
