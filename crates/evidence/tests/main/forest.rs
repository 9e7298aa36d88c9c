//! Trees with their tiles, as the log keeps them.

use std::collections::HashMap;

use assent_evidence::{Hash, Tile, TileBuilder, TileId, TileNodes};

use crate::naive;

/// The leaves of a tree and all its complete tiles.
pub(crate) struct Forest {
    pub(crate) leaves: Vec<Hash>,
    complete: HashMap<(u8, u64), Vec<u8>>,
}

impl Forest {
    pub(crate) fn grow(size: u64) -> Self {
        let leaves = naive::leaves(size);
        let (mut builder, mut tiles) = (TileBuilder::new(), Vec::new());
        leaves.iter().for_each(|leaf| builder.push(*leaf, &mut tiles));
        let stored = |tile: Tile| ((tile.level, tile.index), tile.to_bytes());
        Self { leaves, complete: tiles.into_iter().map(stored).collect() }
    }

    /// Reads the tiles that are named, and no others, the way the log does: complete ones as they are stored, of others
    /// their bottom row.
    pub(crate) fn read(&self, named: &[TileId]) -> HashMap<TileId, TileNodes> {
        named.iter().map(|tile| (*tile, self.nodes(*tile))).collect()
    }

    /// The tile as C2SP has it.
    pub(crate) fn bottom_row(&self, tile: TileId) -> Vec<u8> {
        self.nodes(tile).bottom_row().to_vec()
    }

    fn nodes(&self, tile: TileId) -> TileNodes {
        if tile.is_complete() {
            return TileNodes::from_stored(self.complete[&(tile.level, tile.index)].clone())
                .expect("a complete tile has 511 nodes");
        }
        let row = tile.bottom_row();
        let hashes = (row.first..row.first + row.count as u64).map(|index| match row.level {
            0 => self.leaves[index as usize],
            level => self.root_of(level - 1, index),
        });
        TileNodes::from_bottom_row(&hashes.collect::<Vec<_>>().concat())
            .expect("a partial tile has 1 to 255 hashes")
    }

    fn root_of(&self, level: u8, index: u64) -> Hash {
        *self.complete[&(level, index)].last_chunk().expect("a tile ends with its root")
    }
}
