//! The nodes of one tile, complete or not, all computed: what proofs are made of.

use std::collections::HashMap;
use std::fmt;
use std::hash::BuildHasher;

use crate::hash::{Hash, node_hash};
use crate::tile_id::TileId;
use crate::tiles::{TILE_BYTES, TILE_HEIGHT, TILE_WIDTH};

const HASH_BYTES: usize = size_of::<Hash>();

/// All nodes of a tile that its bottom row determines, bottom row first: half as many in each row above, and the root of
/// a complete tile last. Of a complete tile this is the form that the log stores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TileNodes {
    width: usize,
    nodes: Vec<u8>,
}

impl TileNodes {
    /// Takes a complete tile as the log stores it, without hashing anything.
    pub fn from_stored(nodes: Vec<u8>) -> Result<Self, TileBytesError> {
        let is_complete = nodes.len() == TILE_BYTES;
        is_complete.then_some(Self { width: TILE_WIDTH as usize, nodes }).ok_or(TileBytesError)
    }

    /// Takes the bottom row, 1 to 256 hashes one after the other (the form of C2SP), and computes the rows above.
    /// This costs a hash for each hash of the row: keep the result where a tile is used again.
    pub fn from_bottom_row(row: &[u8]) -> Result<Self, TileBytesError> {
        let (hashes, rest) = row.as_chunks::<HASH_BYTES>();
        let width = hashes.len();
        if !rest.is_empty() || width == 0 || width > TILE_WIDTH as usize {
            return Err(TileBytesError);
        }
        let mut tile = Self { width, nodes: Vec::with_capacity(2 * row.len()) };
        tile.nodes.extend(row);
        for height in 1..=TILE_HEIGHT {
            for place in 0..width >> height {
                let child = |place| tile.node(height - 1, place).expect("the row below is complete so far");
                let node = node_hash(child(2 * place), child(2 * place + 1));
                tile.nodes.extend(node);
            }
        }
        Ok(tile)
    }

    /// The hashes in the bottom row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The bottom row: the form of C2SP.
    pub fn bottom_row(&self) -> &[u8] {
        &self.nodes[..self.width * HASH_BYTES]
    }

    /// The node at a height above the bottom row (0 to 8), counted from the left; `None` where the tile does not reach.
    pub fn node(&self, height: u32, place: usize) -> Option<&Hash> {
        if height > TILE_HEIGHT || place >= self.width >> height {
            return None;
        }
        let below: usize = (0..height).map(|row| self.width >> row).sum();
        let start = (below + place) * HASH_BYTES;
        self.nodes.get(start..)?.first_chunk()
    }

    /// The rows from a height on, of a complete tile.
    pub(crate) fn rows_above(&self, height: u32) -> Option<&[u8]> {
        // A row and all above it have as many nodes as twice the row, but for one.
        let nodes = (2 * (self.width >> height)).checked_sub(1).filter(|_| self.is_complete())?;
        self.nodes.get(self.nodes.len() - nodes * HASH_BYTES..)
    }

    /// The siblings on the way from a leaf to the root of a complete tile, lowest first; `None` where it is not complete.
    pub fn siblings(&self, leaf: usize) -> Option<[Hash; TILE_HEIGHT as usize]> {
        if !self.is_complete() || leaf >= self.width {
            return None;
        }
        let (nodes, mut row_start) = (self.nodes.as_chunks().0, 0);
        Some(std::array::from_fn(|height| {
            let sibling = nodes[row_start + ((leaf >> height) ^ 1)];
            row_start += self.width >> height;
            sibling
        }))
    }

    fn is_complete(&self) -> bool {
        self.width == TILE_WIDTH as usize
    }

    /// The root of a complete tile.
    pub fn root(&self) -> Option<&Hash> {
        self.node(TILE_HEIGHT, 0)
    }

    /// Whether every node above the bottom row is the hash of the two below it.
    pub fn is_sound(&self) -> bool {
        Self::from_bottom_row(self.bottom_row()).is_ok_and(|computed| computed == *self)
    }
}

/// Where proofs take their tiles from: what was read beforehand, so that it neither waits nor fails.
///
/// A trait, because a server keeps tiles in a cache and a verifier has them in files.
pub trait TileSource {
    /// The nodes of this tile, or of the tile at the same place when it was wider.
    fn tile(&self, tile: TileId) -> Option<&TileNodes>;
}

impl<S: BuildHasher> TileSource for HashMap<TileId, TileNodes, S> {
    fn tile(&self, tile: TileId) -> Option<&TileNodes> {
        self.get(&tile)
    }
}

/// The bytes are not the hashes of a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TileBytesError;

impl fmt::Display for TileBytesError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the bytes are not the hashes of a tile")
    }
}

impl std::error::Error for TileBytesError {}
