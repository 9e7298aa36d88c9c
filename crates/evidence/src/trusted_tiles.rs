//! Tiles that somebody handed over, checked against a root from the top downwards: what is in them is then known to be
//! what the tree has, hash by hash.

use std::collections::HashMap;
use std::fmt;

use crate::hash::Hash;
use crate::prove::{ProveError, root_from_tiles, tiles_for_root};
use crate::tile_id::TileId;
use crate::tile_nodes::{TileNodes, TileSource};
use crate::tiles::TILE_WIDTH;

/// The tiles of one tree that lead to its root.
///
/// Hand the right edge to [`TrustedTiles::begin`], complete tiles from the highest level downwards to
/// [`TrustedTiles::admit`]; those of level 0 may be checked without keeping them. Then every
/// [`TrustedTiles::hash`] of level 0 is the leaf hash that the entry must have.
#[derive(Clone, Debug)]
pub struct TrustedTiles {
    size: u64,
    tiles: HashMap<TileId, TileNodes>,
}

impl TrustedTiles {
    /// Checks that the tiles at the right edge, those that [`tiles_for_root`] names, lead to the root. `bottom_row` is
    /// asked for their bottom rows.
    pub fn begin<B: AsRef<[u8]>>(
        size: u64,
        root: &Hash,
        mut bottom_row: impl FnMut(TileId) -> Option<B>,
    ) -> Result<Self, TileCheckError> {
        let mut trusted = Self { size, tiles: HashMap::new() };
        for tile in tiles_for_root(size) {
            let row = bottom_row(tile).ok_or(TileCheckError::Missing(tile))?;
            trusted.tiles.insert(tile, nodes_of(tile, row.as_ref())?);
        }
        let computed = root_from_tiles(size, &trusted.tiles).map_err(|error| match error {
            ProveError::Sizes => unreachable!("every size has a root"),
            ProveError::TileMissing(tile) => TileCheckError::Missing(tile),
        })?;
        if computed == *root { Ok(trusted) } else { Err(TileCheckError::Root) }
    }

    /// Checks one tile, given by its bottom row, and answers its nodes. The tile above it must have been admitted.
    pub fn check(&self, tile: TileId, bottom_row: &[u8]) -> Result<TileNodes, TileCheckError> {
        if TileId::of(tile.level, tile.index, self.size) != Some(tile) {
            return Err(TileCheckError::Foreign(tile));
        }
        let nodes = nodes_of(tile, bottom_row)?;
        let is_right = match nodes.root() {
            // What is partial lies at the right edge and is known already.
            None => self.tiles.get(&tile) == Some(&nodes),
            Some(root) => {
                let above = TileId::of(tile.level + 1, tile.index / TILE_WIDTH, self.size);
                let above = above.expect("above a complete tile stands the one that has its root");
                let known = self.tiles.get(&above).ok_or(TileCheckError::Missing(above))?;
                known.node(0, (tile.index % TILE_WIDTH) as usize) == Some(root)
            }
        };
        if is_right { Ok(nodes) } else { Err(TileCheckError::Changed(tile)) }
    }

    /// Checks one tile and keeps it, so that those below it can be checked.
    pub fn admit(&mut self, tile: TileId, bottom_row: &[u8]) -> Result<(), TileCheckError> {
        let nodes = self.check(tile, bottom_row)?;
        self.tiles.insert(tile, nodes);
        Ok(())
    }

    /// The hash number `index` of a level, where its tile was admitted: in level 0, of the leaf number `index` (from 0).
    pub fn hash(&self, level: u8, index: u64) -> Option<&Hash> {
        let tile = TileId::of(level, index / TILE_WIDTH, self.size)?;
        self.tiles.get(&tile)?.node(0, (index % TILE_WIDTH) as usize)
    }
}

/// Proofs can be made from what was admitted.
impl TileSource for TrustedTiles {
    fn tile(&self, tile: TileId) -> Option<&TileNodes> {
        self.tiles.get(&tile)
    }
}

fn nodes_of(tile: TileId, bottom_row: &[u8]) -> Result<TileNodes, TileCheckError> {
    let nodes = TileNodes::from_bottom_row(bottom_row).ok();
    nodes.filter(|nodes| nodes.width() == usize::from(tile.width)).ok_or(TileCheckError::Length(tile))
}

/// Why tiles do not belong to a root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TileCheckError {
    /// The right edge leads to another root.
    Root,
    /// This tile is needed and was not given.
    Missing(TileId),
    /// This tile has not as many hashes as it should have.
    Length(TileId),
    /// This tile is none of the tree's.
    Foreign(TileId),
    /// A hash in this tile is not what the tree has.
    Changed(TileId),
}

impl fmt::Display for TileCheckError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => formatter.write_str("the tiles at the right edge lead to another root"),
            Self::Missing(tile) => write!(formatter, "{} is missing", tile.path()),
            Self::Length(tile) => write!(formatter, "{} has not {} hashes", tile.path(), tile.width),
            Self::Foreign(tile) => write!(formatter, "{} is no tile of this tree", tile.path()),
            Self::Changed(tile) => write!(formatter, "{} has a hash that the tree has not", tile.path()),
        }
    }
}

impl std::error::Error for TileCheckError {}
