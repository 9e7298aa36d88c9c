//! The tree behind the entries, for whoever makes proofs: roots of commits, tiles, and the rows that are not tiles yet.

use std::collections::HashMap;

use assent_evidence::{Hash, TileNodes, root_from_tiles, tiles_for_root};
use sqlx::AssertSqlSafe;

use crate::again_if_broken;
use crate::error::ReadError;
use crate::load::{from_column, inconsistent, to_column, to_hash};
use crate::log::EventLog;
use crate::sql;

/// The last commit that begins before a size ends at it, or no commit does.
const ROOT: &str = "
    SELECT size, root
    FROM commits
    WHERE start < $1
    ORDER BY start DESC
    LIMIT 1";

const TILE: &str = "SELECT nodes FROM tiles WHERE level = $1 AND idx = $2";

impl EventLog {
    /// The root of the log at a size, where a commit ended there.
    pub async fn root_at(&self, size: u64) -> Result<Option<Hash>, ReadError> {
        let row: sqlx::Result<Option<(i64, Vec<u8>)>> = again_if_broken!(self.database(), readers => {
            sqlx::query_as(ROOT).bind(to_column(size)).fetch_optional(readers).await
        });
        let row = row.map_err(unreachable)?.filter(|(stored, _)| from_column(*stored) == size);
        row.map(|(_, root)| to_hash(&root, size)).transpose()
    }

    /// The root of the log at any size that it has reached, from its tiles.
    pub async fn root(&self, size: u64) -> Result<Hash, ReadError> {
        let mut tiles = HashMap::new();
        for id in tiles_for_root(size) {
            let row = self.tile_row(id.level, id.index, u64::from(id.width)).await?;
            let nodes = TileNodes::from_bottom_row(row.as_flattened());
            tiles.insert(id, nodes.map_err(|_| inconsistent(size, "a tile at its edge is missing"))?);
        }
        root_from_tiles(size, &tiles).map_err(|_| inconsistent(size, "a tile at its edge is not complete"))
    }

    /// The 511 nodes of a complete tile, bottom row first and the root last; none where it is not complete.
    pub async fn tile(&self, level: u8, index: u64) -> Result<Option<Vec<u8>>, ReadError> {
        let nodes: sqlx::Result<Option<Vec<u8>>> = again_if_broken!(self.database(), readers => {
            let query = sqlx::query_scalar(TILE).bind(i64::from(level)).bind(to_column(index));
            query.fetch_optional(readers).await
        });
        nodes.map_err(unreachable)
    }

    /// The nodes of complete tiles of level 0, as [`EventLog::tile`] gives them one by one, in as few statements as can be;
    /// those that are not complete are left out.
    pub async fn lowest_tiles(&self, indices: &[u64]) -> Result<HashMap<u64, Vec<u8>>, ReadError> {
        let mut tiles = HashMap::with_capacity(indices.len());
        for (statement, indices) in
            sql::LOWEST_TILES.statements(self.database().dialect(), &sql::padded(indices))
        {
            let rows: sqlx::Result<Vec<(i64, Vec<u8>)>> = again_if_broken!(self.database(), readers => {
                let query = sqlx::query_as(AssertSqlSafe(statement.0.clone()));
                let query = indices.iter().fold(query, |query, index| query.bind(to_column(*index)));
                query.fetch_all(readers).await
            });
            tiles.extend(
                rows.map_err(unreachable)?.into_iter().map(|(index, nodes)| (from_column(index), nodes)),
            );
        }
        Ok(tiles)
    }

    /// The first `count` hashes of a tile's bottom row, whether it is complete or not: leaf hashes at level 0, else
    /// the roots of tiles of the level below. Fewer where the log is shorter.
    pub async fn tile_row(&self, level: u8, index: u64, count: u64) -> Result<Vec<Hash>, ReadError> {
        let first = index * assent_evidence::TILE_WIDTH;
        let end = first + count.min(assent_evidence::TILE_WIDTH);
        let row: sqlx::Result<Vec<Vec<u8>>> = again_if_broken!(self.database(), readers => {
            let query = match level {
                // Positions count from 1, leaves from 0.
                0 => sqlx::query_scalar(sql::LEAF_HASHES).bind(to_column(first) + 1).bind(to_column(end)),
                _ => sqlx::query_scalar(sql::TILE_ROOTS)
                    .bind(i64::from(level) - 1)
                    .bind(to_column(first))
                    .bind(to_column(end)),
            };
            query.fetch_all(readers).await
        });
        row.map_err(unreachable)?.iter().map(|hash| to_hash(hash, end)).collect()
    }
}

pub(crate) fn unreachable(source: sqlx::Error) -> ReadError {
    ReadError::Unreachable { doing: "read the tree", source }
}
