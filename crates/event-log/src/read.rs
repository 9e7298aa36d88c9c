//! Reading: entries by position, outcomes by request, documents by hash.

use std::collections::HashMap;

use bytes::Bytes;
use sqlx::AssertSqlSafe;

use assent_evidence::Hash;

use crate::batch::{Document, RequestKey, StoredEntry};
use crate::database::{Database, Dialect, in_time};
use crate::error::ReadError;
use crate::ids::POSITIONS_END;
use crate::load::{from_column, to_column, to_hash};
use crate::log::EventLog;
use crate::{again_if_broken, postgres, sql};

/// The most entries that one read answers.
pub const READ_ENTRIES_MAX: usize = 8192;

/// From so many entries on PostgreSQL copies them out: one statement that is planned each time is then less than what rows
/// of a query cost.
const COPIED_ENTRIES_MIN: i64 = 64;

/// An entry as it is stored, and not looked at yet.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) position: i64,
    pub(crate) entry: Bytes,
    pub(crate) leaf_hash: Bytes,
}

/// Position, entry, leaf hash.
type Columns = (i64, Vec<u8>, Vec<u8>);

impl EventLog {
    /// The entries from position `from` to position `to`, both included, in order and without a gap.
    ///
    /// At most `limit` and at most [`READ_ENTRIES_MAX`] of them: go on behind the last one. Stops at the first hole,
    /// so nothing is ever seen before what stands in front of it. Hashes are not checked here; see
    /// [`StoredEntry::check`].
    pub async fn read(&self, from: u64, to: u64, limit: usize) -> Result<Vec<StoredEntry>, ReadError> {
        let from = from.clamp(1, POSITIONS_END);
        let rows = rows(self.database(), from, to, limit.min(READ_ENTRIES_MAX)).await;
        let rows = rows.map_err(|source| ReadError::Unreachable { doing: "read entries", source })?;
        (from..)
            .zip(rows)
            .take_while(|(position, row)| *position == from_column(row.position))
            .map(|(position, Row { position: _, entry, leaf_hash })| {
                let leaf_hash = leaf_hash[..].try_into().map_err(|_| ReadError::Corrupt { position })?;
                Ok(StoredEntry { position, entry, leaf_hash })
            })
            .collect()
    }

    /// The entry at a position, checked against its hash.
    pub async fn entry(&self, position: u64) -> Result<Option<StoredEntry>, ReadError> {
        if position == 0 {
            return Ok(None);
        }
        let entry = self.read(position, position, 1).await?.pop();
        entry.map(|entry| entry.check().map(|()| entry)).transpose()
    }

    /// The entries at these positions, each checked against its hash; those that are not there are left out.
    pub async fn entries(&self, positions: &[u64]) -> Result<Vec<StoredEntry>, ReadError> {
        let unreachable = |source| ReadError::Unreachable { doing: "read entries", source };
        let mut entries = Vec::with_capacity(positions.len());
        for (statement, positions) in sql::ENTRIES_AT.statements(self.database().dialect(), positions) {
            let rows: sqlx::Result<Vec<Columns>> = again_if_broken!(self.database(), readers => {
                let statement = AssertSqlSafe(statement.0.clone());
                let query = sqlx::query_as(statement);
                let query = positions.iter().fold(query, |query, position| query.bind(to_column(*position)));
                query.fetch_all(readers).await
            });
            for (position, entry, leaf_hash) in rows.map_err(unreachable)? {
                let position = from_column(position);
                let leaf_hash = leaf_hash.try_into().map_err(|_| ReadError::Corrupt { position })?;
                let entry = StoredEntry { position, entry: Bytes::from(entry), leaf_hash };
                entry.check()?;
                entries.push(entry);
            }
        }
        Ok(entries)
    }

    /// The position of the outcome of a request, where it was carried out.
    pub async fn request(&self, key: &RequestKey) -> Result<Option<u64>, ReadError> {
        Ok(self.requests(std::slice::from_ref(key)).await?.remove(key))
    }

    /// Those of the requests that were carried out, each with the position of its outcome.
    pub async fn requests(&self, keys: &[RequestKey]) -> Result<HashMap<RequestKey, u64>, ReadError> {
        let unreachable = |source| ReadError::Unreachable { doing: "look up requests", source };
        let mut rows: Vec<(Vec<u8>, i64)> = Vec::new();
        match self.database() {
            Database::Sqlite(sqlite) => {
                for (statement, keys) in sql::REQUESTS.statements(Dialect::Sqlite, keys) {
                    let query = sqlx::query_as(statement);
                    let query = keys.iter().fold(query, |query, key| query.bind(&key[..]));
                    rows.extend(in_time(query.fetch_all(&sqlite.readers)).await.map_err(unreachable)?);
                }
            }
            Database::Postgres(postgres) => {
                rows = postgres::requests(postgres, keys).await.map_err(unreachable)?;
            }
        }
        let size = self.head().size;
        rows.iter().map(|(key, position)| Ok((to_hash(key, size)?, from_column(*position)))).collect()
    }

    /// A document by its SHA-256.
    pub async fn document(&self, sha256: &Hash) -> Result<Option<Document>, ReadError> {
        let row: sqlx::Result<Option<(String, Vec<u8>)>> = again_if_broken!(self.database(), readers => {
            sqlx::query_as(sql::DOCUMENT).bind(&sha256[..]).fetch_optional(readers).await
        });
        let row = row.map_err(|source| ReadError::Unreachable { doing: "read a document", source })?;
        Ok(row.map(|(media_type, content)| Document { sha256: *sha256, media_type, content: content.into() }))
    }
}

/// The rows from one position to another, at most `limit` of them, in order; there may be holes between them.
pub(crate) async fn rows(database: &Database, from: u64, to: u64, limit: usize) -> sqlx::Result<Vec<Row>> {
    let (from, to, limit) = (to_column(from), to_column(to), to_column(limit as u64));
    if let Database::Postgres(postgres) = database
        && limit.min(to.saturating_sub(from)) >= COPIED_ENTRIES_MIN
    {
        let copied = || in_time(Box::pin(postgres::entries(postgres, from, to, limit)));
        return match copied().await {
            Err(error) if database.renew_if_broken(&error) => copied().await,
            rows => rows,
        };
    }
    let rows: Vec<Columns> = again_if_broken!(database, readers => {
        let query = sqlx::query_as(sql::ENTRIES).bind(from).bind(to).bind(limit);
        query.fetch_all(readers).await
    })?;
    let row = |(position, entry, leaf_hash): Columns| Row {
        position,
        entry: entry.into(),
        leaf_hash: leaf_hash.into(),
    };
    Ok(rows.into_iter().map(row).collect())
}
