//! What remembers outside the database what was signed last, so that a restored backup never signs a second history.

pub(crate) mod file;
mod witness;

use std::path::PathBuf;

use assent_event_log::EventLog;
use assent_evidence::SignedCheckpoint;
pub(crate) use witness::Witness;

use super::tree::Tree;

/// A file for the one process that signs, a witness where several may, or both.
pub(crate) struct Anchor {
    pub(crate) file: Option<PathBuf>,
    /// Whether a file that is not there is begun, though checkpoints are stored: somebody has said so.
    pub(crate) begin: bool,
    pub(crate) witness: Option<Witness>,
}

/// Why a checkpoint may not be published.
#[derive(Debug)]
pub(crate) enum AnchorError {
    /// The log is not the one that was signed at this size.
    Forked {
        /// The smallest size known that was signed and that the log does not have, or has with another root.
        signed: u64,
    },
    /// What this process has read is not what the database holds now: it has to follow first.
    Behind,
    /// It could not be done; tried again, it may.
    Failed(Box<dyn std::error::Error + Send + Sync>),
}

impl AnchorError {
    pub(super) fn failed(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Failed(Box::new(error))
    }

    fn because(why: impl Into<String>) -> Self {
        Self::Failed(why.into().into())
    }
}

impl Anchor {
    /// Remembers a checkpoint, if the log is the one that was signed before; answers it as it is to be published, with
    /// the witness's cosignature.
    pub(super) async fn swap(
        &mut self,
        log: &EventLog,
        tree: &Tree,
        mut signed: SignedCheckpoint,
    ) -> Result<SignedCheckpoint, AnchorError> {
        if let Some(path) = &self.file {
            file::swap(path, self.begin, log, tree, &signed).await?;
            // Said of the anchor that was lost before this start: one that vanishes from now on is another matter.
            self.begin = false;
        }
        if let Some(witness) = &mut self.witness {
            witness.cosign(log, tree, &mut signed).await?;
        }
        Ok(signed)
    }
}
