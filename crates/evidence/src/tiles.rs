//! Tiles: the tree cut into pieces of height 8, each written once, when its last hash is known.
//!
//! A tile of level 0 covers 256 leaves; one of level 1 covers 256 tiles of level 0, whose roots are its bottom
//! row; and so on. The bottom row is what readers of C2SP `tlog-tiles` are served.

use std::fmt;

use crate::frontier::Frontier;
use crate::hash::Hash;

/// The height of a tile: its root lies 8 levels above its bottom row.
pub const TILE_HEIGHT: u32 = 8;
/// The number of hashes in a tile's bottom row.
pub const TILE_WIDTH: u64 = 1 << TILE_HEIGHT;
/// The length of a stored tile: 511 hashes of 32 bytes.
pub const TILE_BYTES: usize = 511 * 32;

/// A complete tile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    /// 0 for the tiles whose bottom row is leaf hashes.
    pub level: u8,
    /// The tile's place in its level, from 0.
    pub index: u64,
    /// All 511 nodes: the bottom row of 256, the row of 128 above it, and so on up to the root.
    nodes: Vec<Hash>,
}

impl Tile {
    /// The stored form: the nodes one after the other, bottom row first and the root last.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.nodes.concat()
    }

    /// The root, which is also one hash of the bottom row in the level above.
    pub fn root(&self) -> Hash {
        *self.nodes.last().expect("a tile is complete: it has its 511 nodes")
    }
}

/// A [`Frontier`] that also collects tiles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TileBuilder {
    frontier: Frontier,
    /// The tile that is being filled in each level.
    open: Vec<OpenTile>,
}

/// The nodes known so far of a tile that is being filled: row 0 is the bottom one. The root is not among the
/// rows, because with it the tile is complete.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct OpenTile {
    rows: [Vec<Hash>; TILE_HEIGHT as usize],
}

impl TileBuilder {
    /// The builder of the empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends one leaf by its hash, and adds the tiles that it completes to `completed`, lowest level first.
    pub fn push(&mut self, leaf: Hash, completed: &mut Vec<Tile>) {
        self.append(0, leaf, completed);
    }

    /// The number of leaves.
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// The root of RFC 6962, section 2.1.
    pub fn root(&self) -> Hash {
        self.frontier.root()
    }

    /// The compact range of the tree.
    pub fn frontier(&self) -> &Frontier {
        &self.frontier
    }

    /// Makes the builder of a tree again from the hashes that [`edges`] names for its size, in that order.
    pub fn rebuild(size: u64, hashes: &[Vec<Hash>]) -> Result<Self, EdgeMismatch> {
        let edges = edges(size);
        let counts_fit = edges.iter().map(|edge| edge.count).eq(hashes.iter().map(Vec::len));
        if !counts_fit {
            return Err(EdgeMismatch { size });
        }
        let mut builder = Self::new();
        let mut completed = Vec::new();
        for (edge, row) in edges.iter().zip(hashes).rev() {
            for hash in row {
                builder.append(u32::from(edge.level) * TILE_HEIGHT, *hash, &mut completed);
            }
        }
        debug_assert!(completed.is_empty(), "a partial edge completes no tile");
        Ok(builder)
    }

    fn append(&mut self, height: u32, subtree: Hash, completed: &mut Vec<Tile>) {
        let size = self.frontier.size() + (1 << height);
        let open = &mut self.open;
        self.frontier.append(height, subtree, |height, hash| {
            let (level, row) = ((height / TILE_HEIGHT) as usize, (height % TILE_HEIGHT) as usize);
            if open.len() <= level {
                open.resize_with(level + 1, OpenTile::default);
            }
            // A root that a rebuild hands in has no open tile below it: its tile was written long ago.
            if row == 0 && level > 0 && !open[level - 1].rows[0].is_empty() {
                completed.push(open[level - 1].complete(level - 1, (size >> height) - 1, hash));
            }
            open[level].rows[row].push(hash);
        });
    }
}

impl OpenTile {
    fn complete(&mut self, level: usize, index: u64, root: Hash) -> Tile {
        let mut nodes = Vec::with_capacity(TILE_BYTES / 32);
        self.rows.iter_mut().for_each(|row| nodes.append(row));
        nodes.push(root);
        debug_assert_eq!(nodes.len() * 32, TILE_BYTES, "a root is known when all nodes below it are");
        Tile { level: u8::try_from(level).expect("64-bit sizes have 8 levels"), index, nodes }
    }
}

/// The hashes of one level that no complete tile of that level holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// 0: the hashes are leaf hashes. Else they are the roots of tiles of the level below.
    pub level: u8,
    /// The index of the first hash: a leaf index (from 0), or the index of a tile of the level below.
    pub first: u64,
    /// How many there are: 0 to 255.
    pub count: usize,
}

/// What must be read to go on with a tree of `size` leaves, lowest level first.
pub fn edges(size: u64) -> Vec<Edge> {
    let hashes_in_level = std::iter::successors(Some(size), |hashes| Some(hashes / TILE_WIDTH));
    (0_u8..)
        .zip(hashes_in_level.take_while(|hashes| *hashes > 0))
        .map(|(level, hashes)| {
            let count = hashes % TILE_WIDTH;
            Edge { level, first: hashes - count, count: count as usize }
        })
        .collect()
}

/// The hashes given to [`TileBuilder::rebuild`] are not as many as the size asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EdgeMismatch {
    /// The size of the tree that was to be rebuilt.
    pub size: u64,
}

impl fmt::Display for EdgeMismatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the hashes at the edge of a tree of {} leaves are not complete", self.size)
    }
}

impl std::error::Error for EdgeMismatch {}
