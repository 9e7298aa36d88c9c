//! Proofs of single events, asked for or answered with a write.

use assent_evidence::{Receipt, TlogProof, leaf_hash};
use assent_proto::event::Event;
use assent_proto::event::event::Payload;
use assent_proto::v1::get_inclusion_proof_request::Event as Wanted;
use assent_proto::v1::{
    AuthorizeOrderRequest, ConfirmAcceptanceRequest, GetInclusionProofRequest, GetInclusionProofResponse,
    RegisterCustomerRequest,
};
use assent_testing::{Server, reason, requests};
use prost::Message as _;
use tonic::{Code, Status};

use super::key;
use crate::support::{decoded, events, head, server, within};

async fn inclusion(
    server: &Server,
    wanted: GetInclusionProofRequest,
) -> Result<GetInclusionProofResponse, Status> {
    within(server.audit().get_inclusion_proof(wanted)).await.map(tonic::Response::into_inner)
}

fn by_position(position: u64) -> GetInclusionProofRequest {
    GetInclusionProofRequest { event: Some(Wanted::Position(position)), ..Default::default() }
}

#[tokio::test]
async fn every_event_is_proven_by_position_and_by_id() {
    let server = server().await;
    within(server.registered("contoso", "fabrikam")).await;
    within(server.accepted("contoso", "fabrikam")).await;
    let events = events(&server).await;
    let keys = [key(&server).await];
    for event in &events {
        let stored = decoded(event);
        let answer = inclusion(&server, by_position(stored.position)).await.unwrap();
        let proof = TlogProof::parse(&answer.proof).unwrap();
        let checkpoint = proof.verify(&leaf_hash(&event.entry), &keys).unwrap();
        assert_eq!((proof.index + 1, checkpoint.size), (stored.position, answer.checkpoint_position));
        assert!(proof.verify(&leaf_hash(b"another entry"), &keys).is_err());
        let by_id = GetInclusionProofRequest {
            event: Some(Wanted::EventId(stored.event_id.clone())),
            checkpoint_position: Some(answer.checkpoint_position),
            with_entry: true,
        };
        let receipt = inclusion(&server, by_id).await.unwrap().proof;
        let receipt = Receipt::parse(receipt).unwrap();
        assert_eq!(receipt.verify(&keys).unwrap().entry, &event.entry[..]);
    }
    let last = head(&server).await;
    let unknown = inclusion(&server, by_position(last + 1)).await.unwrap_err();
    assert_eq!((unknown.code(), reason(&unknown).as_str()), (Code::NotFound, "EVENT_UNKNOWN"));
    let id = "018bcfe5-687b-7969-9a5a-5a0000000001".to_owned();
    let foreign = GetInclusionProofRequest { event: Some(Wanted::EventId(id)), ..Default::default() };
    assert_eq!(reason(&inclusion(&server, foreign).await.unwrap_err()), "EVENT_UNKNOWN");
}

#[tokio::test]
async fn a_write_answers_the_proof_of_its_own_event_in_the_same_call() {
    let server = server().await;
    within(server.registered("contoso", "fabrikam")).await;
    let confirm =
        ConfirmAcceptanceRequest { with_proof: Some(true), ..requests::confirm("contoso", "fabrikam") };
    let confirmed = within(server.acceptance().confirm_acceptance(confirm)).await.unwrap().into_inner();
    assert_eq!(confirmed.proof_pending, Some(false));
    let proof = TlogProof::parse(confirmed.proof.unwrap()).unwrap();
    let entry = events(&server).await[confirmed.position as usize - 1].entry.clone();
    proof.verify(&leaf_hash(&entry), &[key(&server).await]).unwrap();
    assert_eq!(proof.index + 1, confirmed.position);

    let same = RegisterCustomerRequest { with_proof: Some(true), ..requests::customer("fabrikam") };
    let unchanged = within(server.directory().register_customer(same)).await.unwrap().into_inner();
    assert_eq!((unchanged.proof, unchanged.proof_pending), (None, None), "nothing was written");
    let plain = requests::customer("northwind");
    let plain = within(server.directory().register_customer(plain)).await.unwrap().into_inner();
    assert_eq!((plain.proof, plain.proof_pending), (None, None), "nothing was asked for");
}

#[tokio::test]
async fn many_writes_that_ask_for_proofs_share_checkpoints() {
    let server = server().await;
    within(server.register_partner("contoso", assent_proto::v1::Program::DirectBill)).await;
    let keys = [key(&server).await];
    let writes = (0..40).map(|number| {
        let mut directory = server.directory();
        async move {
            let customer = requests::customer(&format!("customer-{number}"));
            let customer = RegisterCustomerRequest { with_proof: Some(true), ..customer };
            directory.register_customer(customer).await.unwrap().into_inner()
        }
    });
    let answers = within(futures::future::join_all(writes)).await;
    let events = events(&server).await;
    for answer in answers {
        let proof = TlogProof::parse(answer.proof.unwrap()).unwrap();
        proof.verify(&leaf_hash(&events[answer.position as usize - 1].entry), &keys).unwrap();
    }
}

#[tokio::test]
async fn a_recorded_decision_has_a_receipt_that_needs_nothing_but_the_key() {
    let mut server = server().await;
    within(server.registered("contoso", "fabrikam")).await;
    let order = AuthorizeOrderRequest {
        record: Some(true),
        with_proof: Some(true),
        request_id: Some("c0ffee00-0000-4000-8000-000000000009".to_owned()),
        ..requests::order("contoso", "fabrikam")
    };
    let decided = within(server.decide(order.clone())).await;
    let keys = [key(&server).await];
    let receipt = Receipt::parse(decided.receipt.unwrap()).unwrap();
    let verified = receipt.verify(&keys).unwrap();
    let event = Event::decode(verified.entry).unwrap();
    let Some(Payload::OrderDecided(stored)) = event.payload else { panic!("a decision: {event:?}") };
    assert_eq!((stored.decided_at_position, stored.decision), (decided.position, decided.decision));
    assert_eq!(Some(event.position), decided.recorded_position);

    within(server.terminate()).await;
    within(server.restart()).await;
    let again = within(server.decide(order)).await;
    assert!(again.replayed);
    let again = Receipt::parse(again.receipt.unwrap()).unwrap();
    assert_eq!(again.entry(), receipt.entry());
}
