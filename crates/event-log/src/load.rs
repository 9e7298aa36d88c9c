//! The edge of the tree, read back from the database when a log is opened or has to catch up.

use assent_evidence::{Edge, Hash, TileBuilder, edges};

use crate::batch::Head;
use crate::database::Database;
use crate::error::ReadError;
use crate::{on_database, sql};

const DOING: &str = "read the edge of the log";

/// What a head rests on.
#[derive(Clone, Debug)]
pub(crate) struct Tip {
    /// The tree at the head.
    pub(crate) tree: TileBuilder,
    /// The last commit; none while the log is empty.
    pub(crate) commit: Option<Commit>,
}

/// A row of `commits`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Commit {
    pub(crate) start: u64,
    pub(crate) size: u64,
    pub(crate) root: Hash,
    pub(crate) at: i64,
}

/// The same as columns.
pub(crate) type CommitColumns = (i64, i64, Vec<u8>, i64);

impl Commit {
    pub(crate) fn from_columns((start, size, root, at): CommitColumns) -> Result<Self, ReadError> {
        let size = from_column(size);
        Ok(Self { start: from_column(start), size, root: to_hash(&root, size)?, at })
    }
}

impl Tip {
    pub(crate) fn head(&self) -> Head {
        let recorded_at = self.commit.map_or(0, |it| it.at);
        Head { size: self.tree.size(), root: self.tree.root(), recorded_at }
    }
}

/// Reads the last commit, rebuilds the tree's edge from tiles and leaf hashes, and checks that they agree.
pub(crate) async fn load(database: &Database) -> Result<Tip, ReadError> {
    let (tree, commit, last_position) = on_database!(database, readers => {
        // One snapshot: somebody may be appending.
        let mut snapshot = readers.begin_with(database.begin_snapshot()).await.map_err(unreachable)?;
        let commit: Option<CommitColumns> =
            sqlx::query_as(sql::LAST_COMMIT).fetch_optional(&mut *snapshot).await.map_err(unreachable)?;
        let last_position: i64 =
            sqlx::query_scalar(sql::LAST_POSITION).fetch_one(&mut *snapshot).await.map_err(unreachable)?;
        let commit = commit.map(Commit::from_columns).transpose()?;
        let size = commit.map_or(0, |it| it.size);
        let mut hashes = Vec::new();
        for Edge { level, first, count } in edges(size) {
            let end = to_column(first + count as u64);
            let query = match level {
                // Positions count from 1, leaves from 0.
                0 => sqlx::query_scalar(sql::LEAF_HASHES).bind(to_column(first) + 1).bind(end),
                _ => sqlx::query_scalar(sql::TILE_ROOTS).bind(i64::from(level) - 1).bind(to_column(first)).bind(end),
            };
            let row: Vec<Vec<u8>> = query.fetch_all(&mut *snapshot).await.map_err(unreachable)?;
            hashes.push(row.iter().map(|hash| to_hash(hash, size)).collect::<Result<Vec<_>, _>>()?);
        }
        snapshot.commit().await.map_err(unreachable)?;
        let tree = TileBuilder::rebuild(size, &hashes)
            .map_err(|_| inconsistent(size, "entries or tiles at its edge are missing"))?;
        (tree, commit, from_column(last_position))
    });
    let size = tree.size();
    if last_position != size {
        return Err(inconsistent(size, "the last entry is not the last commit's"));
    }
    if commit.is_some_and(|it| it.root != tree.root()) {
        return Err(inconsistent(size, "the tree has another root than the last commit"));
    }
    Ok(Tip { tree, commit })
}

/// A position, size or index as a column. Beyond what a column can hold there is nothing, as at its end.
pub(crate) fn to_column(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A column that the tables keep from being negative.
pub(crate) fn from_column(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// Tables check the length; a file that was tampered with may still say otherwise.
pub(crate) fn to_hash(column: &[u8], size: u64) -> Result<Hash, ReadError> {
    column.try_into().map_err(|_| inconsistent(size, "a hash has not 32 bytes"))
}

pub(crate) fn inconsistent(size: u64, finding: &'static str) -> ReadError {
    ReadError::Inconsistent { size, finding }
}

fn unreachable(source: sqlx::Error) -> ReadError {
    ReadError::Unreachable { doing: DOING, source }
}
