//! Groups of leaf hashes: for a proof from a tile whose upper nodes are known, a fraction of what the tile is.

use std::collections::HashMap;
use std::sync::LazyLock;

use assent_evidence::{GROUP_WIDTH, Group};
use sqlx::AssertSqlSafe;

use crate::again_if_broken;
use crate::database::Dialect;
use crate::error::ReadError;
use crate::ids::POSITIONS_END;
use crate::load::to_column;
use crate::log::EventLog;
use crate::sql::{self, Chunked};
use crate::tree::unreachable;

/// The leaf hashes behind each of the keys, which ascend, one after the other in one value: a row for each hash would cost
/// more than finding it. CROSS JOIN keeps SQLite's order of loops, so that the hashes come in order; PostgreSQL is told the order,
/// and by LIMIT that there are few of them.
static LEAF_GROUPS: LazyLock<Chunked> = LazyLock::new(|| {
    Chunked::of(|dialect, rows| match dialect {
        Dialect::Sqlite => format!(
            "SELECT CAST(group_concat(leaf_hash, '') AS BLOB)
             FROM (SELECT leaf_hash
                   FROM (VALUES {}) AS wanted
                   CROSS JOIN events
                   ON position > column1 AND position <= column1 + {GROUP_WIDTH})",
            vec!["(?)"; rows].join(", ")
        ),
        Dialect::Postgres => format!(
            "SELECT string_agg(leaf_hash, '' ORDER BY position)
             FROM unnest(ARRAY[{}]::bigint[]) AS wanted (before)
             CROSS JOIN LATERAL (SELECT position, leaf_hash
                                 FROM events
                                 WHERE position > before AND position <= before + {GROUP_WIDTH}
                                 ORDER BY position
                                 LIMIT {GROUP_WIDTH}) AS leaves",
            dialect.placeholders(rows)
        ),
    })
});

impl EventLog {
    /// The leaf hashes of groups of [`GROUP_WIDTH`] leaves, by their indices (from 0), in as few statements as can be: a
    /// thirtieth of the bytes of their tiles. Nothing where they are not all complete.
    pub async fn leaf_groups(&self, indices: &[u64]) -> Result<HashMap<u64, Group>, ReadError> {
        let mut sorted = indices.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        // The position before the group's first one; behind NULL there is nothing, and nothing is looked for.
        let before: Vec<_> = sorted
            .iter()
            .map(|group| Some(to_column(group.saturating_mul(GROUP_WIDTH as u64).min(POSITIONS_END))))
            .collect();
        let mut hashes = Vec::with_capacity(sorted.len() * size_of::<Group>());
        for (statement, before) in
            LEAF_GROUPS.statements(self.database().dialect(), &sql::padded_with(&before, None))
        {
            let found: sqlx::Result<Option<Vec<u8>>> = again_if_broken!(self.database(), readers => {
                let query = sqlx::query_scalar(AssertSqlSafe(statement.0.clone()));
                before.iter().fold(query, |query, before| query.bind(*before)).fetch_one(readers).await
            });
            hashes.extend(found.map_err(unreachable)?.unwrap_or_default());
        }
        let (hashes, rest) = hashes.as_chunks();
        let (groups, few) = hashes.as_chunks();
        let are_all = rest.is_empty() && few.is_empty() && groups.len() == sorted.len();
        let found = sorted.into_iter().zip(groups.iter().copied());
        Ok(if are_all { found.collect() } else { HashMap::new() })
    }
}
