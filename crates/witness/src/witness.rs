//! What a witness does with a checkpoint.

use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use assent_evidence::{
    Checkpoint, CheckpointError, Hash, KeyPurpose, Note, Origin, ProofError, SigningKey, VerifierKey,
    verify_consistency,
};

use crate::request::{AddCheckpoint, RequestError};
use crate::state::{Latest, State, StateError};

/// A witness of some logs.
#[derive(Debug)]
pub struct Witness {
    key: SigningKey,
    logs: Vec<VerifierKey>,
    state: Mutex<State>,
}

impl Witness {
    /// A witness that cosigns with `key`, which is a witness's, for the logs that have these keys (a log may have
    /// several). `state` is the file in which it remembers what it cosigned; where there is none, it makes an empty one.
    pub fn open(key: SigningKey, logs: Vec<VerifierKey>, state: &Path) -> Result<Self, StateError> {
        assert_eq!(key.verifier().purpose(), KeyPurpose::Witness, "the caller checks what the key is for");
        Ok(Self { key, logs, state: Mutex::new(State::open(state)?) })
    }

    /// The key by which its cosignatures are verified.
    pub fn key(&self) -> &VerifierKey {
        self.key.verifier()
    }

    /// Carries out `add-checkpoint` at a second since 1970.
    ///
    /// It waits for other requests and for the disk. The checks and the file are one step: of two requests that extend
    /// the same tree, the second one is in conflict.
    pub fn add_checkpoint(&self, body: &[u8], now: u64) -> Result<Cosigned, Refusal> {
        let AddCheckpoint { old_size, proof, checkpoint: signed } =
            AddCheckpoint::parse(body).map_err(Refusal::Malformed)?;
        let Checkpoint { origin, size, root } = signed.checkpoint();
        let keys: Vec<VerifierKey> =
            self.logs.iter().filter(|key| key.name().as_str() == origin.as_str()).cloned().collect();
        if keys.is_empty() {
            return Err(Refusal::UnknownLog);
        }
        signed.verify(&keys).map_err(Refusal::Unsigned)?;
        if old_size > *size {
            return Err(Refusal::OldSize);
        }
        // A panic cannot leave the state half written: it is replaced in one piece.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let latest = state.latest(origin);
        if latest.size != old_size {
            return Err(Refusal::Conflict { size: latest.size });
        }
        if latest.size == *size && latest.root != *root {
            return Err(Refusal::Fork { origin: origin.clone(), size: *size });
        }
        extends(&latest, &proof, signed.checkpoint()).map_err(|source| Refusal::Proof {
            origin: origin.clone(),
            size: *size,
            source,
        })?;
        state.remember(origin, Latest { size: *size, root: *root }).map_err(Refusal::Storage)?;
        drop(state);
        let mut note = Note::unsigned(signed.note().text().to_owned()).expect("it is the text of a note");
        note.cosign(&self.key, now).expect("a witness's key cosigns at every time that a clock shows");
        Ok(Cosigned { origin: origin.clone(), size: *size, lines: format!("{}\n", note.signatures()[0]) })
    }
}

/// What a witness has cosigned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosigned {
    /// Which log.
    pub origin: Origin,
    /// The size of its tree.
    pub size: u64,
    /// The signature lines of the answer, each with its newline.
    pub lines: String,
}

/// Whether the new tree has the old one as a prefix. The empty tree is a prefix of all, and needs no proof.
fn extends(old: &Latest, proof: &[Hash], new: &Checkpoint) -> Result<(), ProofError> {
    match old.size {
        0 if proof.is_empty() => Ok(()),
        0 => Err(ProofError::Length),
        size => verify_consistency(size, new.size, proof, &old.root, &new.root),
    }
}

/// Why a witness does not cosign.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The body is no request.
    #[error("the request cannot be read")]
    Malformed(#[source] RequestError),
    /// The old size is larger than the checkpoint's.
    #[error("the old size is larger than the checkpoint")]
    OldSize,
    /// It knows no key of this log.
    #[error("the log is unknown here")]
    UnknownLog,
    /// No known key of the log has signed the checkpoint.
    #[error("the checkpoint is not signed by a known key of its log")]
    Unsigned(#[source] CheckpointError),
    /// It cosigned another size last.
    #[error("the size cosigned last is {size}")]
    Conflict {
        /// The size that it cosigned last.
        size: u64,
    },
    /// It cosigned another tree of this size.
    #[error("another tree of this size was cosigned: the log has two histories")]
    Fork {
        /// Which log.
        origin: Origin,
        /// The size of both trees.
        size: u64,
    },
    /// The proof does not show that the new tree extends the one cosigned last.
    #[error("the checkpoint is not proven to extend the one cosigned last")]
    Proof {
        /// Which log.
        origin: Origin,
        /// The new size.
        size: u64,
        /// What the proof lacks.
        #[source]
        source: ProofError,
    },
    /// The new state could not be written. Nothing was cosigned.
    #[error("the state could not be written")]
    Storage(#[source] io::Error),
}
