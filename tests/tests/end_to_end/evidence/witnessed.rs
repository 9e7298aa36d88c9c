//! A witness beside the ledger: several servers sign one history, and a restored database none.

#![expect(
    clippy::unwrap_used,
    reason = "a test that unwraps in vain has failed, whichever function it unwraps in"
)]

use std::path::Path;
use std::process::Stdio;

use assent_evidence::{SignedCheckpoint, TlogProof, VerifierKey, leaf_hash};
use assent_proto::v1::RegisterCustomerRequest;
use assent_testing::{Server, reason, requests};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Child;

use super::{at_least, checkpoint};
use crate::replicas::fleet::Fleet;
use crate::support::{events, head, program, run, within};

/// A witness as a process, killed with this, and the keys of it and of the log.
struct Witnessed {
    folder: TempDir,
    _witness: Child,
    url: String,
    keys: Vec<VerifierKey>,
}

impl Witnessed {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = generated(folder.path(), "log.key", "ledger.example/contoso", &[]).await;
        let witness = generated(folder.path(), "witness.key", "witness.example/w1", &["--witness"]).await;
        let file = |name: &str| folder.path().join(name).display().to_string();
        let (state, key) = (file("witness.state"), file("witness.key"));
        let arguments =
            ["witness", "serve", "--listen", "127.0.0.1:0", "--state", &state, "--key", &key, "--log", &log];
        let mut child = program(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = within(lines.next_line()).await.unwrap().expect("it says where it listens");
        let url = line.rsplit_once(" is listening on ").unwrap().1.to_owned();
        let keys = [log, witness].map(|it| it.parse().unwrap()).to_vec();
        Self { folder, _witness: child, url, keys }
    }

    /// What a server that signs is started with.
    fn arguments(&self) -> [String; 6] {
        let key = self.folder.path().join("log.key").display().to_string();
        let (witness, of_witness) = (self.url.clone(), self.keys[1].to_string());
        [
            "--signing-key".to_owned(),
            key,
            "--witness".to_owned(),
            witness,
            "--witness-key".to_owned(),
            of_witness,
        ]
    }
}

async fn generated(folder: &Path, name: &str, origin: &str, more: &[&str]) -> String {
    let out = folder.join(name).display().to_string();
    let arguments = ["key", "generate", "--origin", origin, "--out", &out];
    let made = run(arguments.iter().chain(more)).await;
    assert_eq!(made.code, Some(0), "{made:?}");
    made.stdout.trim().to_owned()
}

async fn registered_with_proof(server: &Server, customer: String) -> (u64, TlogProof) {
    let request = RegisterCustomerRequest { with_proof: Some(true), ..requests::customer(&customer) };
    let answer = within(server.directory().register_customer(request)).await.unwrap().into_inner();
    assert_eq!(answer.proof_pending, Some(false), "{answer:?}");
    (answer.position, TlogProof::parse(answer.proof.unwrap()).unwrap())
}

#[tokio::test]
async fn servers_that_sign_at_once_and_one_that_does_not_prove_one_history() {
    let witnessed = Witnessed::start().await;
    let mut fleet = Fleet::of(1).await;
    let arguments = witnessed.arguments();
    fleet.add(2, &arguments.each_ref().map(String::as_str)).await;
    let writes = fleet.servers.iter().enumerate().flat_map(|(place, server)| {
        (0..12).map(move |number| registered_with_proof(server, format!("customer-{place}-{number}")))
    });
    let proofs = within(futures::future::join_all(writes)).await;
    let events = events(&fleet.servers[0]).await;
    for (position, proof) in proofs {
        let entry = &events[position as usize - 1].entry;
        proof.verify(&leaf_hash(entry), &witnessed.keys).unwrap();
        let signed_by = proof.checkpoint.verify(&witnessed.keys).unwrap();
        assert_eq!(signed_by.len(), 2, "the log and the witness");
    }
    // The one without a key shows what the others signed.
    let size = head(&fleet.servers[0]).await;
    let note = checkpoint(&fleet.servers[0], at_least(size)).await.note;
    assert_eq!(SignedCheckpoint::parse(note).unwrap().verify(&witnessed.keys).unwrap().len(), 2);
    for server in &fleet.servers {
        assert!(!server.stderr().contains("is not the one whose checkpoints were signed"));
    }
}

#[tokio::test]
async fn a_database_that_was_restored_to_an_earlier_state_gets_nothing_signed() {
    let witnessed = Witnessed::start().await;
    let arguments = witnessed.arguments();
    let arguments = arguments.each_ref().map(String::as_str);
    let mut fleet = Fleet::of(0).await;
    fleet.add(1, &arguments).await;
    within(fleet.servers[0].registered("contoso", "fabrikam")).await;
    within(fleet.servers[0].terminate()).await;
    let (cluster, name, url) = {
        let database = fleet.database.as_ref().unwrap();
        (database.cluster().clone(), database.name().to_owned(), database.url())
    };
    let copy = format!("{name}_restored");
    cluster.psql(&format!("CREATE DATABASE {copy} TEMPLATE {name}")).await;
    within(fleet.servers[0].restart()).await;
    let (position, _) = registered_with_proof(&fleet.servers[0], "northwind".to_owned()).await;
    within(fleet.servers[0].terminate()).await;

    fleet.add_at(url.replace(&name, &copy), &arguments).await;
    let restored = &fleet.servers[1];
    while head(restored).await <= position {
        let customer = requests::customer(&format!("after-{}", head(restored).await));
        within(restored.directory().register_customer(customer)).await.unwrap();
    }
    let refused = within(restored.audit().get_checkpoint(at_least(head(restored).await))).await.unwrap_err();
    assert_eq!(reason(&refused), "LOG_FORKED", "{refused}");
}

#[tokio::test]
async fn a_server_without_a_key_exports_what_it_can_name_a_key_for_and_records_nothing_else() {
    let witnessed = Witnessed::start().await;
    let arguments = witnessed.arguments();
    let mut fleet = Fleet::of(1).await;
    fleet.add(1, &arguments.each_ref().map(String::as_str)).await;
    let log_key = witnessed.keys[0].to_string();
    fleet.add(1, &["--verifier-key", &log_key]).await;
    let (position, _) = registered_with_proof(&fleet.servers[1], "northwind".to_owned()).await;
    let folder = tempfile::tempdir().unwrap();
    let export = async |server: &Server, name: &str| {
        let (url, out) = (server.url(), folder.path().join(name).display().to_string());
        run(["export", "--server", &url, "--customer", "northwind", "--purpose", "Inquiry 17", "--out", &out])
            .await
    };
    let refused = export(&fleet.servers[0], "refused").await;
    assert_eq!(refused.code, Some(3), "{refused:?}");
    assert!(refused.stderr.contains("--verifier-key"), "{refused:?}");
    assert_eq!(fleet.settled().await, position, "nothing was recorded");
    let made = export(&fleet.servers[2], "made").await;
    assert_eq!(made.code, Some(0), "{made:?}");
    let bag = folder.path().join("made").display().to_string();
    let verified = run(["verify-export", &bag, "--key", &log_key]).await;
    assert_eq!(verified.code, Some(0), "{verified:?}");
}

#[tokio::test]
async fn two_servers_with_one_anchor_take_turns_and_neither_takes_the_other_for_a_fork() {
    let witnessed = Witnessed::start().await;
    let file = |name: &str| witnessed.folder.path().join(name).display().to_string();
    let (key, anchor) = (file("log.key"), file("ledger.anchor"));
    let mut fleet = Fleet::of(0).await;
    fleet.add(2, &["--signing-key", &key, "--anchor", &anchor]).await;
    let writes = (0..40).map(|number| {
        let server = &fleet.servers[number % 2];
        let request = RegisterCustomerRequest {
            with_proof: Some(true),
            ..requests::customer(&format!("customer-{number}"))
        };
        async move { within(server.directory().register_customer(request)).await.map(drop) }
    });
    for written in within(futures::future::join_all(writes)).await {
        written.unwrap();
    }
    let size = fleet.settled().await;
    for server in &fleet.servers {
        assert!(checkpoint(server, at_least(size)).await.position >= size);
        assert!(!server.stderr().contains("is not the one whose checkpoints were signed"));
    }
}
