//! `assent verify-receipt`: with nothing but the text and the key.

#![expect(
    clippy::unwrap_used,
    reason = "a test that unwraps in vain has failed, whichever function it unwraps in"
)]

use std::fs;
use std::process::Stdio;

use assent_evidence::{
    Checkpoint, KeyName, KeyPurpose, Origin, Receipt, SigningKey, TlogProof, VerifierKey, leaf_hash,
};
use assent_testing::Server;
use tokio::io::AsyncWriteExt as _;

use crate::program::{Ran, ask, assent, command, server};

/// How far apart the bits are that are flipped. A test of the format itself flips any.
const FLIPPED_EVERY: usize = 11;

/// A decision that a server recorded before it ended.
pub(crate) struct Recorded {
    server: Server,
    /// The receipt's file.
    pub(crate) file: String,
    /// The receipt.
    pub(crate) receipt: String,
    /// A proof of the same event, which does not hold it.
    proof: String,
    /// The log's key.
    pub(crate) key: VerifierKey,
    /// The ledger, for `--database`.
    pub(crate) database: String,
}

impl Recorded {
    pub(crate) async fn new() -> Self {
        let mut server = server().await;
        server.registered("contoso", "fabrikam").await;
        let file = server.folder().join("receipt").display().to_string();
        let order = ["--partner", "contoso", "--customer", "fabrikam", "--transaction", "new-purchase"];
        let recorded = ["authorize", "--record", "--order-ref", "order-7", "--receipt", &file];
        let denied = ask(&server, &[&recorded[..], &order].concat()).await;
        assert_eq!(denied.code, 1, "{denied:?}");
        let receipt = fs::read_to_string(&file).unwrap();
        let position = TlogProof::parse(&receipt).unwrap().index + 1;
        let proof = ask(&server, &["prove", &position.to_string()]).await.stdout;
        let key =
            SigningKey::parse(&fs::read_to_string(server.folder().join("assent.db.signing-key")).unwrap());
        let key = key.unwrap().verifier().clone();
        server.terminate().await;
        let database = server.database_url();
        Self { server, file, receipt, proof, key, database }
    }

    /// Writes a file beside the receipt, and gives its path.
    pub(crate) fn write(&self, name: &str, content: &[u8]) -> String {
        let path = self.server.folder().join(name);
        fs::write(&path, content).unwrap();
        path.display().to_string()
    }

    async fn verify(&self, file: &str, more: &[&str]) -> Ran {
        let key = self.key.to_string();
        assent([&["verify-receipt", file, "--key", &key], more].concat()).await
    }
}

#[tokio::test]
async fn a_receipt_is_verified_without_a_server_and_tells_what_was_decided() {
    let it = Recorded::new().await;
    let ran = it.verify(&it.file, &[]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    let position = TlogProof::parse(&it.receipt).unwrap().index + 1;
    let origin = it.key.name();
    let first = format!(
        "PROVEN position {position} of {origin}: DENIED for a NEW_PURCHASE of customer fabrikam through partner contoso, \
         by microsoft-csp version 1\n"
    );
    assert!(ran.stdout.starts_with(&first), "{ran:?}");
    for expected in [
        "order: order-7\n",
        "because: ACCEPTANCE_MISSING (rule O1), microsoft-customer-agreement\n",
        &format!("is signed by {}, which you trust", it.key),
        &format!("it stands at position {position} of "),
        "not proven when: ",
        "not proven that it was right: ",
    ] {
        assert!(ran.stdout.contains(expected), "{expected}: {ran:?}");
    }

    let ran = it.verify(&it.file, &["--output", "json"]).await;
    let said: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.code, &said["isProven"], &said["position"]), (0, &true.into(), &position.into()));
    assert_eq!(said["event"]["orderDecided"]["decision"], "DECISION_DENIED", "{said}");
    assert_eq!(said["signedBy"][0]["key"], it.key.to_string(), "{said}");

    let key = it.key.to_string();
    let mut piped = command(["verify-receipt", "-", "--key", &key]);
    let mut piped = piped.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    piped.stdin.take().unwrap().write_all(it.receipt.as_bytes()).await.unwrap();
    let piped = piped.wait_with_output().await.unwrap();
    assert!(piped.status.success() && piped.stdout.starts_with(first.as_bytes()), "{piped:?}");
}

#[tokio::test]
async fn a_receipt_with_a_bit_flipped_anywhere_is_refused() {
    let it = Recorded::new().await;
    for at in (0..it.receipt.len()).step_by(FLIPPED_EVERY) {
        let mut flipped = it.receipt.clone().into_bytes();
        flipped[at] ^= 1 << (at % 8);
        let ran = it.verify(&it.write("flipped", &flipped), &[]).await;
        assert!([1, 3].contains(&ran.code) && !ran.stdout.starts_with("PROVEN"), "byte {at}: {ran:?}");
    }
}

#[tokio::test]
async fn a_receipt_proves_nothing_to_whoever_trusts_other_keys() {
    let it = Recorded::new().await;
    let name = KeyName::parse(it.key.name().as_str()).unwrap();
    let other = SigningKey::generate(name, KeyPurpose::Log, [7; 32].into()).verifier().to_string();
    let ran = assent(["verify-receipt", &it.file, "--key", &other]).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.stdout.starts_with("NOT PROVEN\n") && ran.stdout.contains("no known key has signed"),
        "{ran:?}"
    );
    assert!(ran.stdout.contains(&format!("{}+{:08x}", it.key.name(), it.key.id())), "{ran:?}");
    assert!(!ran.stdout.contains("fabrikam"), "what nobody vouches for is not told: {ran:?}");
    // Of several keys one is enough: a log's key is rotated.
    let both = it.verify(&it.file, &["--key", &other]).await;
    assert_eq!(both.code, 0, "{both:?}");
    let none = assent(["verify-receipt", &it.file]).await;
    assert!(none.code == 2 && none.stderr.contains("--key"), "{none:?}");
    let no_receipt = it.verify(&it.write("letter", b"Dear Sir or Madam\n"), &[]).await;
    assert!(no_receipt.code == 3 && no_receipt.stderr.contains("is no receipt"), "{no_receipt:?}");
}

#[tokio::test]
async fn a_proof_that_does_not_hold_its_event_is_verified_with_the_event() {
    let it = Recorded::new().await;
    let proof = it.write("proof", it.proof.as_bytes());
    let alone = it.verify(&proof, &[]).await;
    assert_eq!(alone.code, 1, "{alone:?}");
    assert!(alone.stdout.contains("the proof does not hold its event"), "{alone:?}");
    let mut entry = Receipt::parse(&it.receipt).unwrap().entry().to_vec();
    let with_it = it.verify(&proof, &["--entry", &it.write("entry", &entry)]).await;
    assert!(with_it.code == 0 && with_it.stdout.contains(": DENIED for a NEW_PURCHASE"), "{with_it:?}");
    entry.pop();
    let other = it.write("other", &entry);
    for file in [&proof, &it.file] {
        let refused = it.verify(file, &["--entry", &other]).await;
        assert!(refused.code == 1 && refused.stdout.starts_with("NOT PROVEN\n"), "{refused:?}");
    }
}

#[tokio::test]
async fn a_witness_says_when_and_an_event_of_a_newer_program_is_proven_and_not_told() {
    let key = |name, purpose| SigningKey::generate(KeyName::parse(name).unwrap(), purpose, [1; 32].into());
    let (log, witness) =
        (key("ledger.example", KeyPurpose::Log), key("witness.example", KeyPurpose::Witness));
    let entry = b"an event to come".to_vec();
    let origin = Origin::parse("ledger.example").unwrap();
    let checkpoint = Checkpoint { origin, size: 1, root: leaf_hash(&entry) };
    let log_key = log.verifier().to_string();
    let mut checkpoint = checkpoint.sign(&[log]).unwrap();
    checkpoint.note_mut().cosign(&witness, 1_700_000_000).unwrap();
    let receipt = Receipt::new(entry, 0, vec![], checkpoint).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), receipt.to_string()).unwrap();
    let verify = ["verify-receipt", file.path().to_str().unwrap(), "--key", &log_key];

    let unknown = assent(verify).await;
    assert_eq!(unknown.code, 0, "{unknown:?}");
    for expected in [
        "PROVEN position 1 of ledger.example: an event\n",
        "not proven other signatures: Signatures by witness.example+",
        "not proven what the event says: ",
        "not proven when: ",
        "not proven the only history: ",
    ] {
        assert!(unknown.stdout.contains(expected), "{expected}: {unknown:?}");
    }
    let witness = witness.verifier().to_string();
    let known = assent([&verify[..], &["--key", &witness]].concat()).await;
    assert!(known.stdout.contains("saw this checkpoint of 1 events at 2023-11-14T22:13:20Z"), "{known:?}");
    for unexpected in ["other signatures", "not proven when: ", "the only history"] {
        assert!(!known.stdout.contains(unexpected), "{unexpected}: {known:?}");
    }
    let alone = assent(["verify-receipt", file.path().to_str().unwrap(), "--key", &witness]).await;
    assert_eq!(alone.code, 1, "without the log's own signature there is no checkpoint: {alone:?}");
}
