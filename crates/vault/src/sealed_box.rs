//! The sealed box: what stands in an entry in place of a personal item. Its layout is for ever.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use zeroize::Zeroizing;

use crate::crypto::{self, KEY_BYTES, Key, NONCE_BYTES, hmac_sha256, length_prefixed};
use crate::error::UnsealError;

/// The one suite so far: AES-256-GCM, HMAC-SHA-256, a salt of 32 bytes.
pub const SUITE: u32 = 1;

pub(crate) const SALT_BYTES: usize = 32;

/// A personal item that only its key can open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedBox {
    /// [`SUITE`].
    pub suite: u32,
    /// The vault row that holds the key: unique, and without a meaning of its own.
    pub key_id: [u8; 16],
    /// Random.
    pub nonce: [u8; NONCE_BYTES],
    /// AES-256-GCM of salt || plaintext, with the tag at the end.
    pub ciphertext: Vec<u8>,
    /// HMAC-SHA-256 of the plaintext under the salt: binds the box to its one plaintext, also for a reader who is
    /// given salt and plaintext but not the key.
    pub commitment: [u8; 32],
}

/// Whose item it is. A box moved to another relationship does not open there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject<'a> {
    /// The partner's id; empty where there is none.
    pub partner: &'a str,
    /// The customer's id; empty where there is none.
    pub customer: &'a str,
}

/// What kind of item it is. The numbers are given by whoever defines the items, and are for ever too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Kind(pub u32);

/// Everything random about a box.
pub(crate) struct Randomness {
    pub(crate) key_id: [u8; 16],
    pub(crate) key: Key,
    pub(crate) nonce: [u8; NONCE_BYTES],
    pub(crate) salt: [u8; SALT_BYTES],
    /// For the key, when it is wrapped.
    pub(crate) wrapping_nonce: [u8; NONCE_BYTES],
}

/// How much of a key id says when it was drawn: milliseconds since 1970, big-endian, as in a UUIDv7.
const KEY_ID_TIME_BYTES: usize = 6;
const MICROS_PER_MILLI: u64 = 1_000;

impl Randomness {
    /// All of it in one call of the operating system: several for each box would cost more than the box.
    ///
    /// The key id begins with the time, so that the rows of a commit lie beside each other in every index over them: at random
    /// places each would write pages of its own. Microseconds since 1970; what is before that counts as 1970.
    pub(crate) fn draw(at: i64) -> Self {
        let mut drawn = Zeroizing::new([0; 16 + KEY_BYTES + NONCE_BYTES + SALT_BYTES + NONCE_BYTES]);
        crypto::fill_with_random(&mut *drawn);
        let mut randomness = Self {
            key_id: [0; 16],
            key: Zeroizing::default(),
            nonce: [0; NONCE_BYTES],
            salt: [0; SALT_BYTES],
            wrapping_nonce: [0; NONCE_BYTES],
        };
        let (key_id, rest) = drawn.split_at(randomness.key_id.len());
        let (key, rest) = rest.split_at(KEY_BYTES);
        let (nonce, rest) = rest.split_at(NONCE_BYTES);
        let (salt, wrapping_nonce) = rest.split_at(SALT_BYTES);
        randomness.key_id.copy_from_slice(key_id);
        let millis = (u64::try_from(at).unwrap_or_default() / MICROS_PER_MILLI).to_be_bytes();
        randomness.key_id[..KEY_ID_TIME_BYTES].copy_from_slice(&millis[8 - KEY_ID_TIME_BYTES..]);
        randomness.key.copy_from_slice(key);
        randomness.nonce.copy_from_slice(nonce);
        randomness.salt.copy_from_slice(salt);
        randomness.wrapping_nonce.copy_from_slice(wrapping_nonce);
        randomness
    }
}

/// What was in a box, with what shows to anybody that it was: HMAC-SHA-256(salt, plaintext) is the box's commitment.
#[derive(Clone, PartialEq, Eq)]
pub struct Disclosed {
    /// Drawn when the box was sealed.
    pub salt: [u8; SALT_BYTES],
    /// As it was sealed.
    pub plaintext: Vec<u8>,
}

impl SealedBox {
    pub(crate) fn seal(subject: Subject<'_>, kind: Kind, plaintext: &[u8], randomness: &Randomness) -> Self {
        let Randomness { key_id, key, nonce, salt, wrapping_nonce: _ } = randomness;
        let mut ciphertext = [salt, plaintext].concat();
        crypto::encrypt(key, *nonce, &associated_data(subject, kind, key_id), &mut ciphertext);
        Self {
            suite: SUITE,
            key_id: *key_id,
            nonce: *nonce,
            ciphertext,
            commitment: hmac_sha256(salt, plaintext),
        }
    }

    pub(crate) fn open(&self, key: &Key, subject: Subject<'_>, kind: Kind) -> Result<Disclosed, UnsealError> {
        let corrupt = |finding| UnsealError::Corrupt { key_id: self.key_id, finding };
        let aad = associated_data(subject, kind, &self.key_id);
        let opened = crypto::decrypt(key, self.nonce, &aad, &self.ciphertext)
            .ok_or_else(|| corrupt("it does not open with its key for this subject and kind"))?;
        let (salt, plaintext) =
            opened.split_first_chunk::<SALT_BYTES>().ok_or_else(|| corrupt("it holds no salt"))?;
        verify_slices_are_equal(&hmac_sha256(salt, plaintext), &self.commitment)
            .map_err(|_| corrupt("its commitment is to another plaintext"))?;
        Ok(Disclosed { salt: *salt, plaintext: plaintext.to_vec() })
    }
}

fn associated_data(subject: Subject<'_>, kind: Kind, key_id: &[u8; 16]) -> Vec<u8> {
    let Subject { partner, customer } = subject;
    let Kind(kind) = kind;
    length_prefixed(&[b"assent box 1", partner.as_bytes(), customer.as_bytes(), &kind.to_be_bytes(), key_id])
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUBJECT: Subject<'static> = Subject { partner: "partner-1", customer: "customer-1" };
    const KIND: Kind = Kind(1);
    const PLAINTEXT: &[u8] = b"ada@example.com";

    fn randomness() -> Randomness {
        Randomness {
            key_id: [2; 16],
            key: Zeroizing::new([3; 32]),
            nonce: [4; 12],
            salt: [5; SALT_BYTES],
            wrapping_nonce: [6; 12],
        }
    }

    #[test]
    fn the_bytes_of_a_box_are_for_ever() {
        let sealed_box = SealedBox::seal(SUBJECT, KIND, PLAINTEXT, &randomness());
        let SealedBox { suite, key_id, nonce, ciphertext, commitment } = &sealed_box;
        assert_eq!((*suite, *key_id, *nonce), (1, [2; 16], [4; 12]));
        let golden = "452216c8a89b021b9c11855b74513c7594798a6946c642e72d6d0294268bec59\
                      c21d559c242b892a695ee5324edb812dad8f9d36d7608e46968fa51b2043e5";
        assert_eq!(hex::encode(ciphertext), golden);
        assert!(crate::shown_in_the_format(golden));
        let golden = "7b6186c287610f4bad807cabaa154c91f61b94bb28733255ac2c5bee80af345c";
        assert_eq!(hex::encode(commitment), golden);
        assert!(crate::shown_in_the_format(golden));
        assert_eq!(sealed_box.open(&randomness().key, SUBJECT, KIND).unwrap().plaintext, PLAINTEXT);
    }

    #[test]
    fn the_associated_data_is_for_ever() {
        let golden = "0000000c617373656e7420626f782031\
                      00000009706172746e65722d31\
                      0000000a637573746f6d65722d31\
                      0000000400000001\
                      0000001002020202020202020202020202020202";
        assert_eq!(hex::encode(associated_data(SUBJECT, KIND, &[2; 16])), golden);
    }

    #[test]
    fn a_box_with_another_commitment_is_corrupt() {
        let mut sealed_box = SealedBox::seal(SUBJECT, KIND, PLAINTEXT, &randomness());
        sealed_box.commitment[31] ^= 1;
        let error = sealed_box.open(&randomness().key, SUBJECT, KIND).map(drop).unwrap_err();
        assert_eq!(
            error.to_string(),
            "box 02020202020202020202020202020202 is corrupt: its commitment is to another plaintext"
        );
    }

    #[test]
    fn a_box_too_short_for_its_salt_is_corrupt() {
        let Randomness { key_id, key, nonce, .. } = randomness();
        let mut ciphertext = vec![5; SALT_BYTES - 1];
        crypto::encrypt(&key, nonce, &associated_data(SUBJECT, KIND, &key_id), &mut ciphertext);
        let sealed_box = SealedBox { suite: SUITE, key_id, nonce, ciphertext, commitment: [0; 32] };
        let error = sealed_box.open(&key, SUBJECT, KIND).map(drop).unwrap_err();
        assert!(matches!(error, UnsealError::Corrupt { finding: "it holds no salt", .. }), "{error}");
    }
}
