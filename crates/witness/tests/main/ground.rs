//! A witness on a socket of its own, and a log that it knows.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use assent_evidence::{
    Checkpoint, Frontier, Hash, KeyName, KeyPurpose, Origin, SignedCheckpoint, SigningKey, TileId, TileNodes,
    VerifierKey, leaf_hash, prove_consistency,
};
use assent_witness::{AddCheckpoint, Answer, ClientError, Witness, WitnessClient, serve};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use zeroize::Zeroizing;

pub(crate) const ORIGIN: &str = "ledger.example/contoso";
/// The second at which all cosignatures of these tests are made.
pub(crate) const NOW: u64 = 1_700_000_000;
/// No test waits as long, unless something hangs.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(60);

/// A running witness, which ends with this.
pub(crate) struct Ground {
    pub(crate) url: String,
    folder: Arc<TempDir>,
    server: JoinSet<()>,
}

impl Ground {
    pub(crate) async fn new() -> Self {
        Self::on(Arc::new(tempfile::tempdir().expect("a temporary folder can be made"))).await
    }

    /// Ends the witness as a crash would, and starts another one on the same file.
    pub(crate) async fn restarted(self) -> Self {
        let Self { url: _, folder, mut server } = self;
        server.shutdown().await;
        Self::on(folder).await
    }

    async fn on(folder: Arc<TempDir>) -> Self {
        let logs = vec![log_key(1).verifier().clone(), log_key(2).verifier().clone()];
        // What is still being written holds the file's lock for a moment.
        let path = folder.path().join("state");
        let witness = loop {
            match Witness::open(witness_key(), logs.clone(), &path) {
                Ok(witness) => break Arc::new(witness),
                Err(assent_witness::StateError::InUse { .. }) => tokio::task::yield_now().await,
                Err(error) => panic!("{error}"),
            }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let mut server = JoinSet::new();
        server.spawn(serve(listener, witness, || NOW, std::future::pending()));
        Self { url, folder, server }
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    pub(crate) fn client(&self) -> WitnessClient {
        client(&self.url)
    }

    pub(crate) async fn add(&self, request: &AddCheckpoint) -> Result<Answer, ClientError> {
        self.client().add_checkpoint(request).await
    }
}

pub(crate) fn client(url: &str) -> WitnessClient {
    WitnessClient::new(url, vec![witness_key().verifier().clone()], TIMEOUT).expect("the address is a URL")
}

pub(crate) fn log_key(number: u8) -> SigningKey {
    key(ORIGIN, KeyPurpose::Log, number)
}

pub(crate) fn witness_key() -> SigningKey {
    key("witness.example/w1", KeyPurpose::Witness, 200)
}

pub(crate) fn key(name: &str, purpose: KeyPurpose, number: u8) -> SigningKey {
    let name = KeyName::parse(name).expect("the name is one");
    SigningKey::generate(name, purpose, Zeroizing::new([number; 32]))
}

/// A log with a history of its own.
pub(crate) struct Log {
    leaves: Vec<Hash>,
}

impl Log {
    /// `size` leaves, of which those from `fork` on are others than any other log's.
    pub(crate) fn new(size: u64, fork: u64, history: u8) -> Self {
        let leaf = |number: u64| {
            let history = if number < fork { 0 } else { history };
            leaf_hash(&[&number.to_be_bytes()[..], &[history]].concat())
        };
        Self { leaves: (0..size).map(leaf).collect() }
    }

    pub(crate) fn checkpoint(&self, size: u64) -> SignedCheckpoint {
        let origin = Origin::parse(ORIGIN).expect("the origin is one");
        let mut frontier = Frontier::new();
        self.leaves[..size as usize].iter().for_each(|leaf| frontier.push(*leaf));
        let checkpoint = Checkpoint { origin, size, root: frontier.root() };
        checkpoint.sign(&[log_key(1)]).expect("the key is the log's")
    }

    /// What asks a witness to go from one size to another.
    pub(crate) fn request(&self, old_size: u64, size: u64) -> AddCheckpoint {
        let row = self.leaves[..size as usize].concat();
        // The trees of these tests fit into one tile.
        let nodes = |tile| (tile, TileNodes::from_bottom_row(&row).expect("the tree fits into a tile"));
        let tiles: HashMap<TileId, TileNodes> = TileId::of(0, 0, size).map(nodes).into_iter().collect();
        let proof = match old_size {
            0 => vec![],
            _ => prove_consistency(old_size, size, &tiles).expect("the sizes rise"),
        };
        AddCheckpoint { old_size, proof, checkpoint: self.checkpoint(size) }
    }
}

/// Whether an answer is a cosignature of this checkpoint by the witness, at the time of these tests.
pub(crate) fn cosigned(answer: &Answer, checkpoint: &SignedCheckpoint) -> bool {
    let Answer::Cosigned(lines) = answer else { return false };
    let mut checkpoint = checkpoint.clone();
    lines.iter().for_each(|line| checkpoint.note_mut().add(line.clone()).expect("there is room"));
    let known: Vec<VerifierKey> = vec![log_key(1).verifier().clone(), witness_key().verifier().clone()];
    let signed_by = checkpoint.verify(&known).expect("all signatures hold");
    signed_by.iter().any(|by| by.cosigned_at == Some(NOW))
}

/// The state as the file has it.
pub(crate) fn stored(state: &Path) -> String {
    std::fs::read_to_string(state).expect("the witness has made its file")
}
