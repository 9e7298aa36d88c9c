//! Receipts: an entry together with the proof that a log has it, so that nothing else is needed to believe it.

use std::fmt;

use crate::bundle::MAX_ENTRY_BYTES;
use crate::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::hash::{Hash, leaf_hash};
use crate::key::VerifierKey;
use crate::tlog_proof::{TlogProof, TlogProofError};

/// A `tlog-proof` whose extra data are the entry itself. Its `Display` is its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// With its extra data.
    proof: TlogProof,
}

/// What a receipt has proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifiedReceipt<'a> {
    /// The entry, as it is stored.
    pub entry: &'a [u8],
    /// Its index in the log, from 0.
    pub index: u64,
    /// The log's checkpoint, which covers the entry.
    pub checkpoint: &'a Checkpoint,
}

impl Receipt {
    /// Puts together an entry, the proof for it and the checkpoint that the proof leads to.
    pub fn new(
        entry: Vec<u8>,
        index: u64,
        hashes: Vec<Hash>,
        checkpoint: SignedCheckpoint,
    ) -> Result<Self, ReceiptError> {
        if entry.len() > MAX_ENTRY_BYTES {
            return Err(ReceiptError::TooLong);
        }
        Ok(Self { proof: TlogProof { extra: Some(entry), index, hashes, checkpoint } })
    }

    /// Reads the text of a proof that has extra data. Nothing is verified yet.
    pub fn parse(bytes: impl AsRef<[u8]>) -> Result<Self, ReceiptError> {
        let proof = TlogProof::parse(bytes).map_err(ReceiptError::Proof)?;
        if proof.extra.is_some() { Ok(Self { proof }) } else { Err(ReceiptError::NoEntry) }
    }

    /// Checks that a log among `known` has signed a tree that has the entry.
    pub fn verify(&self, known: &[VerifierKey]) -> Result<VerifiedReceipt<'_>, ReceiptError> {
        let entry = self.entry();
        let checkpoint = self.proof.verify(&leaf_hash(entry), known).map_err(ReceiptError::Proof)?;
        Ok(VerifiedReceipt { entry, index: self.proof.index, checkpoint })
    }

    /// The entry. Trust it after [`Receipt::verify`] only.
    pub fn entry(&self) -> &[u8] {
        self.proof.extra.as_deref().expect("a receipt has its entry")
    }

    /// The proof.
    pub fn proof(&self) -> &TlogProof {
        &self.proof
    }
}

impl fmt::Display for Receipt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.proof.fmt(formatter)
    }
}

/// Why a text is no receipt, or proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiptError {
    /// The entry is longer than an entry can be.
    TooLong,
    /// The proof has no extra data, which would be the entry.
    NoEntry,
    /// The proof is none, or proves nothing.
    Proof(TlogProofError),
}

impl fmt::Display for ReceiptError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::TooLong => "the receipt's entry is longer than 65,535 bytes",
            Self::NoEntry => "the receipt does not hold its entry",
            Self::Proof(_) => "the receipt proves nothing",
        })
    }
}

impl std::error::Error for ReceiptError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Proof(error) => Some(error),
            Self::TooLong | Self::NoEntry => None,
        }
    }
}
