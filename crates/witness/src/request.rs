//! The body of `add-checkpoint`.

use std::fmt;

use assent_evidence::{CheckpointError, Hash, MAX_NOTE_BYTES, SignedCheckpoint};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The hashes that a consistency proof may have here.
const MAX_HASHES: usize = 63;
/// The length that a body may have: the old size, the proof and a checkpoint.
pub const MAX_REQUEST_BYTES: usize = MAX_NOTE_BYTES + MAX_HASHES * 45 + 32;

/// A checkpoint that a witness is to cosign, and why it may. Its `Display` is the body of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// The size of the checkpoint that the witness is thought to have cosigned last; 0 for none.
    pub old_size: u64,
    /// That the new tree extends the old one; empty where there is no old one.
    pub proof: Vec<Hash>,
    /// The new checkpoint, signed by its log.
    pub checkpoint: SignedCheckpoint,
}

impl AddCheckpoint {
    /// Reads a body. Nothing is verified yet.
    pub fn parse(body: &[u8]) -> Result<Self, RequestError> {
        if body.len() > MAX_REQUEST_BYTES {
            return Err(RequestError::Layout);
        }
        let body = std::str::from_utf8(body).map_err(|_| RequestError::Layout)?;
        let (head, checkpoint) = body.split_once("\n\n").ok_or(RequestError::Layout)?;
        let mut lines = head.split('\n');
        let old_size = lines.next().and_then(|line| decimal(line.strip_prefix("old ")?));
        let old_size = old_size.ok_or(RequestError::OldSize)?;
        let proof: Vec<Hash> =
            lines.take(MAX_HASHES + 1).map(hash).collect::<Option<_>>().ok_or(RequestError::Hash)?;
        if proof.len() > MAX_HASHES {
            return Err(RequestError::Hash);
        }
        let checkpoint = SignedCheckpoint::parse(checkpoint).map_err(RequestError::Checkpoint)?;
        Ok(Self { old_size, proof, checkpoint })
    }
}

impl fmt::Display for AddCheckpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "old {}", self.old_size)?;
        self.proof.iter().try_for_each(|hash| writeln!(formatter, "{}", STANDARD.encode(hash)))?;
        write!(formatter, "\n{}", self.checkpoint)
    }
}

/// Reads a number: digits only, and no zero in front.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if is_plain { text.parse().ok() } else { None }
}

/// Reads a hash in base64.
pub(crate) fn hash(text: &str) -> Option<Hash> {
    STANDARD.decode(text).ok()?.try_into().ok()
}

/// Why a body is no request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// It is not an old size, hashes, an empty line and a checkpoint, or too long.
    #[error("the request is not an old size, hashes, an empty line and a checkpoint")]
    Layout,
    /// The first line is not `old` and a number.
    #[error("the request's first line is not `old` and a number")]
    OldSize,
    /// A line of the proof is no hash, or there are more than 63.
    #[error("a line of the request's proof is no hash, or there are too many")]
    Hash,
    /// The checkpoint is none.
    #[error("the request's checkpoint is none")]
    Checkpoint(#[source] CheckpointError),
}
