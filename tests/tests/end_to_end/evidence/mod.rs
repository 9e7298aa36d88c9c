//! Signed checkpoints and proofs: what an auditor asks for, checked with nothing but the public key.

mod checkpoints;
mod commands;
mod exports;
mod forks;
mod history;
mod monitors;
mod proofs;
mod witnessed;

use assent_evidence::{Checkpoint, VerifierKey};
use assent_proto::v1::{GetCheckpointRequest, GetCheckpointResponse};
use assent_testing::Server;

use crate::support::within;

/// The key that a server signs with, as it says.
pub(crate) async fn key(server: &Server) -> VerifierKey {
    let newest = checkpoint(server, GetCheckpointRequest::default()).await;
    newest.verifier_keys[0].parse().expect("a verifier key")
}

pub(crate) async fn checkpoint(server: &Server, wanted: GetCheckpointRequest) -> GetCheckpointResponse {
    within(server.audit().get_checkpoint(wanted)).await.expect("a checkpoint").into_inner()
}

/// What a checkpoint says, once its signature holds.
pub(crate) fn opened(checkpoint: &GetCheckpointResponse, key: &VerifierKey) -> Checkpoint {
    let opened = Checkpoint::open(&checkpoint.note, std::slice::from_ref(key)).expect("the signature holds");
    assert_eq!(opened.size, checkpoint.position);
    opened
}

/// One that signs at least this much.
pub(crate) const fn at_least(position: u64) -> GetCheckpointRequest {
    GetCheckpointRequest { position: None, min_position: Some(position) }
}
