//! Tiles that were asked for lately, whole.

use std::hash::Hash;
use std::sync::Arc;

use assent_evidence::TileNodes;
use rustc_hash::FxHashMap;

/// Tiles of one log, by what they are called.
pub(super) struct Kept<K> {
    /// How often the log had been read anew when these were read.
    reloads: u64,
    most: usize,
    recent: Recent<K>,
}

impl<K: Copy + Eq + Hash> Kept<K> {
    /// Room for so many.
    pub(super) fn new(most: usize) -> Self {
        Self { reloads: 0, most, recent: Recent::new(most) }
    }

    /// Those that were read since the log was read anew last.
    pub(super) fn since(&mut self, reloads: u64) -> &mut Recent<K> {
        if self.reloads != reloads {
            *self = Self { reloads, ..Self::new(self.most) };
        }
        &mut self.recent
    }
}

/// In two halves: when the newer one is full it becomes the older one, and what nobody asked for meanwhile is forgotten.
pub(super) struct Recent<K> {
    half: usize,
    newer: FxHashMap<K, Arc<TileNodes>>,
    older: FxHashMap<K, Arc<TileNodes>>,
}

impl<K: Copy + Eq + Hash> Recent<K> {
    fn new(most: usize) -> Self {
        Self { half: most / 2, newer: FxHashMap::default(), older: FxHashMap::default() }
    }

    /// The tile of this name.
    pub(super) fn get(&mut self, name: K) -> Option<&Arc<TileNodes>> {
        if let Some(tile) = self.older.remove(&name) {
            self.keep(name, tile);
        }
        self.newer.get(&name)
    }

    /// Keeps a tile.
    pub(super) fn keep(&mut self, name: K, tile: Arc<TileNodes>) {
        if self.newer.len() >= self.half {
            self.older = std::mem::take(&mut self.newer);
        }
        self.newer.insert(name, tile);
    }
}
