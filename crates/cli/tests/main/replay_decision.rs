//! `assent replay-decision`: what it believes of a receipt.

#![expect(
    clippy::unwrap_used,
    reason = "a test that unwraps in vain has failed, whichever function it unwraps in"
)]

use assent_evidence::{Hash, SignedCheckpoint, TlogProof};

use crate::program::assent;
use crate::verify_receipt::Recorded;

/// The receipt with a root and hashes that are all zeros, and all the rest as it was.
fn with_zeros(receipt: &str) -> String {
    let proof = TlogProof::parse(receipt).unwrap();
    let checkpoint = proof.checkpoint.to_string();
    let root = checkpoint.lines().nth(2).unwrap();
    let zeros = format!("{}=", "A".repeat(43));
    let checkpoint: SignedCheckpoint = checkpoint.replacen(root, &zeros, 1).parse().unwrap();
    let hashes: Vec<Hash> = vec![[0; 32]; proof.hashes.len()];
    TlogProof { hashes, checkpoint, ..proof }.to_string()
}

#[tokio::test]
async fn a_receipt_whose_hashes_lead_nowhere_is_refused_also_where_no_key_is_given() {
    let it = Recorded::new().await;
    let replay = async |receipt: &str| assent(["replay-decision", receipt, "--database", &it.database]).await;
    let forged = it.write("forged", with_zeros(&it.receipt).as_bytes());
    let refused = replay(&forged).await;
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stdout.starts_with("NOT THE SAME the receipt does not hold"), "{refused:?}");
    assert!(refused.stdout.contains("leads to another root"), "{refused:?}");
    let json = assent(["replay-decision", &forged, "--database", &it.database, "--output", "json"]).await;
    let said: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((json.code, &said["same"]), (1, &false.into()), "{json:?}");

    let unsigned = replay(&it.file).await;
    assert!(unsigned.code == 0 && unsigned.stdout.starts_with("SAME the decision"), "{unsigned:?}");
    assert!(unsigned.stdout.contains("not checked who signed the receipt"), "{unsigned:?}");
    assert!(unsigned.stdout.contains(&format!("events of {},", it.key.name())), "{unsigned:?}");
    let key = it.key.to_string();
    let signed = assent(["replay-decision", &it.file, "--database", &it.database, "--key", &key]).await;
    assert!(signed.code == 0 && !signed.stdout.contains("not checked"), "{signed:?}");
}
