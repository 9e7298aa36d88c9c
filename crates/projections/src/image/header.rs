//! What stands before everything else in an image: whose it is, and how long.

use assent_domain::policy::RULES_EDITION;
use assent_index::Index;

use super::frames::checksum;
use crate::EDITION;
use crate::decode::LeafHash;

pub(super) const MAGIC: &[u8; 16] = b"assent index 1\0\0";
/// How many bytes it has.
pub(super) const HEADER_BYTES: usize = 128;
/// Where its checksum stands.
const SUMMED: usize = HEADER_BYTES - size_of::<u64>();

/// Whose image it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// What the facts are, and how they lie in the file: of another build they may be others.
    pub(super) editions: [u64; 3],
    /// The leaf hash of the log's first event.
    pub(super) ledger: LeafHash,
    /// Where the prefix ends.
    pub(super) position: u64,
    /// The leaf hash of the event there.
    pub(super) leaf_hash: LeafHash,
    /// How many bytes are in the frames.
    pub(super) bytes: u64,
}

/// This build's.
pub(super) const EDITIONS: [u64; 3] = [EDITION as u64, RULES_EDITION as u64, Index::LAYOUT as u64];

impl Header {
    /// What the checksums of its frames begin with.
    pub(super) fn seed(&self) -> u64 {
        let Self { editions: _, ledger, position, leaf_hash, bytes: _ } = self;
        u64::from_le_bytes(checksum(*position, &[*ledger, *leaf_hash].concat()))
    }

    pub(super) fn encode(&self) -> [u8; HEADER_BYTES] {
        let Self { editions, ledger, position, leaf_hash, bytes } = self;
        let editions = editions.map(u64::to_le_bytes);
        let (position, bytes) = (position.to_le_bytes(), bytes.to_le_bytes());
        let parts: [&[u8]; 6] = [MAGIC, editions.as_flattened(), ledger, &position, leaf_hash, &bytes];
        let mut header = [0; HEADER_BYTES];
        let mut at = 0;
        for part in parts {
            header[at..at + part.len()].copy_from_slice(part);
            at += part.len();
        }
        let sum = checksum(0, &header[..SUMMED]);
        header[SUMMED..].copy_from_slice(&sum);
        header
    }

    /// None: these bytes are no header, or not what was written.
    pub(super) fn decode(header: &[u8; HEADER_BYTES]) -> Option<Self> {
        let mut rest = header.as_slice();
        let hash = |rest: &mut &[u8]| rest.split_off(..32).and_then(|it| LeafHash::try_from(it).ok());
        let number = |rest: &mut &[u8]| Some(u64::from_le_bytes(rest.split_off(..8)?.try_into().ok()?));
        if rest.split_off(..MAGIC.len())? != MAGIC || header[SUMMED..] != checksum(0, &header[..SUMMED]) {
            return None;
        }
        Some(Self {
            editions: [number(&mut rest)?, number(&mut rest)?, number(&mut rest)?],
            ledger: hash(&mut rest)?,
            position: number(&mut rest)?,
            leaf_hash: hash(&mut rest)?,
            bytes: number(&mut rest)?,
        })
    }
}
