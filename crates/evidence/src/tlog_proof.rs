//! `c2sp.org/tlog-proof@v1`: a proof of inclusion and the checkpoint that it leads to, in one text that verifies offline.

use std::fmt;

use crate::bundle::MAX_ENTRY_BYTES;
use crate::checkpoint::{Checkpoint, CheckpointError, SignedCheckpoint};
use crate::hash::Hash;
use crate::key::VerifierKey;
use crate::note::MAX_NOTE_BYTES;
use crate::proof::{ProofError, verify_inclusion};
use crate::text;

/// The first line.
const HEADER: &str = "c2sp.org/tlog-proof@v1\n";
/// The hashes that a proof in a tree of 64-bit size can have.
const MAX_HASHES: usize = 64;
/// The length that extra data may have: an entry fits.
pub const MAX_EXTRA_BYTES: usize = MAX_ENTRY_BYTES;
/// The length that a whole text may have: extra data in base64, hashes and checkpoint, with room for the rest.
pub const MAX_PROOF_BYTES: usize = MAX_NOTE_BYTES + MAX_EXTRA_BYTES / 3 * 4 + MAX_HASHES * 45 + 256;

/// That a leaf belongs to a log: its index, the way to the root, and the checkpoint with this root.
///
/// Its `Display` is its text. What was parsed is written again as it was, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlogProof {
    /// Data that goes along. No signature covers them: they are worth what a check against the leaf makes of them.
    pub extra: Option<Vec<u8>>,
    /// The leaf's index, from 0.
    pub index: u64,
    /// The siblings on the way to the root, lowest first.
    pub hashes: Vec<Hash>,
    /// The checkpoint that the proof leads to.
    pub checkpoint: SignedCheckpoint,
}

impl TlogProof {
    /// Reads the text. Nothing is verified yet.
    pub fn parse(bytes: impl AsRef<[u8]>) -> Result<Self, TlogProofError> {
        let bytes = bytes.as_ref();
        if bytes.len() > MAX_PROOF_BYTES {
            return Err(TlogProofError::TooLong);
        }
        let proof = std::str::from_utf8(bytes).map_err(|_| TlogProofError::Layout)?;
        let rest = proof.strip_prefix(HEADER).ok_or(TlogProofError::Layout)?;
        let (head, checkpoint) = rest.split_once("\n\n").ok_or(TlogProofError::Layout)?;
        let mut lines = head.split('\n').peekable();
        let extra = lines.next_if(|line| line.starts_with("extra ")).map(parse_extra).transpose()?;
        let index = lines.next().and_then(|line| text::decimal(line.strip_prefix("index ")?));
        let index = index.ok_or(TlogProofError::Index)?;
        let hashes: Vec<Hash> = lines
            .take(MAX_HASHES + 1)
            .map(|line| text::hash(line).ok_or(TlogProofError::Hash))
            .collect::<Result<_, _>>()?;
        if hashes.len() > MAX_HASHES {
            return Err(TlogProofError::Hash);
        }
        let checkpoint = SignedCheckpoint::parse(checkpoint).map_err(TlogProofError::Checkpoint)?;
        Ok(Self { extra, index, hashes, checkpoint })
    }

    /// Checks that a log among `known` has signed the checkpoint, and that its tree has `leaf` at the index. Answers the
    /// checkpoint.
    pub fn verify(&self, leaf: &Hash, known: &[VerifierKey]) -> Result<&Checkpoint, TlogProofError> {
        self.checkpoint.verify(known).map_err(TlogProofError::Checkpoint)?;
        self.verify_way(leaf)
    }

    /// Checks that the checkpoint's tree has `leaf` at the index, and not who signed it: anybody can make a checkpoint that
    /// nobody signed. Answers the checkpoint.
    pub fn verify_way(&self, leaf: &Hash) -> Result<&Checkpoint, TlogProofError> {
        let checkpoint = self.checkpoint.checkpoint();
        verify_inclusion(leaf, self.index, checkpoint.size, &self.hashes, &checkpoint.root)
            .map_err(TlogProofError::Proof)?;
        Ok(checkpoint)
    }
}

impl fmt::Display for TlogProof {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let checkpoint = self.checkpoint.to_string();
        formatter.write_str(&tlog_proof_text(self.extra.as_deref(), self.index, &self.hashes, &checkpoint))
    }
}

/// The text of a [`TlogProof`] that is made of these, without making one: `checkpoint` is the text of a signed checkpoint.
pub fn tlog_proof_text(extra: Option<&[u8]>, index: u64, hashes: &[Hash], checkpoint: &str) -> String {
    let extra_length = extra.map_or(0, |extra| extra.len() / 3 * 4 + 16);
    let mut text =
        String::with_capacity(HEADER.len() + 40 + extra_length + hashes.len() * 45 + checkpoint.len());
    text.push_str(HEADER);
    if let Some(extra) = extra {
        text.push_str("extra ");
        text::push_base64(extra, &mut text);
        text.push('\n');
    }
    text.push_str("index ");
    text.push_str(&index.to_string());
    text.push('\n');
    for hash in hashes {
        text::push_base64(hash, &mut text);
        text.push('\n');
    }
    text.push('\n');
    text.push_str(checkpoint);
    text
}

fn parse_extra(line: &str) -> Result<Vec<u8>, TlogProofError> {
    let extra = line.strip_prefix("extra ").and_then(text::from_base64);
    extra.filter(|extra| extra.len() <= MAX_EXTRA_BYTES).ok_or(TlogProofError::Extra)
}

/// Why a text is no proof, or proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlogProofError {
    /// It is longer than [`MAX_PROOF_BYTES`].
    TooLong,
    /// It is not the header, some lines, an empty line and a checkpoint.
    Layout,
    /// The extra data are not base64, or longer than [`MAX_EXTRA_BYTES`].
    Extra,
    /// There is no line with the index, or it is no number.
    Index,
    /// A line that should be a hash is none, or there are more than a tree can ask for.
    Hash,
    /// The checkpoint is none, or its signatures do not hold.
    Checkpoint(CheckpointError),
    /// The hashes do not lead from the leaf to the checkpoint's root.
    Proof(ProofError),
}

impl fmt::Display for TlogProofError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::TooLong => "the proof's text is too long",
            Self::Layout => "the text is no c2sp.org/tlog-proof@v1",
            Self::Extra => "the proof's extra data are not base64, or too long",
            Self::Index => "the proof has no index that is a number",
            Self::Hash => "a hash of the proof is none, or there are too many",
            Self::Checkpoint(_) => "the proof's checkpoint cannot be trusted",
            Self::Proof(_) => "the leaf is not proven to belong to the checkpoint's tree",
        })
    }
}

impl std::error::Error for TlogProofError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Checkpoint(error) => Some(error),
            Self::Proof(error) => Some(error),
            Self::TooLong | Self::Layout | Self::Extra | Self::Index | Self::Hash => None,
        }
    }
}
