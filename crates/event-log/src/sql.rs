//! Every statement of the log. Placeholders, column types and clauses are those that SQLite and PostgreSQL share.

use std::sync::{Arc, LazyLock};

use sqlx::AssertSqlSafe;

use crate::database::Dialect;

/// The table in which the log's migrations are kept; the projections keep theirs in another.
pub(crate) const MIGRATIONS: &str = "event_log_migrations";
pub(crate) const LAST_MIGRATION: &str = "SELECT MAX(version) FROM event_log_migrations WHERE success";

pub(crate) const LAST_COMMIT: &str = "
    SELECT start, size, root, at
    FROM commits
    ORDER BY start DESC
    LIMIT 1";

/// From one that is known on: whoever follows sees with the first row that the log still is the one that it read.
pub(crate) const COMMITS: &str = "
    SELECT start, size, root, at
    FROM commits
    WHERE start >= $1
    ORDER BY start
    LIMIT $2";

pub(crate) const LAST_POSITION: &str = "SELECT COALESCE(MAX(position), 0) FROM events";

pub(crate) const DOCUMENT: &str = "
    SELECT media_type, content
    FROM documents
    WHERE sha256 = $1";

pub(crate) const ENTRIES: &str = "
    SELECT position, entry, leaf_hash
    FROM events
    WHERE position >= $1 AND position <= $2
    ORDER BY position
    LIMIT $3";

pub(crate) const LEAF_HASHES: &str = "
    SELECT leaf_hash
    FROM events
    WHERE position >= $1 AND position <= $2
    ORDER BY position";

/// The last of a tile's 511 hashes of 32 bytes; `substr` counts from 1.
pub(crate) const TILE_ROOTS: &str = "
    SELECT substr(nodes, 16321, 32)
    FROM tiles
    WHERE level = $1 AND idx >= $2 AND idx < $3
    ORDER BY idx";

/// Statements of one row are slow one by one, and statements of any number of rows are never the same twice; so
/// rows go in chunks of these sizes, and each statement is prepared once.
const CHUNK_ROWS: [usize; 4] = [256, 64, 8, 1];

pub(crate) static ERASE_VAULT: LazyLock<Chunked> =
    LazyLock::new(|| Chunked::keys("DELETE FROM vault WHERE id"));

pub(crate) static IN_VAULT: LazyLock<Chunked> =
    LazyLock::new(|| Chunked::keys("SELECT id FROM vault WHERE id"));

pub(crate) static REQUESTS: LazyLock<Chunked> =
    LazyLock::new(|| Chunked::keys("SELECT key, position FROM requests WHERE key"));

pub(crate) static ENTRIES_AT: LazyLock<Chunked> =
    LazyLock::new(|| Chunked::keys("SELECT position, entry, leaf_hash FROM events WHERE position"));

pub(crate) static LOWEST_TILES: LazyLock<Chunked> =
    LazyLock::new(|| Chunked::keys("SELECT idx, nodes FROM tiles WHERE level = 0 AND idx"));

/// One statement in several lengths, for either database.
pub(crate) struct Chunked {
    sqlite: Lengths,
    postgres: Lengths,
}

/// In the order of [`CHUNK_ROWS`].
type Lengths = [Arc<str>; CHUNK_ROWS.len()];

impl Chunked {
    /// `head IN ($1, $2)` and so on.
    fn keys(head: &str) -> Self {
        Self::of(|dialect, rows| format!("{head} IN ({})", dialect.placeholders(rows)))
    }

    /// `text` for each length.
    pub(crate) fn of(text: impl Fn(Dialect, usize) -> String) -> Self {
        let lengths = |dialect| CHUNK_ROWS.map(|rows| text(dialect, rows).into());
        Self { sqlite: lengths(Dialect::Sqlite), postgres: lengths(Dialect::Postgres) }
    }

    /// Cuts `rows` into pieces that there is a statement for, each with its statement.
    pub(crate) fn statements<'rows, Row>(
        &self,
        dialect: Dialect,
        rows: &'rows [Row],
    ) -> impl Iterator<Item = (AssertSqlSafe<Arc<str>>, &'rows [Row])> {
        let texts = match dialect {
            Dialect::Sqlite => &self.sqlite,
            Dialect::Postgres => &self.postgres,
        };
        let mut rest = rows;
        std::iter::from_fn(move || {
            let size = CHUNK_ROWS.iter().position(|rows| *rows <= rest.len())?;
            let (chunk, left) = rest.split_at(CHUNK_ROWS[size]);
            rest = left;
            Some((AssertSqlSafe(texts[size].clone()), chunk))
        })
    }
}

/// Keys to look for, the last one repeated so often that they go in as few statements as can be.
pub(crate) fn padded<Key: Copy>(keys: &[Key]) -> Vec<Key> {
    keys.last().map_or_else(Vec::new, |last| padded_with(keys, *last))
}

/// The same with a key that is nowhere.
pub(crate) fn padded_with<Key: Copy>(keys: &[Key], nowhere: Key) -> Vec<Key> {
    let mut padded = keys.to_vec();
    let rest = keys.len() % CHUNK_ROWS[0];
    let fits = CHUNK_ROWS.iter().rev().find(|rows| **rows >= rest).filter(|_| rest > 0);
    padded.resize(keys.len() + fits.map_or(0, |rows| rows - rest), nowhere);
    padded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_go_in_chunks_of_sizes_that_are_prepared_once() {
        let rows = [0; 256 + 2 * 64 + 3 * 8 + 2];
        let sizes: Vec<usize> =
            REQUESTS.statements(Dialect::Sqlite, &rows).map(|(_, chunk)| chunk.len()).collect();
        assert_eq!(sizes, [256, 64, 64, 8, 8, 8, 1, 1]);
    }

    #[test]
    fn keys_are_repeated_until_they_fit_one_statement() {
        let lengths = [0, 1, 2, 8, 9, 64, 65, 256, 257, 300].map(|count| padded(&vec![7; count]).len());
        assert_eq!(lengths, [0, 1, 8, 8, 64, 64, 256, 256, 257, 320]);
    }

    #[test]
    fn placeholders_are_numbered_through_where_numbers_cost_nothing() {
        let text = &Chunked::keys("SELECT a FROM t WHERE b").postgres[2];
        assert_eq!(&**text, "SELECT a FROM t WHERE b IN ($1, $2, $3, $4, $5, $6, $7, $8)");
        let text = &Chunked::keys("SELECT a FROM t WHERE b").sqlite[2];
        assert_eq!(&**text, "SELECT a FROM t WHERE b IN (?, ?, ?, ?, ?, ?, ?, ?)");
    }
}
