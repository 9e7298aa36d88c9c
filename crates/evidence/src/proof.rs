//! Verification of inclusion and consistency proofs, as RFC 9162 spells it out (sections 2.1.3.2 and 2.1.4.2).

use std::fmt;

use crate::hash::{Hash, node_hash};

/// Verifies that `leaf` is the leaf number `index` (from 0) of the tree of `size` leaves with `root`.
pub fn verify_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), ProofError> {
    matches(&inclusion_root(leaf, index, size, proof)?, root)
}

/// The root that a proof leads to from the leaf number `index` (from 0) of a tree of `size` leaves.
pub fn inclusion_root(leaf: &Hash, index: u64, size: u64, proof: &[Hash]) -> Result<Hash, ProofError> {
    if index >= size {
        return Err(ProofError::Sizes);
    }
    let mut path = Path { node: index, last: size - 1 };
    let mut computed = *leaf;
    for sibling in proof {
        computed = match path.climb()? {
            Side::Left => node_hash(sibling, &computed),
            Side::Right => node_hash(&computed, sibling),
        };
    }
    path.ends_at_the_root()?;
    Ok(computed)
}

/// Verifies that the tree of `size1` leaves with `root1` is a prefix of the tree of `size2` leaves with `root2`.
///
/// An empty first tree is refused: a proof from it would say nothing.
pub fn verify_consistency(
    size1: u64,
    size2: u64,
    proof: &[Hash],
    root1: &Hash,
    root2: &Hash,
) -> Result<(), ProofError> {
    if size1 == size2 {
        return if proof.is_empty() { matches(root1, root2) } else { Err(ProofError::Length) };
    }
    if size1 == 0 || size1 > size2 {
        return Err(ProofError::Sizes);
    }
    // The largest complete subtree at the end of the first tree. Where that is the whole of it, its hash is
    // known to the verifier and is left out of the proof.
    let shift = size1.trailing_zeros();
    let mut path = Path { node: (size1 - 1) >> shift, last: (size2 - 1) >> shift };
    let (seed, rest) = if size1.is_power_of_two() {
        (root1, proof)
    } else {
        proof.split_first().ok_or(ProofError::Length)?
    };
    let (mut computed1, mut computed2) = (*seed, *seed);
    for sibling in rest {
        match path.climb()? {
            Side::Left => {
                computed1 = node_hash(sibling, &computed1);
                computed2 = node_hash(sibling, &computed2);
            }
            Side::Right => computed2 = node_hash(&computed2, sibling),
        }
    }
    path.ends_at_the_root()?;
    matches(&computed1, root1)?;
    matches(&computed2, root2)
}

/// Where in its level the node stands whose hash is known, and which is the last node of that level.
struct Path {
    node: u64,
    last: u64,
}

/// On which side of the known node its sibling stands.
enum Side {
    Left,
    Right,
}

impl Path {
    /// Goes to the next node above that has two children, and says on which side the sibling was.
    fn climb(&mut self) -> Result<Side, ProofError> {
        if self.last == 0 {
            return Err(ProofError::Length);
        }
        let is_right_child = self.node & 1 == 1;
        let side = if is_right_child || self.node == self.last { Side::Left } else { Side::Right };
        if self.node == self.last {
            // The last node of a level goes up unchanged until it is somebody's right child.
            while self.node & 1 == 0 && self.node != 0 {
                self.shift();
            }
        }
        self.shift();
        Ok(side)
    }

    fn shift(&mut self) {
        self.node >>= 1;
        self.last >>= 1;
    }

    fn ends_at_the_root(&self) -> Result<(), ProofError> {
        if self.last == 0 { Ok(()) } else { Err(ProofError::Length) }
    }
}

fn matches(computed: &Hash, claimed: &Hash) -> Result<(), ProofError> {
    if computed == claimed { Ok(()) } else { Err(ProofError::Root) }
}

/// Why a proof proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProofError {
    /// The index or the sizes make no sense together.
    Sizes,
    /// The proof has more or fewer hashes than a tree of this size asks for.
    Length,
    /// The proof leads to another root.
    Root,
}

impl fmt::Display for ProofError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Sizes => "the index or the sizes cannot belong to a proof",
            Self::Length => "the proof has not as many hashes as the tree asks for",
            Self::Root => "the proof leads to another root",
        })
    }
}

impl std::error::Error for ProofError {}
