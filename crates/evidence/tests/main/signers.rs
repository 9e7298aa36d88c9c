//! Keys for tests, made from numbers so that every run has the same.

use assent_evidence::{
    Checkpoint, Hash, KeyName, KeyPurpose, Origin, SignedCheckpoint, SigningKey, VerifierKey,
};
use zeroize::Zeroizing;

pub(crate) const ORIGIN: &str = "ledger.example/contoso";

pub(crate) fn log_key(number: u8) -> SigningKey {
    key(ORIGIN, KeyPurpose::Log, number)
}

pub(crate) fn witness_key(number: u8) -> SigningKey {
    key("witness.example/w1", KeyPurpose::Witness, number)
}

pub(crate) fn key(name: &str, purpose: KeyPurpose, number: u8) -> SigningKey {
    SigningKey::generate(
        KeyName::parse(name).expect("the name is one"),
        purpose,
        Zeroizing::new([number; 32]),
    )
}

pub(crate) fn known(keys: &[&SigningKey]) -> Vec<VerifierKey> {
    keys.iter().map(|key| key.verifier().clone()).collect()
}

pub(crate) fn checkpoint(size: u64, root: Hash) -> Checkpoint {
    Checkpoint { origin: Origin::parse(ORIGIN).expect("the origin is one"), size, root }
}

/// A checkpoint signed by the log's key number 1.
pub(crate) fn signed(size: u64, root: Hash) -> SignedCheckpoint {
    checkpoint(size, root).sign(&[log_key(1)]).expect("the key is the log's")
}
