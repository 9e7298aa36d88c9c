//! The private half of a key.

use std::fmt;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use zeroize::Zeroizing;

use crate::key::{KEY_BYTES, KeyError, KeyName, KeyPurpose, VerifierKey, parts};
use crate::text;

/// What the text of a private key begins with.
const PREFIX: &str = "PRIVATE+KEY+";

/// A key that signs. Nothing but [`SigningKey::to_text`] shows its secret, and its memory is cleared.
pub struct SigningKey {
    verifier: VerifierKey,
    seed: Zeroizing<[u8; KEY_BYTES]>,
    pair: Ed25519KeyPair,
}

impl SigningKey {
    /// Makes a key of 32 random bytes, which must come from a source fit for keys.
    pub fn generate(name: KeyName, purpose: KeyPurpose, random: Zeroizing<[u8; KEY_BYTES]>) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(random.as_slice()).expect("a seed has 32 bytes");
        let public = pair.public_key().as_ref().try_into().expect("an Ed25519 public key has 32 bytes");
        Self { verifier: VerifierKey::new(name, purpose, public), seed: random, pair }
    }

    /// Reads `PRIVATE+KEY+name+id+base64(type || seed)`, the form of Go's `x/mod/sumdb/note`. A newline at the end is left out.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let text = text.strip_suffix('\n').unwrap_or(text);
        let parts = parts(text.strip_prefix(PREFIX).ok_or(KeyError::Layout)?)?;
        let mut seed = Zeroizing::new([0; KEY_BYTES]);
        seed.copy_from_slice(&parts.bytes);
        let key = Self::generate(parts.name, parts.purpose, seed);
        if format!("{:08x}", key.verifier.id()) == parts.id { Ok(key) } else { Err(KeyError::Id) }
    }

    /// The text that [`SigningKey::parse`] reads, without a newline. It is the secret.
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut typed = Zeroizing::new([0; 1 + KEY_BYTES]);
        typed[0] = self.verifier.purpose().type_byte();
        typed[1..].copy_from_slice(self.seed.as_slice());
        let secret = Zeroizing::new(text::to_base64(typed.as_slice()));
        let (name, id) = (self.verifier.name(), self.verifier.id());
        // Written in one piece: a text that grows would leave copies of itself behind.
        let mut text =
            Zeroizing::new(String::with_capacity(PREFIX.len() + name.as_str().len() + 10 + secret.len()));
        for part in [PREFIX, name.as_str(), "+", &format!("{id:08x}"), "+", secret.as_str()] {
            text.push_str(part);
        }
        text
    }

    /// The public half.
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.pair.sign(message).as_ref().to_vec()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SigningKey({})", self.verifier)
    }
}
