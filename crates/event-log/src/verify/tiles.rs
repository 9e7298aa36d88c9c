//! The tiles that a stretch of the walk completed, against those that are stored.

use std::collections::HashMap;

use assent_evidence::{TILE_WIDTH, Tile};

use super::Finding;
use super::entries::unreachable;
use crate::again_if_broken;
use crate::database::Database;
use crate::error::ReadError;
use crate::load::{from_column, to_column};

const TILES: &str = "
    SELECT idx, nodes
    FROM tiles
    WHERE level = $1 AND idx >= $2 AND idx <= $3";

/// The first of these tiles, in the order in which they were completed, that is not stored as it is. Those of one level
/// lie beside each other.
pub(super) async fn compare(database: &Database, completed: &[Tile]) -> Result<Option<Finding>, ReadError> {
    let mut stored = HashMap::with_capacity(completed.len());
    let highest = completed.iter().map(|it| it.level).max();
    for level in 0..highest.map_or(0, |it| it + 1) {
        let mut of_level = completed.iter().filter(|it| it.level == level).map(|it| it.index);
        let Some(first) = of_level.next() else { continue };
        let last = of_level.next_back().unwrap_or(first);
        let rows: sqlx::Result<Vec<(i64, Vec<u8>)>> = again_if_broken!(database, readers => {
            let query = sqlx::query_as(TILES).bind(i64::from(level));
            query.bind(to_column(first)).bind(to_column(last)).fetch_all(readers).await
        });
        stored.extend(
            rows.map_err(unreachable)?.into_iter().map(|(idx, nodes)| ((level, from_column(idx)), nodes)),
        );
    }
    Ok(completed.iter().find_map(|tile| {
        let what = match stored.get(&(tile.level, tile.index)) {
            Some(nodes) if *nodes == tile.to_bytes() => return None,
            Some(_) => "does not hold the nodes of the tree",
            None => "is missing",
        };
        let first = tile.index * TILE_WIDTH.pow(u32::from(tile.level) + 1) + 1;
        Some(Finding::at(first, format!("tile {} of level {} {what}", tile.index, tile.level)))
    }))
}
