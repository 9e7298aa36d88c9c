//! What a log says about itself, true or not, in a form that can be handed to any verifier.

use std::collections::BTreeMap;

use assent_evidence::{Checkpoint, Hash, SigningKey, TileId, TrustedTiles, leaf_hash};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Serialize, Serializer};

/// A signed checkpoint, and what it is said to prove.
#[derive(Clone, Serialize)]
pub(crate) struct Claim {
    /// What is claimed and what was done to it, for whoever reads a failure.
    pub(crate) about: String,
    /// Whether it is true.
    #[serde(skip)]
    pub(crate) holds: bool,
    /// The log's key, as its readers know it.
    pub(crate) vkey: String,
    /// The signed checkpoint.
    pub(crate) checkpoint: String,
    pub(crate) said: Said,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Said {
    /// The tree has this entry at this index.
    Inclusion { entry: Bytes, index: u64, proof: Vec<Bytes> },
    /// The tree of `size` with `root` is a prefix of the checkpoint's.
    Consistency { size: u64, root: Bytes, proof: Vec<Bytes> },
    /// These tiles, by their paths, are the tree's, and they have this entry at this index.
    Tiles { entry: Bytes, index: u64, tiles: BTreeMap<String, Bytes> },
}

/// Bytes that are base64 in JSON.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl From<&Hash> for Bytes {
    fn from(hash: &Hash) -> Self {
        Self(hash.to_vec())
    }
}

impl Claim {
    /// A true claim, signed with `key`.
    pub(crate) fn true_one(about: String, checkpoint: &Checkpoint, key: SigningKey, said: Said) -> Self {
        let vkey = key.verifier().to_string();
        let checkpoint = checkpoint.sign(&[key]).expect("the key is the log's").to_string();
        Self { about, holds: true, vkey, checkpoint, said }
    }

    /// The same claim with one thing changed, which makes it untrue.
    pub(crate) fn but(&self, what: &str, change: impl FnOnce(&mut Self)) -> Self {
        let mut changed = self.clone();
        changed.about = format!("{}, but {what}", self.about);
        changed.holds = false;
        change(&mut changed);
        changed
    }

    pub(crate) fn is_believed_by_us(&self) -> bool {
        let known = [self.vkey.parse().expect("every claim names a key")];
        Checkpoint::open(&self.checkpoint, &known).is_ok_and(|checkpoint| self.said.is_proven_by(&checkpoint))
    }
}

impl Said {
    fn is_proven_by(&self, checkpoint: &Checkpoint) -> bool {
        let Checkpoint { origin: _, size, root } = checkpoint;
        match self {
            Self::Inclusion { entry, index, proof } => {
                let leaf = leaf_hash(&entry.0);
                assent_evidence::verify_inclusion(&leaf, *index, *size, &hashes(proof), root).is_ok()
            }
            Self::Consistency { size: size1, root: root1, proof } => {
                let root1 = root1.0.as_slice().try_into().expect("a root is a hash");
                assent_evidence::verify_consistency(*size1, *size, &hashes(proof), &root1, root).is_ok()
            }
            Self::Tiles { entry, index, tiles } => {
                let row = |tile: TileId| tiles.get(&tile.path()).map(|row| row.0.as_slice());
                let Ok(mut trusted) = TrustedTiles::begin(*size, root, row) else { return false };
                let above = assent_evidence::tiles_above(*index, index + 1, *size).collect::<Vec<_>>();
                let admitted = above
                    .iter()
                    .rev()
                    .all(|tile| row(*tile).is_some_and(|it| trusted.admit(*tile, it).is_ok()));
                admitted && trusted.hash(0, *index) == Some(&leaf_hash(&entry.0))
            }
        }
    }
}

pub(crate) fn hashes(proof: &[Bytes]) -> Vec<Hash> {
    proof.iter().map(|hash| hash.0.as_slice().try_into().expect("a proof is of hashes")).collect()
}
