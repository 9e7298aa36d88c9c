//! The tiles of the lowest level, of which a large log has more than there is memory for: the last ones whole, and of the
//! others pieces, as many as there is room for. Where a tile's upper nodes are there and the group of the leaf is not, only
//! the group is read.

use std::sync::Arc;

use assent_event_log::{EventLog, ReadError};
use assent_evidence::{
    GROUP_NODES, GROUP_WIDTH, Group, Hash, TILE_HEIGHT, TILE_WIDTH, TOP_NODES, TileNodes, group_half,
    group_nodes, group_of, group_root, group_siblings, top_of, top_siblings,
};
use parking_lot::Mutex;

use super::gather::Gather;
use super::kept::Kept;
use super::pieces::Pieces;
use crate::error::Error;
use crate::replica::Trust;

/// Which part of the memory is for tops. They are a tenth of all pieces, and each saves more.
const TOPS_SHARE: usize = 5;

/// A leaf, and its siblings on the way to its tile's root, lowest first.
pub(super) struct InTile {
    pub(super) leaf: Hash,
    pub(super) siblings: [Hash; TILE_HEIGHT as usize],
}

/// The complete tiles of level 0. Clones share what is kept.
#[derive(Clone)]
pub(super) struct Lowest {
    log: EventLog,
    trust: Trust,
    tiles: Gather<Arc<TileNodes>>,
    groups: Gather<Group>,
    kept: Arc<Memory>,
}

struct Memory {
    whole: Mutex<Kept<u64>>,
    tops: Pieces<TOP_NODES>,
    groups: Pieces<GROUP_NODES>,
}

impl Lowest {
    /// With so many tiles kept whole, and so many bytes of memory for pieces.
    pub(super) fn new(log: EventLog, trust: Trust, whole: usize, bytes: usize) -> Self {
        let for_tops = bytes / TOPS_SHARE;
        let kept = Memory {
            whole: Mutex::new(Kept::new(whole)),
            tops: Pieces::new(for_tops),
            groups: Pieces::new(bytes - for_tops),
        };
        let (tiles, groups) = (Gather::new(log.clone()), Gather::new(log.clone()));
        Self { log, trust, tiles, groups, kept: Arc::new(kept) }
    }

    /// The way from a leaf (from 0) to the root of its tile, which is complete.
    pub(super) async fn way(&self, leaf: u64) -> Result<InTile, Error> {
        let reloads = self.trust.reload_count();
        if let Some(tile) = self.kept.whole.lock().since(reloads).get(leaf / TILE_WIDTH) {
            return in_tile(tile, leaf);
        }
        match self.in_pieces(reloads, leaf).await {
            Some(way) => Ok(way),
            None => in_tile(&*self.read(leaf / TILE_WIDTH).await?, leaf),
        }
    }

    /// A whole tile.
    pub(super) async fn tile(&self, index: u64) -> Result<Arc<TileNodes>, Error> {
        let reloads = self.trust.reload_count();
        if let Some(tile) = self.kept.whole.lock().since(reloads).get(index) {
            return Ok(tile.clone());
        }
        self.read(index).await
    }

    /// Puts other hashes where a group's are.
    #[cfg(test)]
    pub(super) fn forge(&self, reloads: u64, group: u64) {
        self.kept.groups.keep(reloads, group, &[[7; 32]; GROUP_NODES]);
    }

    async fn in_pieces(&self, reloads: u64, leaf: u64) -> Option<InTile> {
        let (group, place) = (leaf / GROUP_WIDTH as u64, leaf as usize % GROUP_WIDTH);
        let in_tile = (leaf % TILE_WIDTH) as usize / GROUP_WIDTH;
        let of_top = |top: &_| (top_siblings(top, in_tile), top[in_tile]);
        let (upper, root) = self.kept.tops.get(reloads, leaf / TILE_WIDTH, of_top)?;
        // All that has to be fetched is fetched before any of it is hashed: memory is asked for all of it at once.
        let of_group = |nodes: &_| group_half(nodes, place);
        let half = match self.kept.groups.get(reloads, group, of_group) {
            Some(kept) => kept,
            None => {
                let nodes = group_nodes(&self.groups.get(group).await?);
                // Another log's, or damaged: what is wrong is told by whoever asks for the whole.
                if group_root(&nodes) != root {
                    return None;
                }
                self.kept.groups.keep(reloads, group, &nodes);
                of_group(&nodes)
            }
        };
        let (leaf, lower) = group_siblings(&half, place);
        let of_height = |height: usize| lower.get(height).unwrap_or_else(|| &upper[height - lower.len()]);
        let siblings = std::array::from_fn(|height| *of_height(height));
        Some(InTile { leaf, siblings })
    }

    /// Reads a tile, and keeps it whole and in pieces.
    async fn read(&self, index: u64) -> Result<Arc<TileNodes>, Error> {
        // What was there in a log that is gone may be another tile in the one that is there now.
        let reloads = self.trust.reload_count();
        let tile = match self.tiles.get(index).await {
            Some(tile) => tile,
            None => Arc::new(self.alone(index).await?),
        };
        if self.trust.reload_count() == reloads {
            self.kept.whole.lock().since(reloads).keep(index, tile.clone());
            if let Some(top) = top_of(&tile) {
                self.kept.tops.keep(reloads, index, &top);
            }
            let groups = TILE_WIDTH / GROUP_WIDTH as u64;
            for (group, nodes) in (index * groups..).zip((0..).map_while(|group| group_of(&tile, group))) {
                self.kept.groups.keep(reloads, group, &nodes);
            }
        }
        Ok(tile)
    }

    async fn alone(&self, index: u64) -> Result<TileNodes, Error> {
        let missing = || ReadError::Inconsistent { size: 0, finding: "a complete tile is missing" };
        let nodes = self.log.tile(0, index).await?.ok_or_else(missing)?;
        TileNodes::from_stored(nodes).map_err(|it| Error::corrupt(None, it))
    }
}

fn in_tile(tile: &TileNodes, leaf: u64) -> Result<InTile, Error> {
    let place = (leaf % TILE_WIDTH) as usize;
    let found = tile.node(0, place).zip(tile.siblings(place));
    let missing =
        || ReadError::Inconsistent { size: 0, finding: "a tile of the lowest level is not complete" };
    let (leaf, siblings) = found.ok_or_else(missing)?;
    Ok(InTile { leaf: *leaf, siblings })
}
