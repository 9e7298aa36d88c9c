//! Boxes with commitments that hold. Nothing in an export is ever decrypted, so the ciphertext is as good as random.

use assent_evidence::sha256;
use assent_export::{Disclosure, Opened};
use assent_proto::event::SealedBox;
use aws_lc_rs::hmac;
use bytes::Bytes;

/// Seals an item; `number` makes its key id and salt.
pub(crate) fn seal(number: u64, kind: u8, plaintext: &[u8]) -> (SealedBox, Disclosure) {
    let own = |what: u8| sha256(&[&number.to_be_bytes()[..], &[kind, what]].concat());
    let (id, salt) = (own(1), own(2));
    let key_id: [u8; 16] = id[..16].try_into().expect("half of a hash has 16 bytes");
    let commitment = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &salt), plaintext);
    let sealed = SealedBox {
        suite: 1,
        key_id: Bytes::copy_from_slice(&key_id),
        nonce: Bytes::copy_from_slice(&own(3)[..12]),
        ciphertext: Bytes::copy_from_slice(&[&own(4)[..], plaintext, &own(5)[..16]].concat()),
        commitment: Bytes::copy_from_slice(commitment.as_ref()),
    };
    (sealed, Disclosure { key_id, opened: Opened::Plain { salt, plaintext: plaintext.to_vec() } })
}
