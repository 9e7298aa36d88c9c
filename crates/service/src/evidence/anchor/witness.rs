//! A witness as the anchor: its conflict answer is the compare-and-swap that several signers need.

use assent_event_log::EventLog;
use assent_evidence::{Checkpoint, Hash, SignedCheckpoint, verify_consistency};
use assent_witness::{AddCheckpoint, Answer, WitnessClient};

use super::AnchorError;
use crate::evidence::tree::Tree;

/// How often a checkpoint is sent again because others were first.
const ATTEMPTS_MAX: usize = 4;
/// The status of a witness that does not believe the proof.
const UNPROCESSABLE: u16 = 422;

/// A witness, and the size that it cosigned last as far as this process knows.
pub(crate) struct Witness {
    client: WitnessClient,
    cosigned: u64,
}

impl Witness {
    /// Nothing is known of it yet: its first answer tells.
    pub(crate) const fn new(client: WitnessClient) -> Self {
        Self { client, cosigned: 0 }
    }

    /// Has a checkpoint cosigned, as an extension of what the witness cosigned last.
    pub(super) async fn cosign(
        &mut self,
        log: &EventLog,
        tree: &Tree,
        signed: &mut SignedCheckpoint,
    ) -> Result<(), AnchorError> {
        let size = signed.checkpoint().size;
        for _ in 0..ATTEMPTS_MAX {
            let old_size = self.cosigned;
            if old_size > size {
                return Err(larger(log, old_size).await);
            }
            let proof = match old_size {
                0 => Vec::new(),
                old => proven(tree, old, signed.checkpoint()).await?,
            };
            let request = AddCheckpoint { old_size, proof, checkpoint: signed.clone() };
            match self.client.add_checkpoint(&request).await.map_err(AnchorError::failed)? {
                Answer::Cosigned(lines) => {
                    self.cosigned = size;
                    let added = lines.into_iter().try_for_each(|line| signed.note_mut().add(line));
                    return added.map_err(AnchorError::failed);
                }
                Answer::Conflict { size } => self.cosigned = size,
                Answer::Fork => return Err(AnchorError::Forked { signed: size }),
                // The proof was made from the log as it is: it is the log that is another one than was cosigned.
                Answer::Refused { status: UNPROCESSABLE, .. } if old_size > 0 => {
                    return Err(AnchorError::Forked { signed: old_size });
                }
                Answer::Refused { status, reason } => {
                    return Err(AnchorError::because(format!("the witness refuses ({status}): {reason}")));
                }
            }
        }
        Err(AnchorError::because("other servers were first every time"))
    }
}

/// The proof that a checkpoint extends the log at an earlier size. One that does not hold is this process's mistake, and no
/// witness is asked to believe it: a refusal would be taken for a fork.
async fn proven(tree: &Tree, old: u64, new: &Checkpoint) -> Result<Vec<Hash>, AnchorError> {
    let proof = tree.consistency(old, new.size).await.map_err(AnchorError::failed)?;
    let old_root = tree.root(old).await.map_err(AnchorError::failed)?;
    verify_consistency(old, new.size, &proof, &old_root, &new.root).map_err(AnchorError::failed)?;
    Ok(proof)
}

/// The witness has cosigned more than this process has read: either others have appended since, or the log has lost what
/// was signed.
async fn larger(log: &EventLog, cosigned: u64) -> AnchorError {
    match log.root_at(cosigned).await {
        Ok(Some(_)) => AnchorError::Behind,
        Ok(None) => AnchorError::Forked { signed: cosigned },
        Err(error) => AnchorError::failed(error),
    }
}
