//! Where a tile is, in the tree and below a URL (C2SP `tlog-tiles`).

use std::fmt;

use crate::tiles::{Edge, TILE_HEIGHT, TILE_WIDTH};

/// The levels that a tree of 64-bit size can have: 0 to 7.
const LEVELS: u8 = 8;

/// A tile of a tree of some size: complete with 256 hashes in its bottom row, or partial with fewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TileId {
    /// 0 for the tiles whose bottom row is leaf hashes.
    pub level: u8,
    /// The tile's place in its level, from 0.
    pub index: u64,
    /// The hashes in the bottom row: 1 to 256.
    pub width: u16,
}

impl TileId {
    /// The tile at this place in a tree of `size` leaves, where there is one.
    pub fn of(level: u8, index: u64, size: u64) -> Option<Self> {
        let hashes = size.checked_shr(u32::from(level) * TILE_HEIGHT)?;
        let before = index.checked_mul(TILE_WIDTH)?;
        match hashes.checked_sub(before)?.min(TILE_WIDTH) {
            0 => None,
            width => Some(Self { level, index, width: width as u16 }),
        }
    }

    /// Whether all 256 hashes are there, so that the tile is stored and never changes.
    pub fn is_complete(self) -> bool {
        u64::from(self.width) == TILE_WIDTH
    }

    /// Which hashes the bottom row is made of: leaf hashes in level 0, else roots of tiles of the level below.
    pub fn bottom_row(self) -> Edge {
        Edge { level: self.level, first: self.index * TILE_WIDTH, count: usize::from(self.width) }
    }

    /// The tile's place below the URL of the log: `tile/<L>/<N>[.p/<W>]`.
    pub fn path(self) -> String {
        format!("tile/{}/{}", self.level, Place { index: self.index, width: self.width })
    }

    /// Reads what [`TileId::path`] writes.
    pub fn parse_path(path: &str) -> Result<Self, TilePathError> {
        let (level, place) =
            path.strip_prefix("tile/").and_then(|rest| rest.split_once('/')).ok_or(TilePathError)?;
        let level = match level.as_bytes() {
            [digit @ b'0'..=b'7'] => digit - b'0',
            _ => return Err(TilePathError),
        };
        let Place { index, width } = Place::parse(place)?;
        // The tile must lie in a tree of 64-bit size.
        let last = index.checked_mul(TILE_WIDTH).and_then(|first| first.checked_add(u64::from(width)));
        let leaves = last.and_then(|last| last.checked_mul(1 << (u32::from(level) * TILE_HEIGHT)));
        leaves.map(|_| Self { level, index, width }).ok_or(TilePathError)
    }
}

/// A bundle of the entries whose leaf hashes are the bottom row of a tile of level 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BundleId {
    /// The bundle's place: its first entry is `index * 256`.
    pub index: u64,
    /// The entries in it: 1 to 256.
    pub width: u16,
}

impl BundleId {
    /// The bundle at this place in a log of `size` entries, where there is one.
    pub fn of(index: u64, size: u64) -> Option<Self> {
        TileId::of(0, index, size).map(|TileId { level: _, index, width }| Self { index, width })
    }

    /// The bundle's place below the URL of the log: `tile/entries/<N>[.p/<W>]`.
    pub fn path(self) -> String {
        format!("tile/entries/{}", Place { index: self.index, width: self.width })
    }

    /// Reads what [`BundleId::path`] writes.
    pub fn parse_path(path: &str) -> Result<Self, TilePathError> {
        let Place { index, width } = Place::parse(path.strip_prefix("tile/entries/").ok_or(TilePathError)?)?;
        let end = index.checked_mul(TILE_WIDTH).and_then(|first| first.checked_add(u64::from(width)));
        end.map(|_| Self { index, width }).ok_or(TilePathError)
    }
}

/// `<N>[.p/<W>]`: the index in groups of three digits, all but the last behind an `x`, and the width of what is partial.
struct Place {
    index: u64,
    width: u16,
}

impl Place {
    fn parse(text: &str) -> Result<Self, TilePathError> {
        let (index, width) = match text.split_once(".p/") {
            None => (text, TILE_WIDTH as u16),
            Some((index, width)) => (index, parse_width(width).ok_or(TilePathError)?),
        };
        let place = Self { index: parse_index(index).ok_or(TilePathError)?, width };
        // One form only: nothing but this place is written like this.
        if place.to_string() == text { Ok(place) } else { Err(TilePathError) }
    }
}

fn parse_width(text: &str) -> Option<u16> {
    text.parse().ok().filter(|width| (1..TILE_WIDTH as u16).contains(width))
}

fn parse_index(text: &str) -> Option<u64> {
    text.split('/').try_fold(0_u64, |index, group| {
        let digits = group.strip_prefix('x').unwrap_or(group);
        let is_group = digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit());
        let group: u64 = digits.parse().ok().filter(|_| is_group)?;
        index.checked_mul(1000)?.checked_add(group)
    })
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups = std::iter::successors(Some(self.index / 1000), |rest| Some(rest / 1000));
        let above = groups.take_while(|rest| *rest > 0).count();
        for place in (1..=above).rev() {
            write!(formatter, "x{:03}/", self.index / 1000_u64.pow(place as u32) % 1000)?;
        }
        write!(formatter, "{:03}", self.index % 1000)?;
        if u64::from(self.width) == TILE_WIDTH { Ok(()) } else { write!(formatter, ".p/{}", self.width) }
    }
}

/// The path names no tile and no bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TilePathError;

impl fmt::Display for TilePathError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the path names no tile and no bundle of entries")
    }
}

impl std::error::Error for TilePathError {}

/// All tiles of a tree of `size` leaves that lie above the leaves from `first` to before `end`, lowest level first.
pub fn tiles_above(first: u64, end: u64, size: u64) -> impl Iterator<Item = TileId> {
    let end = end.min(size);
    let last = end.checked_sub(1).filter(|last| first <= *last);
    (0..LEVELS).filter_map(move |level| last.map(|last| (level, last))).flat_map(move |(level, last)| {
        let height = u32::from(level + 1) * TILE_HEIGHT;
        let tile_of = |leaf: u64| leaf.checked_shr(height).unwrap_or(0);
        (tile_of(first)..=tile_of(last)).map_while(move |index| TileId::of(level, index, size))
    })
}
