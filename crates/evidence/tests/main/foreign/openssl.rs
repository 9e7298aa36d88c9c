//! `openssl` over the signatures: what an auditor has at hand who has nothing of ours.

use std::fs;
use std::path::Path;
use std::process::Command;

use assent_evidence::{SignedCheckpoint, SigningKey};

use crate::signers::{log_key, signed, witness_key};

/// What stands before the 32 bytes of an Ed25519 public key in DER (RFC 8410).
const DER_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

#[test]
fn openssl_verifies_the_signature_over_the_lines_of_a_checkpoint() {
    let signed = signed(1234, [9; 32]);
    let text = signed.note().text().as_bytes();
    let signature = &signed.note().signatures()[0].bytes;
    assert!(openssl_believes(&log_key(1), text, signature));
    assert!(!openssl_believes(&log_key(2), text, signature));
    let changed = signed.note().text().replace("1234", "1235");
    assert!(!openssl_believes(&log_key(1), changed.as_bytes(), signature));
}

#[test]
fn openssl_verifies_a_cosignature_over_its_header_and_the_same_lines() {
    let mut signed: SignedCheckpoint = signed(1234, [9; 32]);
    signed.note_mut().cosign(&witness_key(3), 1_700_000_000).unwrap();
    let (time, signature) = signed.note().signatures()[1].bytes.split_at(8);
    assert_eq!(time, 1_700_000_000_u64.to_be_bytes());
    let message = format!("cosignature/v1\ntime 1700000000\n{}", signed.note().text());
    assert!(openssl_believes(&witness_key(3), message.as_bytes(), signature));
    let later = message.replace("1700000000", "1700000001");
    assert!(!openssl_believes(&witness_key(3), later.as_bytes(), signature));
}

fn openssl_believes(key: &SigningKey, text: &[u8], signature: &[u8]) -> bool {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).expect("the folder can be written to");
        path
    };
    let public = [&DER_PREFIX[..], key.verifier().public()].concat();
    let (key, text, signature) =
        (write("key.der", &public), write("text", text), write("signature", signature));
    let verify = |key: &Path| {
        Command::new("openssl")
            .args(["pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-rawin", "-inkey"])
            .arg(key)
            .arg("-in")
            .arg(&text)
            .arg("-sigfile")
            .arg(&signature)
            .output()
            .expect("openssl is installed (tests/run does it)")
    };
    let output = verify(&key);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("Signature Verif"), "openssl read key, text and signature: {output:?}");
    output.status.success()
}
