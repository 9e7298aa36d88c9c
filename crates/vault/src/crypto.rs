//! The few cryptographic functions that boxes, wrapped keys and fingerprints are made of.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use zeroize::Zeroizing;

pub(crate) const KEY_BYTES: usize = 32;
pub(crate) const NONCE_BYTES: usize = 12;

/// A secret that is overwritten when it is dropped.
pub(crate) type Key = Zeroizing<[u8; KEY_BYTES]>;

/// AES-256-GCM: `plaintext` becomes the ciphertext followed by the tag.
pub(crate) fn encrypt(key: &Key, nonce: [u8; NONCE_BYTES], aad: &[u8], plaintext: &mut Vec<u8>) {
    let nonce = Nonce::assume_unique_for_key(nonce);
    cipher(key)
        .seal_in_place_append_tag(nonce, Aad::from(aad), plaintext)
        .expect("a box is far below GCM's limits");
}

/// The plaintext, or none where key, nonce, associated data and ciphertext do not belong together.
pub(crate) fn decrypt(
    key: &Key,
    nonce: [u8; NONCE_BYTES],
    aad: &[u8],
    ciphertext: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let nonce = Nonce::assume_unique_for_key(nonce);
    let mut buffer = Zeroizing::new(ciphertext.to_vec());
    let length = cipher(key).open_in_place(nonce, Aad::from(aad), &mut buffer).ok()?.len();
    buffer.truncate(length);
    Some(buffer)
}

/// HMAC-SHA-256.
pub(crate) fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message);
    tag.as_ref().try_into().expect("HMAC-SHA-256 gives 32 bytes")
}

/// A key that fingerprints are made with: what HMAC-SHA-256 makes of it is made once.
pub(crate) struct FingerprintKey(hmac::Key);

impl FingerprintKey {
    pub(crate) fn new(key: &Key) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key.as_slice()))
    }

    /// HMAC-SHA-256 of the parts, as [`length_prefixed`] puts them together.
    pub(crate) fn fingerprint<'a>(&self, parts: impl IntoIterator<Item = &'a [u8]>) -> [u8; 32] {
        let mut message = hmac::Context::with_key(&self.0);
        for part in parts {
            message.update(&length_of(part));
            message.update(part);
        }
        message.sign().as_ref().try_into().expect("HMAC-SHA-256 gives 32 bytes")
    }
}

fn length_of(part: &[u8]) -> [u8; 4] {
    u32::try_from(part.len()).expect("a part comes from a message of at most 2 MiB").to_be_bytes()
}

/// Each part with its length before it, 32 bits big-endian, so that no two lists of parts give the same bytes.
pub(crate) fn length_prefixed(parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(parts.iter().map(|part| part.len() + 4).sum());
    for part in parts {
        bytes.extend_from_slice(&length_of(part));
        bytes.extend_from_slice(part);
    }
    bytes
}

/// Random bytes from the operating system.
pub(crate) fn random<const LENGTH: usize>() -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    fill_with_random(&mut bytes);
    bytes
}

/// The same into bytes that are there.
pub(crate) fn fill_with_random(bytes: &mut [u8]) {
    // There is nothing sensible to do without randomness; every system we run on gives it once it is up.
    getrandom::fill(bytes).expect("the operating system gives random bytes");
}

fn cipher(key: &Key) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.as_slice()).expect("an AES-256 key is 32 bytes long"))
}
