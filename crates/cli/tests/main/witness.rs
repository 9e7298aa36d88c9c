//! The witness that comes with the program.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use assent_evidence::{
    Checkpoint, Hash, KeyName, KeyPurpose, Origin, SigningKey, VerifierKey, leaf_hash, node_hash,
};
use assent_witness::{AddCheckpoint, Answer, WitnessClient};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Child;
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::program::{assent, command};

const TIMEOUT: Duration = Duration::from_secs(60);
const ORIGIN: &str = "ledger.example/contoso";

/// A witness as a process, killed with this.
struct Process {
    child: Child,
    client: WitnessClient,
}

impl Process {
    async fn start(folder: &Path) -> Self {
        let log = log_key().verifier().to_string();
        let file = |name: &str| folder.join(name).to_str().expect("the folder's name is UTF-8").to_owned();
        let (state, key) = (file("state"), file("witness.key"));
        let arguments =
            ["witness", "serve", "--listen", "127.0.0.1:0", "--state", &state, "--key", &key, "--log", &log];
        let mut child =
            command(arguments).stdout(Stdio::piped()).spawn().expect("the program can be started");
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let line =
            timeout(TIMEOUT, lines.next_line()).await.expect("it starts in time").expect("it prints UTF-8");
        let line = line.expect("it says where it listens");
        let (witness, url) = line.split_once(" is listening on ").expect("the line has this form");
        let key: VerifierKey =
            witness.strip_prefix("witness ").expect("it says its key").parse().expect("it is a key");
        let client = WitnessClient::new(url, vec![key], TIMEOUT).expect("the address is a URL");
        Self { child, client }
    }

    async fn add(&self, request: &AddCheckpoint) -> Answer {
        self.client.add_checkpoint(request).await.expect("the witness answers")
    }
}

#[tokio::test]
async fn a_witness_remembers_over_a_kill_and_ends_well_on_a_signal() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("witness.key");
    let arguments = ["key", "generate", "--witness", "--origin", "witness.example/w1", "--out"];
    let made = assent(arguments.into_iter().chain([key.to_str().unwrap()])).await;
    assert_eq!(made.code, 0, "{made:?}");

    let mut witness = Process::start(folder.path()).await;
    let (left, right, other) = (leaf_hash(b"left"), leaf_hash(b"right"), leaf_hash(b"other"));
    let first = request(0, vec![], 1, left);
    assert!(matches!(witness.add(&first).await, Answer::Cosigned(_)));
    witness.child.kill().await.unwrap();

    let mut witness = Process::start(folder.path()).await;
    assert_eq!(witness.add(&request(0, vec![], 1, other)).await, Answer::Conflict { size: 1 });
    let forked = request(1, vec![right], 2, node_hash(&other, &right));
    assert!(matches!(witness.add(&forked).await, Answer::Refused { status: 422, .. }));
    let grown = request(1, vec![right], 2, node_hash(&left, &right));
    assert!(matches!(witness.add(&grown).await, Answer::Cosigned(_)));

    let id = witness.child.id().unwrap().to_string();
    let signalled = tokio::process::Command::new("kill").args(["-TERM", &id]).status().await.unwrap();
    assert!(signalled.success());
    let ended = timeout(TIMEOUT, witness.child.wait()).await.unwrap().unwrap();
    assert_eq!(ended.code(), Some(0));
}

#[tokio::test]
async fn keys_of_the_wrong_kind_are_wrong_usage() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("log.key");
    std::fs::write(&key, log_key().to_text().as_bytes()).unwrap();
    let state = folder.path().join("state");
    let (key, path) = (key.to_str().unwrap(), state.to_str().unwrap());
    let of_witness =
        SigningKey::generate(KeyName::parse("w").unwrap(), KeyPurpose::Witness, Zeroizing::new([2; 32]));
    let cases = [
        (log_key().verifier().to_string(), "the key is a log's"),
        (of_witness.verifier().to_string(), "a witness's key, not a log's"),
        ("nonsense".to_owned(), "is no public key"),
    ];
    for (log, says) in cases {
        let ran = assent(["witness", "serve", "--state", path, "--key", key, "--log", &log]).await;
        assert!(ran.code == 2 && ran.stderr.contains(says) && !state.exists(), "{ran:?}");
    }
}

fn log_key() -> SigningKey {
    let name = KeyName::parse(ORIGIN).expect("the name is one");
    SigningKey::generate(name, KeyPurpose::Log, Zeroizing::new([1; 32]))
}

fn request(old_size: u64, proof: Vec<Hash>, size: u64, root: Hash) -> AddCheckpoint {
    let origin = Origin::parse(ORIGIN).expect("the origin is one");
    let checkpoint = Checkpoint { origin, size, root }.sign(&[log_key()]).expect("the key is the log's");
    AddCheckpoint { old_size, proof, checkpoint }
}
