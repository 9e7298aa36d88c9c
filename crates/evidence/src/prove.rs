//! Making proofs from tiles (RFC 6962, sections 2.1.1 and 2.1.2): at most one tile a level and edge, and no more hashing
//! than the ragged right edge of the tree asks for.

use std::fmt;

use crate::hash::{EMPTY_ROOT, Hash, node_hash};
use crate::tile_id::TileId;
use crate::tile_nodes::TileSource;
use crate::tiles::TILE_HEIGHT;

/// The tiles that [`prove_inclusion`] needs.
pub fn tiles_for_inclusion(index: u64, size: u64) -> Result<Vec<TileId>, ProveError> {
    let mut tiles = Tiles::new(size);
    inclusion(index, size, |subtree| tiles.add(subtree))?;
    Ok(tiles.named)
}

/// The tiles that [`prove_consistency`] needs.
pub fn tiles_for_consistency(size1: u64, size2: u64) -> Result<Vec<TileId>, ProveError> {
    let mut tiles = Tiles::new(size2);
    consistency(size1, size2, |subtree| tiles.add(subtree))?;
    Ok(tiles.named)
}

/// The tiles that [`root_from_tiles`] needs: those at the right edge.
pub fn tiles_for_root(size: u64) -> Vec<TileId> {
    let mut tiles = Tiles::new(size);
    if size > 0 {
        tiles.add(Range { first: 0, end: size }).expect("naming tiles does not fail");
    }
    tiles.named
}

/// Proves that the leaf number `index` (from 0) belongs to the tree of `size` leaves: the siblings on its way to the
/// root, lowest first. [`crate::verify_inclusion`] checks it.
pub fn prove_inclusion(index: u64, size: u64, tiles: &impl TileSource) -> Result<Vec<Hash>, ProveError> {
    let mut proof = Vec::with_capacity(u64::BITS as usize);
    inclusion(index, size, |range| {
        proof.push(range.root(size, tiles)?);
        Ok(())
    })?;
    proof.reverse();
    Ok(proof)
}

/// Proves that the tree of `size1` leaves is a prefix of the tree of `size2` leaves. [`crate::verify_consistency`]
/// checks it.
pub fn prove_consistency(size1: u64, size2: u64, tiles: &impl TileSource) -> Result<Vec<Hash>, ProveError> {
    let mut proof = Vec::with_capacity(u64::BITS as usize + 1);
    consistency(size1, size2, |range| {
        proof.push(range.root(size2, tiles)?);
        Ok(())
    })?;
    proof.reverse();
    Ok(proof)
}

/// The tiles that [`prove_tile`] needs.
pub fn tiles_for_tile(tile: TileId, size: u64) -> Result<Vec<TileId>, ProveError> {
    let mut tiles = Tiles::new(size);
    above_tile(tile, size, |subtree| tiles.add(subtree))?;
    Ok(tiles.named)
}

/// The second part of the inclusion proofs of all leaves below a complete tile: the siblings on the way from the tile's root
/// to the root of the tree of `size` leaves, lowest first.
pub fn prove_tile(tile: TileId, size: u64, tiles: &impl TileSource) -> Result<Vec<Hash>, ProveError> {
    let mut proof = Vec::with_capacity(u64::BITS as usize);
    above_tile(tile, size, |range| {
        proof.push(range.root(size, tiles)?);
        Ok(())
    })?;
    proof.reverse();
    Ok(proof)
}

/// The root of the tree of `size` leaves, from the tiles that [`tiles_for_root`] names.
pub fn root_from_tiles(size: u64, tiles: &impl TileSource) -> Result<Hash, ProveError> {
    if size == 0 { Ok(EMPTY_ROOT) } else { Range { first: 0, end: size }.root(size, tiles) }
}

/// Shows the subtrees whose roots are the siblings on the way to a leaf, from the root downwards.
fn inclusion(
    index: u64,
    size: u64,
    mut show: impl FnMut(Range) -> Result<(), ProveError>,
) -> Result<(), ProveError> {
    if index >= size {
        return Err(ProveError::Sizes);
    }
    descend(index, size, 1, &mut show)
}

/// Shows those on the way to a complete tile.
fn above_tile(
    tile: TileId,
    size: u64,
    mut show: impl FnMut(Range) -> Result<(), ProveError>,
) -> Result<(), ProveError> {
    if !TileId::of(tile.level, tile.index, size).is_some_and(TileId::is_complete) {
        return Err(ProveError::Sizes);
    }
    let height = u32::from(tile.level + 1) * TILE_HEIGHT;
    descend(tile.index << height, size, 1 << height, &mut show)
}

/// Goes down to the subtree of `width` leaves, all there, that has a leaf.
fn descend(
    index: u64,
    size: u64,
    width: u64,
    show: &mut impl FnMut(Range) -> Result<(), ProveError>,
) -> Result<(), ProveError> {
    let mut at = Range { first: 0, end: size };
    while at.len() > width {
        let (left, right) = at.halves();
        let sibling;
        (at, sibling) = if index < left.end { (left, right) } else { (right, left) };
        show(sibling)?;
    }
    Ok(())
}

/// Shows the subtrees of a consistency proof, from the root downwards: RFC 6962's SUBPROOF, as a loop.
fn consistency(
    size1: u64,
    size2: u64,
    mut show: impl FnMut(Range) -> Result<(), ProveError>,
) -> Result<(), ProveError> {
    if size1 == 0 || size1 > size2 {
        return Err(ProveError::Sizes);
    }
    let mut at = Range { first: 0, end: size2 };
    while at.end != size1 {
        let (left, right) = at.halves();
        let sibling;
        (at, sibling) = if size1 <= left.end { (left, right) } else { (right, left) };
        show(sibling)?;
    }
    // The verifier knows the first tree's root, and needs the subtree at its end only where that is not all of it.
    if at.first == 0 { Ok(()) } else { show(at) }
}

/// The leaves from `first` to before `end`: a subtree that the definition of the root speaks of, never empty. `first`
/// is a multiple of the power of two that is at least its length.
#[derive(Clone, Copy)]
struct Range {
    first: u64,
    end: u64,
}

impl Range {
    fn len(self) -> u64 {
        self.end - self.first
    }

    /// The left half is the largest complete subtree that is not all of the range, which has two leaves at least.
    fn halves(self) -> (Self, Self) {
        let middle = self.first + (1 << (self.len() - 1).ilog2());
        (Self { first: self.first, end: middle }, Self { first: middle, end: self.end })
    }

    /// The complete subtrees that the range consists of, smallest and last first.
    fn complete(self) -> impl Iterator<Item = Node> {
        let (mut end, mut rest) = (self.end, self.len());
        std::iter::from_fn(move || {
            let height = rest.checked_ilog2().map(|_| rest.trailing_zeros())?;
            rest -= 1 << height;
            end -= 1 << height;
            Some(Node { height, index: end >> height })
        })
    }

    fn root(self, size: u64, tiles: &impl TileSource) -> Result<Hash, ProveError> {
        let mut root = None;
        for left in self.complete() {
            let left = left.hash(size, tiles)?;
            root = Some(root.map_or(*left, |right| node_hash(left, &right)));
        }
        Ok(root.expect("the range is not empty"))
    }
}

/// A node whose subtree is complete: it covers the leaves from `index << height` on, `1 << height` of them.
#[derive(Clone, Copy)]
struct Node {
    height: u32,
    index: u64,
}

impl Node {
    /// The tile in which the node lies, and where in it. A tile's root is looked for in the level above.
    fn place(self, size: u64) -> (TileId, u32, usize) {
        let (level, row) = (self.height / TILE_HEIGHT, self.height % TILE_HEIGHT);
        let nodes_in_row = 1_u64 << (TILE_HEIGHT - row);
        let tile = TileId::of(level as u8, self.index / nodes_in_row, size);
        (tile.expect("a complete subtree lies in the tree"), row, (self.index % nodes_in_row) as usize)
    }

    fn hash(self, size: u64, tiles: &impl TileSource) -> Result<&Hash, ProveError> {
        let (tile, row, place) = self.place(size);
        tiles.tile(tile).and_then(|nodes| nodes.node(row, place)).ok_or(ProveError::TileMissing(tile))
    }
}

/// Collects the tiles of a tree of some size, each once.
struct Tiles {
    size: u64,
    named: Vec<TileId>,
}

impl Tiles {
    fn new(size: u64) -> Self {
        Self { size, named: Vec::new() }
    }

    fn add(&mut self, range: Range) -> Result<(), ProveError> {
        for node in range.complete() {
            let (tile, _, _) = node.place(self.size);
            if !self.named.contains(&tile) {
                self.named.push(tile);
            }
        }
        Ok(())
    }
}

/// Why there is no proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProveError {
    /// The index or the sizes make no sense together: no leaf has this index, or a tree is empty or larger than the second.
    Sizes,
    /// A tile that was named beforehand is not there, or is narrower than it was named.
    TileMissing(TileId),
}

impl fmt::Display for ProveError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sizes => formatter.write_str("there is no proof for this index or these sizes"),
            Self::TileMissing(tile) => {
                write!(formatter, "{} is needed for the proof and not there", tile.path())
            }
        }
    }
}

impl std::error::Error for ProveError {}
