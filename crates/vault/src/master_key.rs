//! The key that wraps all others. It lives outside the database.

use std::fmt;
use std::fs;
use std::path::Path;

use assent_event_log::KeyRow;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::crypto::{self, KEY_BYTES, Key, NONCE_BYTES, hmac_sha256, length_prefixed};
use crate::error::MasterKeyError;

/// A master key: 32 random bytes.
#[derive(Clone)]
pub struct MasterKey(Key);

/// The name of a master key, safe to show: the first 8 bytes of SHA-256("assent master key id" || key).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MasterKeyId(pub [u8; 8]);

impl MasterKey {
    /// Takes the key's bytes.
    pub fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Reads 64 hexadecimal digits or base64 (with or without padding); white space around is left out.
    pub fn parse(text: &str) -> Result<Self, MasterKeyError> {
        let text = text.trim();
        let padded = Zeroizing::new(format!("{}=", text.trim_end_matches('=')));
        let bytes = hex::decode(text).or_else(|_| STANDARD.decode(padded.as_bytes()));
        let bytes = Zeroizing::new(bytes.map_err(|_| MasterKeyError::Malformed)?);
        Self::from_slice(&bytes)
    }

    /// Reads a file that holds the key's 32 bytes, or its text.
    pub fn read(path: &Path) -> Result<Self, MasterKeyError> {
        let failed = |source| MasterKeyError::File { path: path.to_owned(), source };
        let content = Zeroizing::new(fs::read(path).map_err(failed)?);
        if content.len() == KEY_BYTES {
            return Self::from_slice(&content);
        }
        Self::parse(std::str::from_utf8(&content).map_err(|_| MasterKeyError::Malformed)?)
    }

    /// The key's name.
    pub fn id(&self) -> MasterKeyId {
        let labelled = Zeroizing::new([b"assent master key id".as_slice(), self.0.as_slice()].concat());
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &labelled);
        let (id, _) = digest.as_ref().split_first_chunk().expect("a SHA-256 digest has more than 8 bytes");
        MasterKeyId(*id)
    }

    /// What tells a wrong key, whatever it claims to be.
    pub(crate) fn check_value(&self) -> [u8; 32] {
        hmac_sha256(self.0.as_slice(), b"assent check 1")
    }

    /// Wraps the key of a box.
    pub(crate) fn wrap(&self, key_id: &[u8; 16], key: &Key, nonce: [u8; NONCE_BYTES]) -> KeyRow {
        let wrapped_key = Some(self.wrap_as(&box_key_label(key_id), key, nonce));
        KeyRow { id: *key_id, master_key_id: Some(self.id().0), wrapped_key, ..KeyRow::default() }
    }

    /// Unwraps the key of a box.
    pub(crate) fn unwrap(&self, key_id: &[u8; 16], wrapped: &[u8]) -> Option<Key> {
        self.unwrap_as(&box_key_label(key_id), wrapped)
    }

    /// nonce || ciphertext || tag, bound to `label`.
    pub(crate) fn wrap_as(&self, label: &[u8], key: &Key, nonce: [u8; NONCE_BYTES]) -> Vec<u8> {
        let mut sealed = key.to_vec();
        crypto::encrypt(&self.0, nonce, label, &mut sealed);
        [nonce.as_slice(), &sealed].concat()
    }

    pub(crate) fn unwrap_as(&self, label: &[u8], wrapped: &[u8]) -> Option<Key> {
        let (nonce, sealed) = wrapped.split_first_chunk()?;
        let key = crypto::decrypt(&self.0, *nonce, label, sealed)?;
        Some(Zeroizing::new(key.as_slice().try_into().ok()?))
    }

    fn from_slice(bytes: &[u8]) -> Result<Self, MasterKeyError> {
        bytes.try_into().map(Self::from_bytes).map_err(|_| MasterKeyError::Malformed)
    }
}

fn box_key_label(key_id: &[u8; 16]) -> Vec<u8> {
    length_prefixed(&[b"assent key 1", key_id])
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "MasterKey({})", self.id())
    }
}

impl fmt::Debug for MasterKeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "MasterKeyId({self})")
    }
}

impl fmt::Display for MasterKeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex::encode(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapping_is_for_ever() {
        let master = MasterKey::from_bytes([1; 32]);
        let row = master.wrap(&[2; 16], &Zeroizing::new([3; 32]), [6; 12]);
        assert_eq!((row.id, row.master_key_id), ([2; 16], Some(master.id().0)));
        assert_eq!((row.email_index, row.contact_fingerprint, row.request_fingerprint), (None, None, None));
        let wrapped = row.wrapped_key.unwrap();
        let golden = "060606060606060606060606\
                      274fd8f5df877b8e2fbdb470e71e91e940fd8a7f61e9ee2d2664401efd7e0579\
                      2d5283633c4825157be5f163d20d0049";
        assert_eq!(hex::encode(&wrapped), golden);
        assert!(crate::shown_in_the_format(golden));
        assert_eq!(master.unwrap(&[2; 16], &wrapped).unwrap().as_slice(), [3; 32]);
        assert!(master.unwrap(&[3; 16], &wrapped).is_none(), "it is bound to its key id");
        assert!(master.unwrap(&[2; 16], &wrapped[..11]).is_none());
        assert_eq!(master.id().to_string(), "5aa79296b34ea796");
        let golden = "93d0f5b279107c82c6b008f11c0fdcecddfd1c013dad38b53454261f31c48a38";
        assert_eq!(hex::encode(master.check_value()), golden);
        assert!(crate::shown_in_the_format(golden));
    }

    #[test]
    fn a_master_key_is_read_from_hexadecimal_base64_and_files() {
        let bytes: [u8; 32] = std::array::from_fn(|index| 255 - index as u8);
        let (in_hex, in_base64) = (hex::encode(bytes), STANDARD.encode(bytes));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("master.key");
        for text in [&in_hex, &in_base64, in_base64.trim_end_matches('='), &format!(" {in_hex}\n")] {
            assert_eq!(MasterKey::parse(text).unwrap().0.as_slice(), bytes, "{text}");
            fs::write(&file, text).unwrap();
            assert_eq!(MasterKey::read(&file).unwrap().0.as_slice(), bytes, "{text}");
        }
        fs::write(&file, bytes).unwrap();
        assert_eq!(MasterKey::read(&file).unwrap().0.as_slice(), bytes);
    }

    #[test]
    fn what_is_no_master_key_is_refused_without_being_repeated() {
        for text in
            ["", "secret", &"a".repeat(62), &"a".repeat(66), &"g".repeat(64), &STANDARD.encode([1; 33])]
        {
            let error = MasterKey::parse(text).unwrap_err();
            let said = "a master key is 32 bytes, written as 64 hexadecimal digits or in base64";
            assert_eq!(error.to_string(), said);
        }
        let error = MasterKey::read(Path::new("/nowhere/master.key")).unwrap_err();
        assert_eq!(error.to_string(), "could not read the master key from `/nowhere/master.key`");
    }

    #[test]
    fn debug_shows_the_name_only() {
        assert_eq!(format!("{:?}", MasterKey::from_bytes([1; 32])), "MasterKey(5aa79296b34ea796)");
    }
}
