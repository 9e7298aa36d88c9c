//! What is answered: checkpoints, and the two kinds of proof.

use assent_domain::values::Position;
use assent_event_log::StoredEntry;
use assent_evidence::{Hash, ProofError, tlog_proof_text};
use assent_proto::convert::Ids;
use assent_proto::convert::answer;
use assent_proto::convert::asked::{CheckpointWanted, ConsistencyWanted, EventWanted, InclusionWanted};
use assent_proto::v1::{GetCheckpointResponse, GetConsistencyProofResponse, GetInclusionProofResponse};
use bytes::Bytes;

use super::{Evidence, OpenedCheckpoint};
use crate::error::{Error, Unknown};

/// How an event is proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Whoever verifies it has the event.
    Proof,
    /// The event is in it.
    Receipt,
}

/// An inclusion proof that was made and checked.
pub(crate) struct Proven {
    pub(crate) leaf_hash: Hash,
    pub(crate) hashes: Vec<Hash>,
    pub(crate) text: String,
}

impl Evidence {
    /// The checkpoint that is asked for.
    pub(crate) async fn checkpoint(&self, wanted: CheckpointWanted) -> Result<GetCheckpointResponse, Error> {
        let stored = match wanted {
            CheckpointWanted::Newest => self.newest().await?,
            CheckpointWanted::At(size) => self.at(size).await?.stored.clone(),
            CheckpointWanted::AtLeast(size) => {
                self.is_there(size)?;
                self.at_least(size.0).await?.ok_or(Error::NotFound(Unknown::Signature(size)))?
            }
        };
        let signed_at = assent_domain::values::Instant::from_micros(stored.signed_at).ok();
        Ok(GetCheckpointResponse {
            note: stored.note,
            position: stored.size,
            signed_at: signed_at.map(answer::timestamp),
            verifier_keys: self.keys.iter().map(ToString::to_string).collect(),
        })
    }

    /// The inclusion proof that is asked for.
    pub(crate) async fn inclusion(
        &self,
        wanted: InclusionWanted,
        ids: Ids,
    ) -> Result<GetInclusionProofResponse, Error> {
        let position = match wanted.event {
            EventWanted::At(position) => position,
            EventWanted::Id(id) => ids.position_of(id).ok_or(Error::NotFound(Unknown::Event(id)))?,
        };
        self.is_there(position)?;
        let checkpoint = match wanted.checkpoint {
            Some(size) if size < position => {
                return Err(Error::NotFound(Unknown::BehindCheckpoint { size, position }));
            }
            Some(size) => self.at(size).await?,
            None => {
                let newest = self.at_least(position.0).await?;
                self.checkpoints.open(newest.ok_or(Error::NotFound(Unknown::Signature(position)))?)?
            }
        };
        if let EventWanted::Id(id) = wanted.event
            && crate::read::event_id_of(&self.entry(position).await?.entry)? != id.to_string()
        {
            return Err(Error::NotFound(Unknown::Event(id)));
        }
        let form = if wanted.with_entry { Form::Receipt } else { Form::Proof };
        let Proven { leaf_hash, hashes, text } = self.prove(position, &checkpoint, form).await?;
        Ok(GetInclusionProofResponse {
            proof: text,
            position: position.0,
            leaf_hash: Bytes::copy_from_slice(&leaf_hash),
            hashes: to_bytes(&hashes),
            checkpoint_position: checkpoint.stored.size,
        })
    }

    /// The consistency proof that is asked for.
    pub(crate) async fn consistency(
        &self,
        ConsistencyWanted { from, to }: ConsistencyWanted,
    ) -> Result<GetConsistencyProofResponse, Error> {
        let to = match to {
            Some(to) => to,
            None => Position(self.newest().await?.size),
        };
        self.is_there(from)?;
        self.is_there(to)?;
        if to < from {
            return Err(Error::NotFound(Unknown::BehindCheckpoint { size: to, position: from }));
        }
        self.refuse_fork()?;
        let (from_root, to_root) = (self.signed_root(from).await?, self.signed_root(to).await?);
        let hashes = self.tree.consistency(from.0, to.0).await?;
        let checked = assent_evidence::verify_consistency(from.0, to.0, &hashes, &from_root, &to_root);
        checked.map_err(|it| Error::corrupt(None, it))?;
        Ok(GetConsistencyProofResponse {
            hashes: to_bytes(&hashes),
            from_position: from.0,
            to_position: to.0,
            from_root: Bytes::copy_from_slice(&from_root),
            to_root: Bytes::copy_from_slice(&to_root),
        })
    }

    /// The root at a size: where that is signed, the one that was.
    async fn signed_root(&self, size: Position) -> Result<Hash, Error> {
        let root = self.tree.root(size.0).await?;
        match self.checkpoints.at(size.0).await? {
            Some(signed) if signed.signed.checkpoint().root != root => {
                Err(Error::corrupt(None, ProofError::Root))
            }
            _ => Ok(root),
        }
    }

    /// The proof of what was just written; none where no checkpoint signs it in time.
    pub(crate) async fn prove_soon(&self, position: Position, form: Form) -> Result<Option<String>, Error> {
        // The write was carried out: that it can't be proven now is no reason to answer it with an error.
        let Ok(Some(checkpoint)) = self.at_least(position.0).await else { return Ok(None) };
        let checkpoint = self.checkpoints.open(checkpoint)?;
        Ok(Some(self.prove(position, &checkpoint, form).await?.text))
    }

    /// Proves an event under a checkpoint that signs it. Nothing leaves that does not verify. Its bytes are only read where
    /// they go along: the tree has its hash.
    pub(super) async fn prove(
        &self,
        position: Position,
        checkpoint: &OpenedCheckpoint,
        form: Form,
    ) -> Result<Proven, Error> {
        let (index, size) = (position.0 - 1, checkpoint.stored.size);
        let entry = match form {
            Form::Proof => None,
            Form::Receipt => Some(self.entry(position).await?),
        };
        let way = self.tree.way(index, size).await?;
        let leaf_hash = entry.as_ref().map_or(way.leaf, |entry| entry.leaf_hash);
        let root = checkpoint.signed.checkpoint().root;
        // Which of the hashes is damaged, nobody can tell from here: it need not be this event's.
        way.verify(&leaf_hash, index, size, &root).map_err(|it| Error::corrupt(None, it))?;
        let extra = entry.as_ref().map(|entry| &entry.entry[..]);
        let text = tlog_proof_text(extra, index, &way.siblings, &checkpoint.stored.note);
        Ok(Proven { leaf_hash, hashes: way.siblings, text })
    }

    async fn entry(&self, position: Position) -> Result<StoredEntry, Error> {
        let entry = self.log.entry(position.0).await?;
        entry.ok_or(Error::NotFound(Unknown::Position(position)))
    }

    fn is_there(&self, position: Position) -> Result<(), Error> {
        match position.0 <= self.log.head().size {
            true => Ok(()),
            false => Err(Error::NotFound(Unknown::Position(position))),
        }
    }
}

fn to_bytes(hashes: &[Hash]) -> Vec<Bytes> {
    hashes.iter().map(|it| Bytes::copy_from_slice(it)).collect()
}
