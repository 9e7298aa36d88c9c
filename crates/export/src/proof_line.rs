//! The proof of one entry, a line of JSON.

use assent_evidence::Hash;
use serde::Deserialize;

use crate::entry::Entry;
use crate::json::{push_hex, push_number};

/// Writes the line of an entry.
pub(crate) fn push_line(out: &mut Vec<u8>, entry: &Entry, hashes: &[Hash]) {
    out.extend_from_slice(b"{\"position\":");
    push_number(out, entry.position());
    out.extend_from_slice(b",\"leaf_index\":");
    push_number(out, entry.leaf_index());
    out.extend_from_slice(b",\"leaf_hash\":\"");
    push_hex(out, &entry.leaf);
    out.extend_from_slice(b"\",\"hashes\":[");
    for (at, hash) in hashes.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        out.push(b'"');
        push_hex(out, hash);
        out.push(b'"');
    }
    out.extend_from_slice(b"]}\n");
}

/// A proof as it was read. Whether leaf hash and position are the entry's is checked by making the line again.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProofLine {
    pub(crate) position: u64,
    pub(crate) leaf_index: u64,
    pub(crate) leaf_hash: HexHash,
    pub(crate) hashes: Vec<HexHash>,
}

/// 32 bytes, in hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HexHash(pub(crate) Hash);

impl<'de> Deserialize<'de> for HexHash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        let mut hash = [0; 32];
        hex::decode_to_slice(text.as_bytes(), &mut hash).map_err(serde::de::Error::custom)?;
        Ok(Self(hash))
    }
}
