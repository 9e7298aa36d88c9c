//! A contiguous range of leaves, proven with tiles: which hashes beside it lead to the root, and where they stand.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use assent_evidence::{EMPTY_ROOT, Hash, TILE_HEIGHT, TILE_WIDTH, TileId, TileNodes, node_hash};

/// A complete subtree: its height and its place among those of the same height, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Node {
    height: u32,
    index: u64,
}

/// The subtrees that all leaves before `first` consist of, from left to right.
fn nodes_before(first: u64) -> Vec<Node> {
    let heights = (0..u64::BITS).rev().filter(|height| first >> height & 1 == 1);
    heights.map(|height| Node { height, index: (first >> height) - 1 }).collect()
}

/// The complete subtrees that the leaves from `end` to the end of a tree of `size` leaves consist of.
fn nodes_from(end: u64, size: u64) -> Vec<Node> {
    let mut nodes = Vec::new();
    let mut at = end;
    while at < size {
        let height = at.trailing_zeros().min((size - at).ilog2());
        nodes.push(Node { height, index: at >> height });
        at += 1 << height;
    }
    nodes
}

/// The tiles that hold what leads from the leaves `first..end` (from 0) to the root of a tree of `size` leaves.
pub fn tiles_of_range(first: u64, end: u64, size: u64) -> Vec<TileId> {
    let nodes = nodes_before(first).into_iter().chain(nodes_from(end, size));
    let mut tiles: Vec<_> = nodes.map(|it| it.place(size).0).collect();
    tiles.sort_unstable();
    tiles.dedup();
    tiles
}

impl Node {
    /// The tile whose hashes give the node's, and which of them.
    fn place(self, size: u64) -> (TileId, std::ops::Range<usize>) {
        let level = u8::try_from(self.height / TILE_HEIGHT).expect("64-bit sizes have 8 levels");
        let rows = self.height % TILE_HEIGHT;
        let first = self.index << rows;
        let tile =
            TileId::of(level, first / TILE_WIDTH, size).expect("a complete subtree lies inside its tree");
        let from = usize::try_from(first % TILE_WIDTH).expect("a tile has 256 hashes");
        (tile, from..from + (1 << rows))
    }
}

/// The root that the leaves of a range lead to, with the tiles beside it: those of [`tiles_of_range`]. What none of them
/// gives leads to another root.
#[derive(Clone, Debug)]
pub struct RangeRoot {
    tree: Patchwork,
    /// How many leaves there are up to here.
    end: u64,
    size: u64,
}

impl RangeRoot {
    /// Begins with the leaf `first` (from 0), of a tree of `size` leaves.
    pub fn begin(first: u64, size: u64, tiles: &BTreeMap<TileId, impl Borrow<TileNodes>>) -> Self {
        let mut begun = Self { tree: Patchwork::default(), end: first, size };
        begun.beside(&nodes_before(first), tiles);
        begun
    }

    /// The next leaf of the range.
    pub fn push(&mut self, leaf: Hash) {
        self.tree.push(0, leaf);
        self.end += 1;
    }

    /// The root of the tree, if all of these are what it was made of.
    pub fn root(mut self, tiles: &BTreeMap<TileId, impl Borrow<TileNodes>>) -> Hash {
        self.beside(&nodes_from(self.end, self.size), tiles);
        self.tree.root()
    }

    fn beside(&mut self, nodes: &[Node], tiles: &BTreeMap<TileId, impl Borrow<TileNodes>>) {
        for node in nodes {
            let (tile, hashes) = node.place(self.size);
            let height = hashes.len().ilog2();
            let tile = tiles.get(&tile).map(Borrow::borrow);
            let hash = tile.and_then(|it| it.node(height, hashes.start >> height)).copied();
            self.tree.push(node.height, hash.unwrap_or_default());
        }
    }
}

/// A tree that is put together from left to right out of complete subtrees.
#[derive(Clone, Debug, Default)]
struct Patchwork {
    parts: Vec<(u32, Hash)>,
}

impl Patchwork {
    /// Puts the next subtree to the right of what is there.
    fn push(&mut self, mut height: u32, mut hash: Hash) {
        while let Some((_, left)) = self.parts.pop_if(|(its, _)| *its == height) {
            hash = node_hash(&left, &hash);
            height += 1;
        }
        self.parts.push((height, hash));
    }

    /// The root of RFC 6962, section 2.1.
    fn root(&self) -> Hash {
        let from_the_right = self.parts.iter().rev().map(|(_, hash)| *hash);
        from_the_right.reduce(|right, left| node_hash(&left, &right)).unwrap_or(EMPTY_ROOT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assent_evidence::{Frontier, leaf_hash};
    use proptest::prelude::*;

    fn leaf(index: u64) -> Hash {
        leaf_hash(&index.to_be_bytes())
    }

    fn node(it: Node) -> Hash {
        let mut subtree = Frontier::new();
        (it.index << it.height..(it.index + 1) << it.height).for_each(|it| subtree.push(leaf(it)));
        subtree.root()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_range_and_the_nodes_beside_it_give_the_root(size in 1..1_500_u64, one: u64, other: u64) {
            let (one, other) = (one % (size + 1), other % (size + 1));
            let (first, end) = (one.min(other), one.max(other));
            let mut whole = Frontier::new();
            (0..size).for_each(|it| whole.push(leaf(it)));
            let mut pieces = Patchwork::default();
            nodes_before(first).into_iter().for_each(|it| pieces.push(it.height, node(it)));
            (first..end).for_each(|it| pieces.push(0, leaf(it)));
            nodes_from(end, size).into_iter().for_each(|it| pieces.push(it.height, node(it)));
            prop_assert_eq!(pieces.root(), whole.root());
        }

        #[test]
        fn every_node_lies_inside_its_tile(size in 1..5_000_000_u64, one: u64, other: u64) {
            let (one, other) = (one % (size + 1), other % (size + 1));
            let (first, end) = (one.min(other), one.max(other));
            for it in nodes_before(first).into_iter().chain(nodes_from(end, size)) {
                let (tile, hashes) = it.place(size);
                prop_assert!(hashes.end <= usize::from(tile.width), "{it:?} {tile:?} {hashes:?}");
            }
        }
    }
}
