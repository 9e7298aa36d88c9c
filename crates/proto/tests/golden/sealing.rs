//! Sealed boxes, made and opened by what `docs/format.md` says alone: the vault that makes them in earnest is another
//! crate, with tests of its own.

use assent_proto::event::SealedBox;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use bytes::Bytes;

/// Everything that a box's bytes come from.
pub(crate) struct Item<'a> {
    pub(crate) partner: &'a str,
    pub(crate) customer: &'a str,
    pub(crate) kind: u32,
    pub(crate) plaintext: &'a [u8],
    /// What the key id is filled with; the key has the byte after it, then nonce and salt.
    pub(crate) fill: u8,
}

impl Item<'_> {
    pub(crate) fn seal(&self) -> SealedBox {
        let (key_id, nonce, salt) = ([self.fill; 16], [self.fill + 2; 12], [self.fill + 3; 32]);
        let mut ciphertext = [salt.as_slice(), self.plaintext].concat();
        let aad = Aad::from(self.associated_data());
        let sealed = Nonce::assume_unique_for_key(nonce);
        self.key().seal_in_place_append_tag(sealed, aad, &mut ciphertext).expect("a box is small");
        let commitment = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &salt), self.plaintext);
        SealedBox {
            suite: 1,
            key_id: Bytes::copy_from_slice(&key_id),
            nonce: Bytes::copy_from_slice(&nonce),
            ciphertext: ciphertext.into(),
            commitment: Bytes::copy_from_slice(commitment.as_ref()),
        }
    }

    /// The plaintext of a box, salt cut off.
    pub(crate) fn open(&self, sealed: &SealedBox) -> Vec<u8> {
        let nonce = Nonce::try_assume_unique_for_key(&sealed.nonce).expect("a nonce has 12 bytes");
        let mut buffer = sealed.ciphertext.to_vec();
        let opened = self
            .key()
            .open_in_place(nonce, Aad::from(self.associated_data()), &mut buffer)
            .expect("it is its box");
        opened[32..].to_vec()
    }

    fn key(&self) -> LessSafeKey {
        LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &[self.fill + 1; 32]).expect("a key has 32 bytes"))
    }

    /// lp("assent box 1", partner id, customer id, kind, key id).
    fn associated_data(&self) -> Vec<u8> {
        let (kind, key_id) = (self.kind.to_be_bytes(), [self.fill; 16]);
        let parts: [&[u8]; 5] =
            [b"assent box 1", self.partner.as_bytes(), self.customer.as_bytes(), &kind, &key_id];
        let length = |part: &[u8]| u32::try_from(part.len()).expect("a part is short").to_be_bytes();
        parts.iter().flat_map(|part| [&length(part)[..], part].concat()).collect()
    }
}
