//! `cosignature/v1` (C2SP `tlog-cosignature`): a witness says that, as of a time, it has seen no larger tree of this
//! log than this one, and only trees that this one extends.

use crate::key::VerifierKey;
use crate::signing_key::SigningKey;

/// The latest time that a cosignature may carry, in seconds since 1970.
const LATEST: u64 = i64::MAX as u64;

/// The signature's bytes: the time, 64 bits big-endian, and the Ed25519 signature.
pub(crate) fn sign(key: &SigningKey, note_text: &str, at: u64) -> Option<Vec<u8>> {
    let signed = || [&at.to_be_bytes()[..], &key.sign(message(note_text, at).as_bytes())].concat();
    (at <= LATEST).then(signed)
}

/// The time at which `key` cosigned the text, where it did.
pub(crate) fn verify(key: &VerifierKey, note_text: &str, bytes: &[u8]) -> Option<u64> {
    let (at, signature) = bytes.split_first_chunk()?;
    let at = u64::from_be_bytes(*at);
    let holds = at <= LATEST && key.accepts(message(note_text, at).as_bytes(), signature);
    holds.then_some(at)
}

fn message(note_text: &str, at: u64) -> String {
    format!("cosignature/v1\ntime {at}\n{note_text}")
}
