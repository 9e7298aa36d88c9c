//! Proofs from the tiles that the log keeps.

use std::collections::HashMap;
use std::sync::Arc;

use assent_event_log::{EventLog, ReadError};
use assent_evidence::{
    Hash, ProveError, TILE_WIDTH, TileBytesError, TileId, TileNodes, TileSource, prove_consistency,
    prove_inclusion, tiles_for_consistency, tiles_for_inclusion,
};
use parking_lot::Mutex;

use super::gather::Gather;
use crate::error::Error;
use crate::replica::Trust;

/// How many tiles are kept in memory, 16 KiB each at most: complete ones of the lowest level, of which a large log has
/// many; and those that many proofs need, of the levels above and at the right edge of a size.
const LOWEST_KEPT: usize = 256;
const UPPER_KEPT: usize = 512;

/// The tree of the log. Clones share the tiles that are kept.
#[derive(Clone)]
pub(crate) struct Tree {
    log: EventLog,
    trust: Trust,
    kept: Arc<Mutex<Kept>>,
    gather: Gather,
}

/// The tiles of some proofs.
struct Tiles(HashMap<TileId, Arc<TileNodes>>);

impl TileSource for Tiles {
    fn tile(&self, tile: TileId) -> Option<&TileNodes> {
        self.0.get(&tile).map(AsRef::as_ref)
    }
}

impl Tree {
    pub(super) fn new(log: EventLog, trust: Trust) -> Self {
        let kept = Kept::new(trust.reload_count());
        let gather = Gather::new(log.clone());
        Self { log, trust, kept: Arc::new(Mutex::new(kept)), gather }
    }

    /// The siblings on the way from a leaf (from 0) to the root of the log at a size that it has reached.
    pub(crate) async fn inclusion(&self, index: u64, size: u64) -> Result<Vec<Hash>, Error> {
        let tiles = self.tiles(tiles_for_inclusion(index, size).map_err(wrong)?).await?;
        prove_inclusion(index, size, &tiles).map_err(wrong)
    }

    /// The same for several leaves, whose tiles are read together. They are not kept: whoever asks for many passes on.
    pub(crate) async fn inclusions(&self, indices: &[u64], size: u64) -> Result<Vec<Vec<Hash>>, Error> {
        let mut ids: Vec<TileId> = Vec::new();
        for index in indices {
            ids.extend(tiles_for_inclusion(*index, size).map_err(wrong)?);
        }
        ids.sort_unstable();
        ids.dedup();
        let (lowest, others): (Vec<_>, Vec<_>) = ids.into_iter().partition(is_lowest);
        let mut tiles = self.tiles(others).await?;
        let lowest: Vec<u64> = lowest.into_iter().map(|it| it.index).collect();
        for (index, nodes) in self.log.lowest_tiles(&lowest).await? {
            let id = TileId::of(0, index, size).ok_or_else(|| wrong(ProveError::Sizes))?;
            tiles.0.insert(id, Arc::new(TileNodes::from_stored(nodes).map_err(damaged)?));
        }
        indices.iter().map(|index| prove_inclusion(*index, size, &tiles).map_err(wrong)).collect()
    }

    /// The hash of a leaf (from 0) of the log at a size that it has reached, as the tree has it.
    pub(crate) async fn leaf(&self, index: u64, size: u64) -> Result<Hash, Error> {
        let id = TileId::of(0, index / TILE_WIDTH, size).ok_or_else(|| wrong(ProveError::Sizes))?;
        let tile = self.tile(id).await?;
        let leaf = tile.node(0, (index % TILE_WIDTH) as usize).copied();
        leaf.ok_or_else(|| wrong(ProveError::TileMissing(id)))
    }

    /// The proof that the log at one size is a prefix of the log at another.
    pub(crate) async fn consistency(&self, from: u64, to: u64) -> Result<Vec<Hash>, Error> {
        let tiles = self.tiles(tiles_for_consistency(from, to).map_err(wrong)?).await?;
        prove_consistency(from, to, &tiles).map_err(wrong)
    }

    /// The root at any size that the log has reached.
    pub(crate) async fn root(&self, size: u64) -> Result<Hash, Error> {
        Ok(self.log.root(size).await?)
    }

    /// A tile as wide as it is named.
    pub(crate) async fn tile(&self, id: TileId) -> Result<Arc<TileNodes>, Error> {
        // What was there in a log that is gone may be another tile, or none, in the one that is there now.
        let reloads = self.trust.reload_count();
        if let Some(tile) = self.kept.lock().since(reloads).of(id).get(id) {
            return Ok(tile);
        }
        let tile = Arc::new(self.read(id).await?);
        if self.trust.reload_count() == reloads {
            self.kept.lock().since(reloads).of(id).keep(id, tile.clone());
        }
        Ok(tile)
    }

    async fn read(&self, id: TileId) -> Result<TileNodes, Error> {
        if !id.is_complete() {
            let row = self.log.tile_row(id.level, id.index, u64::from(id.width)).await?;
            // A shorter one would be taken for the tile of this width from now on.
            return match row.len() == usize::from(id.width) {
                true => TileNodes::from_bottom_row(row.as_flattened()).map_err(damaged),
                false => Err(wrong(ProveError::TileMissing(id))),
            };
        }
        let missing = || ReadError::Inconsistent { size: 0, finding: "a complete tile is missing" };
        if is_lowest(&id)
            && let Some(nodes) = self.gather.tile(id.index).await
        {
            return TileNodes::from_stored(nodes).map_err(damaged);
        }
        let nodes = self.log.tile(id.level, id.index).await?.ok_or_else(missing)?;
        TileNodes::from_stored(nodes).map_err(damaged)
    }

    async fn tiles(&self, ids: Vec<TileId>) -> Result<Tiles, Error> {
        let mut tiles = HashMap::with_capacity(ids.len());
        for id in ids {
            tiles.insert(id, self.tile(id).await?);
        }
        Ok(Tiles(tiles))
    }
}

/// Whether it is one of those that a large log has many of.
fn is_lowest(id: &TileId) -> bool {
    id.level == 0 && id.is_complete()
}

struct Kept {
    /// How often the log had been read anew when these were read.
    reloads: u64,
    lowest: Recent,
    upper: Recent,
}

impl Kept {
    fn new(reloads: u64) -> Self {
        Self { reloads, lowest: Recent::new(LOWEST_KEPT), upper: Recent::new(UPPER_KEPT) }
    }

    /// Those that were read since the log was read anew last.
    fn since(&mut self, reloads: u64) -> &mut Self {
        if self.reloads != reloads {
            *self = Self::new(reloads);
        }
        self
    }

    fn of(&mut self, id: TileId) -> &mut Recent {
        if is_lowest(&id) { &mut self.lowest } else { &mut self.upper }
    }
}

/// The tiles that were asked for lately, in two halves: when the newer one is full it becomes the older one, and what
/// nobody asked for meanwhile is forgotten.
struct Recent {
    half: usize,
    newer: HashMap<TileId, Arc<TileNodes>>,
    older: HashMap<TileId, Arc<TileNodes>>,
}

impl Recent {
    fn new(most: usize) -> Self {
        Self { half: most / 2, newer: HashMap::new(), older: HashMap::new() }
    }

    fn get(&mut self, id: TileId) -> Option<Arc<TileNodes>> {
        if let Some(tile) = self.newer.get(&id) {
            return Some(tile.clone());
        }
        let tile = self.older.remove(&id)?;
        self.keep(id, tile.clone());
        Some(tile)
    }

    fn keep(&mut self, id: TileId, tile: Arc<TileNodes>) {
        if self.newer.len() >= self.half {
            self.older = std::mem::take(&mut self.newer);
        }
        self.newer.insert(id, tile);
    }
}

/// Sizes were compared with the log's before: what is missing should be there.
fn wrong(error: ProveError) -> Error {
    Error::corrupt(None, error)
}

fn damaged(error: TileBytesError) -> Error {
    Error::corrupt(None, error)
}
