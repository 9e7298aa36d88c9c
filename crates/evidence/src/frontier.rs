//! The compact range: all that must be kept to go on appending and to know the root.

use crate::hash::{EMPTY_ROOT, Hash, node_hash};

/// The roots of the complete subtrees that a tree of some size consists of, largest first.
///
/// At most one hash for each bit of the size, so a clone costs next to nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    subtrees: Vec<Hash>,
}

impl Frontier {
    /// The frontier of the empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends one leaf, given by its hash.
    pub fn push(&mut self, leaf: Hash) {
        self.append(0, leaf, |_, _| {});
    }

    /// The number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root of RFC 6962, section 2.1.
    pub fn root(&self) -> Hash {
        let smallest_first = self.subtrees.iter().rev().copied();
        smallest_first.reduce(|right, left| node_hash(&left, &right)).unwrap_or(EMPTY_ROOT)
    }

    /// Appends a complete subtree of `height`, and shows every node that this completes to `made`,
    /// from the subtree's own root upwards, with its height.
    pub(crate) fn append(&mut self, height: u32, subtree: Hash, mut made: impl FnMut(u32, Hash)) {
        debug_assert!(self.size.is_multiple_of(1 << height), "a subtree begins at a multiple of its width");
        let (mut above, mut hash) = (height, subtree);
        made(above, hash);
        while (self.size >> above) & 1 == 1 {
            let left = self.subtrees.pop().expect("each set bit of the size has its subtree");
            hash = node_hash(&left, &hash);
            above += 1;
            made(above, hash);
        }
        self.subtrees.push(hash);
        self.size += 1 << height;
    }
}
