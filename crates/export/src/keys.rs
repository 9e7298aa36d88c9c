//! Public keys, in the forms that other people's tools read.

use assent_evidence::{KeyPurpose, Signature, SignedCheckpoint, VerifierKey};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

/// What stands before an Ed25519 public key in a SubjectPublicKeyInfo (RFC 8410, section 4).
const SPKI_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// How the key's files are called: by its id.
pub(crate) fn name_of(key: &VerifierKey) -> String {
    format!("{:08x}", key.id())
}

/// The key as PEM, which `openssl` reads.
pub(crate) fn pem(key: &VerifierKey) -> String {
    let der = [&SPKI_PREFIX[..], key.public()].concat();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", BASE64_STANDARD.encode(der))
}

/// What the key signed the checkpoint with; none where it did not, as a key that was rotated in or out.
pub(crate) fn signature_of<'a>(checkpoint: &'a SignedCheckpoint, key: &VerifierKey) -> Option<&'a Signature> {
    let signatures = checkpoint.note().signatures();
    signatures.iter().find(|it| it.name == *key.name() && it.key_id == key.id())
}

/// Whether a signature by this key is over the checkpoint's text alone, as `openssl` checks it.
pub(crate) fn signs_plainly(key: &VerifierKey) -> bool {
    match key.purpose() {
        KeyPurpose::Log => true,
        KeyPurpose::Witness => false,
    }
}
