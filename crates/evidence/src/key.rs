//! Keys of signed notes: names, key ids, and the text of a verifier key.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};

use crate::hash::sha256;
use crate::text;

/// The length of an Ed25519 public key, and of the seed of a private one (RFC 8032).
pub const KEY_BYTES: usize = 32;

/// What a key signs. The same 32 bytes under another purpose are another key, with another id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyPurpose {
    /// Type 0x01: a log signs its checkpoints (C2SP `signed-note`).
    Log,
    /// Type 0x04: a witness cosigns checkpoints, with the time at which it did (C2SP `tlog-cosignature`).
    Witness,
}

impl KeyPurpose {
    pub(crate) fn type_byte(self) -> u8 {
        match self {
            Self::Log => 0x01,
            Self::Witness => 0x04,
        }
    }

    pub(crate) fn from_type_byte(byte: u8) -> Option<Self> {
        [Self::Log, Self::Witness].into_iter().find(|purpose| purpose.type_byte() == byte)
    }
}

/// The name of a key: not empty, without spaces, control characters and plus signs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyName(String);

impl KeyName {
    /// Takes a name, where it is one.
    pub fn parse(name: &str) -> Result<Self, KeyError> {
        let is_name = !name.is_empty() && !name.chars().any(|c| c == '+' || c.is_whitespace() || c < ' ');
        if is_name { Ok(Self(name.to_owned())) } else { Err(KeyError::Name) }
    }

    /// The name's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The public half of a key. Its text is `name+id+base64(type || key)`, which other programs call a vkey.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VerifierKey {
    name: KeyName,
    purpose: KeyPurpose,
    public: [u8; KEY_BYTES],
}

impl VerifierKey {
    /// The key with this name, purpose and Ed25519 public key.
    pub fn new(name: KeyName, purpose: KeyPurpose, public: [u8; KEY_BYTES]) -> Self {
        Self { name, purpose, public }
    }

    /// The key's name; that of a log's key is the origin of its checkpoints.
    pub fn name(&self) -> &KeyName {
        &self.name
    }

    /// What the key signs.
    pub fn purpose(&self) -> KeyPurpose {
        self.purpose
    }

    /// The Ed25519 public key.
    pub fn public(&self) -> &[u8; KEY_BYTES] {
        &self.public
    }

    /// What stands before every signature by this key: the first four bytes of
    /// SHA-256(name || newline || type || public key), read big-endian.
    pub fn id(&self) -> u32 {
        let labelled =
            [self.name.as_str().as_bytes(), b"\n", &[self.purpose.type_byte()], &self.public].concat();
        let [a, b, c, d, ..] = sha256(&labelled);
        u32::from_be_bytes([a, b, c, d])
    }

    pub(crate) fn accepts(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.public).verify(message, signature).is_ok()
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let typed = [&[self.purpose.type_byte()][..], &self.public].concat();
        write!(formatter, "{}+{:08x}+{}", self.name, self.id(), text::to_base64(typed))
    }
}

impl FromStr for VerifierKey {
    type Err = KeyError;

    /// Reads the text of a verifier key. The id in it must be the one that belongs to the key.
    fn from_str(text: &str) -> Result<Self, KeyError> {
        let Parts { name, id, purpose, bytes } = parts(text)?;
        let key = Self::new(name, purpose, bytes.as_slice().try_into().map_err(|_| KeyError::Layout)?);
        if format!("{:08x}", key.id()) == id { Ok(key) } else { Err(KeyError::Id) }
    }
}

/// What the texts of public and private keys have in common: `name+id+base64(type || bytes)`.
pub(crate) struct Parts<'a> {
    pub(crate) name: KeyName,
    pub(crate) id: &'a str,
    pub(crate) purpose: KeyPurpose,
    pub(crate) bytes: zeroize::Zeroizing<Vec<u8>>,
}

pub(crate) fn parts(text: &str) -> Result<Parts<'_>, KeyError> {
    let mut parts = text.splitn(3, '+');
    let (name, id, key) = match (parts.next(), parts.next(), parts.next()) {
        (Some(name), Some(id), Some(key)) => (KeyName::parse(name)?, id, key),
        _ => return Err(KeyError::Layout),
    };
    // Whatever this holds may be a private key's seed.
    let mut bytes = zeroize::Zeroizing::new(text::from_base64(key).ok_or(KeyError::Layout)?);
    if bytes.len() != 1 + KEY_BYTES {
        return Err(KeyError::Layout);
    }
    let purpose = KeyPurpose::from_type_byte(bytes.remove(0)).ok_or(KeyError::Algorithm)?;
    Ok(Parts { name, id, purpose, bytes })
}

/// Why a text is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// The text has not the parts of a key, or its last part is not 33 bytes in base64.
    Layout,
    /// The name is empty, or has a space, a control character or a plus sign.
    Name,
    /// The key is of a type that is neither Ed25519 nor a cosignature by Ed25519.
    Algorithm,
    /// The id belongs to another name or another key.
    Id,
}

impl fmt::Display for KeyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Layout => "the text has not the parts of a key",
            Self::Name => "a key's name is not empty and has no spaces, control characters and plus signs",
            Self::Algorithm => "the key is of a type that is not known here (0x01 and 0x04 are)",
            Self::Id => "the id in the key's text belongs to another name or key",
        })
    }
}

impl std::error::Error for KeyError {}
