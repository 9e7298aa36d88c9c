//! The public keys of an issuer: a JWK set (RFC 7517).

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse};
use serde::Deserialize;
use serde_json::Value;

use crate::config::Algorithm;

/// The most keys that a set may have.
const KEYS_MAX: usize = 64;

/// The keys of a set that a token can be verified by.
#[derive(Debug)]
pub(crate) struct KeySet {
    keys: Vec<Key>,
    /// How many others the set has: for encryption, of other kinds, or secret ones.
    pub(crate) ignored: usize,
}

#[derive(Debug)]
struct Key {
    id: Option<String>,
    kind: KeyKind,
    /// The only algorithm that the key is for, where it says so.
    only: Option<KeyAlgorithm>,
    key: DecodingKey,
}

/// What an algorithm needs of a key (RFC 7518, section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyKind {
    Rsa,
    P256,
    P384,
    Ed25519,
}

/// Why there is no key for a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoKey {
    /// The set has no key of this name.
    Unknown,
    /// It has one, and that is for something else.
    OtherAlgorithm,
    /// The token names none, and several would do.
    Ambiguous,
}

/// Why something is no set of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentences say it")]
pub enum KeySetError {
    #[error("it is no JWK set: a JSON object with a list `keys`")]
    NoSet,
    #[error("it has more than {KEYS_MAX} keys")]
    TooMany,
}

impl KeySet {
    /// The keys of a set. Those that can't be used here are left out (RFC 7517, section 5). None may be left: an issuer
    /// withdraws its last key by publishing a set without it.
    pub(crate) fn parse(json: &[u8]) -> Result<Self, KeySetError> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        let Set { keys } = serde_json::from_slice(json).map_err(|_| KeySetError::NoSet)?;
        if keys.len() > KEYS_MAX {
            return Err(KeySetError::TooMany);
        }
        let all = keys.len();
        let keys: Vec<_> = keys.into_iter().filter_map(Key::parse).collect();
        Ok(Self { ignored: all - keys.len(), keys })
    }

    /// Whether no token at all holds by it.
    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The key for a token that is signed by this algorithm, and that names a key or none.
    pub(crate) fn key(&self, id: Option<&str>, algorithm: Algorithm) -> Result<&DecodingKey, NoKey> {
        let named = |it: &&Key| id.is_none_or(|id| it.id.as_deref() == Some(id));
        let mut fitting = self.keys.iter().filter(named).filter(|it| it.fits(algorithm));
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Ok(&key.key),
            (Some(_), Some(_)) => Err(NoKey::Ambiguous),
            (None, _) if self.keys.iter().any(|it| named(&it)) => Err(NoKey::OtherAlgorithm),
            (None, _) => Err(NoKey::Unknown),
        }
    }
}

impl Key {
    fn parse(json: Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(json).ok()?;
        let kind = match &jwk.algorithm {
            AlgorithmParameters::RSA(_) => KeyKind::Rsa,
            AlgorithmParameters::EllipticCurve(it) => match it.curve {
                EllipticCurve::P256 => KeyKind::P256,
                EllipticCurve::P384 => KeyKind::P384,
                _ => return None,
            },
            AlgorithmParameters::OctetKeyPair(it) if it.curve == EllipticCurve::Ed25519 => KeyKind::Ed25519,
            // A secret (`oct`) in a set of public keys is nobody's proof.
            _ => return None,
        };
        let is_for_signatures = match &jwk.common.public_key_use {
            Some(it) => *it == PublicKeyUse::Signature,
            None => true,
        };
        let verifies = jwk.common.key_operations.as_ref();
        let verifies = verifies.is_none_or(|it| it.contains(&KeyOperations::Verify));
        if !is_for_signatures || !verifies {
            return None;
        }
        let key = DecodingKey::from_jwk(&jwk).ok()?;
        Some(Self { id: jwk.common.key_id, kind, only: jwk.common.key_algorithm, key })
    }

    fn fits(&self, algorithm: Algorithm) -> bool {
        let kind = match algorithm {
            Algorithm::Rs256 | Algorithm::Rs384 | Algorithm::Rs512 => KeyKind::Rsa,
            Algorithm::Ps256 | Algorithm::Ps384 | Algorithm::Ps512 => KeyKind::Rsa,
            Algorithm::Es256 => KeyKind::P256,
            Algorithm::Es384 => KeyKind::P384,
            Algorithm::EdDsa => KeyKind::Ed25519,
        };
        self.kind == kind && self.only.is_none_or(|it| it == KeyAlgorithm::from(jwa(algorithm)))
    }
}

/// The algorithm as the library that verifies signatures has it.
pub(crate) const fn jwa(algorithm: Algorithm) -> jsonwebtoken::Algorithm {
    use jsonwebtoken::Algorithm as Jwa;
    match algorithm {
        Algorithm::Rs256 => Jwa::RS256,
        Algorithm::Rs384 => Jwa::RS384,
        Algorithm::Rs512 => Jwa::RS512,
        Algorithm::Ps256 => Jwa::PS256,
        Algorithm::Ps384 => Jwa::PS384,
        Algorithm::Ps512 => Jwa::PS512,
        Algorithm::Es256 => Jwa::ES256,
        Algorithm::Es384 => Jwa::ES384,
        Algorithm::EdDsa => Jwa::EdDSA,
    }
}
