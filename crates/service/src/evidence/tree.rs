//! Proofs from the tiles that the log keeps.

use std::sync::Arc;

use assent_event_log::{EventLog, ReadError};
use assent_evidence::{
    Hash, ProofError, ProveError, TILE_HEIGHT, TILE_WIDTH, TileBytesError, TileId, TileNodes, TileSource,
    inclusion_root, prove_consistency, prove_inclusion, prove_tile, tiles_for_consistency,
    tiles_for_inclusion, tiles_for_tile, verify_inclusion,
};
use parking_lot::Mutex;
use rustc_hash::FxHashMap;

use super::kept::Kept;
use super::lowest::{InTile, Lowest};
use crate::error::Error;
use crate::replica::Trust;

/// How many tiles of the lowest level are kept whole: all of a small log, and where neighbours are asked for one after the
/// other. 16 KiB each.
const WHOLE_KEPT: usize = 256;
/// How many tiles that many proofs need are kept, of the levels above the lowest one and at the right edge of a size: 16 KiB
/// each at most.
const UPPER_KEPT: usize = 1024;
/// Of how many sizes the ways above tiles are kept: proofs are mostly asked for at the newest ones.
const SIZES_KEPT: usize = 8;
/// The longest way that a log can have.
const WAY_MAX: usize = 40;

/// The tree of the log. Clones share the tiles that are kept.
#[derive(Clone)]
pub(crate) struct Tree {
    log: EventLog,
    trust: Trust,
    lowest: Lowest,
    upper: Arc<Mutex<Kept<TileId>>>,
    above: Arc<Mutex<Vec<Above>>>,
}

/// What leaves have in common that are below the same tile, in the log at a size, as it was when the log had been read anew so
/// often.
struct Above {
    reloads: u64,
    size: u64,
    ways: FxHashMap<TileId, Arc<Shared>>,
}

/// The way from the root of a complete tile to the root of the log.
struct Shared {
    /// The tile, where it is one of level 1: every node of it is the hash of those below.
    of_level_1: Option<Arc<TileNodes>>,
    /// The tile's root.
    node: Hash,
    siblings: Vec<Hash>,
    /// Where they lead.
    root: Hash,
}

/// A leaf, and its siblings on the way to the root, lowest first.
pub(crate) struct Way {
    pub(crate) leaf: Hash,
    pub(crate) siblings: Vec<Hash>,
    /// The root of the leaf's tile, and the root of the log that the way is known to lead to from there.
    known: Option<(Hash, Hash)>,
}

impl Way {
    /// Verifies that a leaf at this place is the one whose way this is, to this root. What many leaves have in common is hashed
    /// for the first of them.
    pub(crate) fn verify(&self, leaf: &Hash, index: u64, size: u64, root: &Hash) -> Result<(), ProofError> {
        match &self.known {
            Some((tile, known)) if known == root => {
                let in_tile = &self.siblings[..TILE_HEIGHT as usize];
                verify_inclusion(leaf, index % TILE_WIDTH, TILE_WIDTH, in_tile, tile)
            }
            _ => verify_inclusion(leaf, index, size, &self.siblings, root),
        }
    }
}

/// The tiles of some proofs.
struct Tiles(FxHashMap<TileId, Arc<TileNodes>>);

impl TileSource for Tiles {
    fn tile(&self, tile: TileId) -> Option<&TileNodes> {
        self.0.get(&tile).map(AsRef::as_ref)
    }
}

impl Tree {
    /// With so many bytes of memory for pieces of the lowest level.
    pub(super) fn new(log: EventLog, trust: Trust, bytes: usize) -> Self {
        let lowest = Lowest::new(log.clone(), trust.clone(), WHOLE_KEPT, bytes);
        let upper = Arc::new(Mutex::new(Kept::new(UPPER_KEPT)));
        Self { log, trust, lowest, upper, above: Arc::default() }
    }

    /// The way from a leaf (from 0) to the root of the log at a size that it has reached.
    pub(crate) async fn way(&self, index: u64, size: u64) -> Result<Way, Error> {
        let tile = lowest(index, size)?;
        if !tile.is_complete() {
            let tiles = self.tiles(tiles_for_inclusion(index, size).map_err(wrong)?).await?;
            let siblings = prove_inclusion(index, size, &tiles).map_err(wrong)?;
            // A log of one leaf needs no tile to prove it.
            let leaf = self.tile(tile).await?.node(0, (index % TILE_WIDTH) as usize).copied();
            let leaf = leaf.ok_or_else(|| wrong(ProveError::TileMissing(tile)))?;
            return Ok(Way { leaf, siblings, known: None });
        }
        let InTile { leaf, siblings: lowest } = self.lowest.way(index).await?;
        let mut siblings = Vec::with_capacity(WAY_MAX);
        siblings.extend(lowest);
        // The next tile's siblings are copied; the rest, where the right edge has to be hashed, is kept.
        let next = TileId::of(1, tile.index / TILE_WIDTH, size).filter(|it| it.is_complete());
        let shared = self.above(next.unwrap_or(tile), size).await?;
        let mut node = shared.node;
        if let Some(next) = &shared.of_level_1 {
            let place = (tile.index % TILE_WIDTH) as usize;
            let found = next.siblings(place).zip(next.node(0, place));
            let (of_next, root) = found.ok_or_else(|| wrong(ProveError::TileMissing(tile)))?;
            siblings.extend(of_next);
            node = *root;
        }
        siblings.extend_from_slice(&shared.siblings);
        Ok(Way { leaf, siblings, known: Some((node, shared.root)) })
    }

    /// The siblings for several leaves, whose tiles are read together. They are not kept: whoever asks for many passes on.
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
        if is_lowest(&id) {
            return self.lowest.tile(id.index).await;
        }
        // What was there in a log that is gone may be another tile, or none, in the one that is there now.
        let reloads = self.trust.reload_count();
        if let Some(tile) = self.upper.lock().since(reloads).get(id) {
            return Ok(tile.clone());
        }
        let tile = Arc::new(self.read(id).await?);
        if self.trust.reload_count() == reloads {
            self.upper.lock().since(reloads).keep(id, tile.clone());
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
        let nodes = self.log.tile(id.level, id.index).await?.ok_or_else(missing)?;
        TileNodes::from_stored(nodes).map_err(damaged)
    }

    async fn tiles(&self, ids: Vec<TileId>) -> Result<Tiles, Error> {
        let mut tiles = FxHashMap::with_capacity_and_hasher(ids.len(), Default::default());
        for id in ids {
            tiles.insert(id, self.tile(id).await?);
        }
        Ok(Tiles(tiles))
    }

    /// The way from the root of a complete tile to the root of the log at a size.
    async fn above(&self, id: TileId, size: u64) -> Result<Arc<Shared>, Error> {
        let reloads = self.trust.reload_count();
        let is_it = |it: &Above| (it.reloads, it.size) == (reloads, size);
        let kept = self.above.lock().iter().find(|it| is_it(it)).and_then(|it| it.ways.get(&id).cloned());
        if let Some(kept) = kept {
            return Ok(kept);
        }
        let tile = self.tile(id).await?;
        let tiles = self.tiles(tiles_for_tile(id, size).map_err(wrong)?).await?;
        let siblings = prove_tile(id, size, &tiles).map_err(wrong)?;
        let of_level_1 = (id.level > 0).then(|| tile.clone());
        let is_sound = of_level_1.as_ref().is_none_or(|it| it.is_sound());
        let node = *tile.root().filter(|_| is_sound).ok_or_else(|| damaged(TileBytesError))?;
        // Among the nodes of its height a tile is what a leaf is among leaves.
        let nodes = ((size - 1) >> (u32::from(id.level + 1) * TILE_HEIGHT)) + 1;
        let root = inclusion_root(&node, id.index, nodes, &siblings);
        let root = root.map_err(|it| Error::corrupt(None, it))?;
        let shared = Arc::new(Shared { of_level_1, node, siblings, root });
        if self.trust.reload_count() == reloads {
            let mut above = self.above.lock();
            if !above.iter().any(is_it) {
                above.insert(0, Above { reloads, size, ways: FxHashMap::default() });
                above.truncate(SIZES_KEPT);
            }
            above.iter_mut().filter(|it| is_it(it)).for_each(|it| _ = it.ways.insert(id, shared.clone()));
        }
        Ok(shared)
    }
}

/// The tile of the lowest level that a leaf is in.
fn lowest(index: u64, size: u64) -> Result<TileId, Error> {
    let tile = TileId::of(0, index / TILE_WIDTH, size).filter(|_| index < size);
    tile.ok_or_else(|| wrong(ProveError::Sizes))
}

/// Whether it is one of those that a large log has many of.
fn is_lowest(id: &TileId) -> bool {
    id.level == 0 && id.is_complete()
}

/// Sizes were compared with the log's before: what is missing should be there.
fn wrong(error: ProveError) -> Error {
    Error::corrupt(None, error)
}

fn damaged(error: TileBytesError) -> Error {
    Error::corrupt(None, error)
}

#[cfg(test)]
mod tests;
