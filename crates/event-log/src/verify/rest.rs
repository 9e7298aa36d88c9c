//! What stands beside the entries.

use assent_evidence::sha256;

use super::Finding;
use crate::again_if_broken;
use crate::database::Database;
use crate::error::ReadError;

/// All of it is one state of the log: requests are stored while this runs.
const REQUEST_ASTRAY: &str = "
    SELECT position
    FROM requests
    WHERE position < 1 OR position > (SELECT COALESCE(MAX(position), 0) FROM events)
    ORDER BY position
    LIMIT 1";

/// A tile of level n stands for 256 to the power of n + 1 entries. All of it is one state of the log.
const TILE_ASTRAY: &str = "
    SELECT level, idx
    FROM tiles
    WHERE CASE
        WHEN level < 0 OR level > $1 OR idx < 0 THEN TRUE
        ELSE idx >= (
            COALESCE((SELECT size FROM commits ORDER BY start DESC LIMIT 1), 0) >> CAST(8 * (level + 1) AS INT)
        )
    END
    ORDER BY level, idx
    LIMIT 1";

/// The last level that positions have room for.
const TILE_LEVEL_MAX: i64 = 4;

/// By their keys, one at a time: there are few, and each may be large.
const NEXT_DOCUMENT: &str = "
    SELECT sha256, content
    FROM documents
    WHERE sha256 > $1
    ORDER BY sha256
    LIMIT 1";

/// A request names a position of the log.
pub(super) async fn requests(database: &Database) -> Result<Option<Finding>, ReadError> {
    let astray: sqlx::Result<Option<i64>> = again_if_broken!(database, readers => {
        sqlx::query_scalar(REQUEST_ASTRAY).fetch_optional(readers).await
    });
    let astray = astray.map_err(unreachable)?;
    Ok(astray.map(|position| {
        Finding::at(0, format!("a request names position {position}, which the log does not have"))
    }))
}

/// No tile is there that the entries do not complete.
pub(super) async fn tiles(database: &Database) -> Result<Option<Finding>, ReadError> {
    let astray: sqlx::Result<Option<(i64, i64)>> = again_if_broken!(database, readers => {
        sqlx::query_as(TILE_ASTRAY).bind(TILE_LEVEL_MAX).fetch_optional(readers).await
    });
    let astray = astray.map_err(unreachable)?;
    Ok(astray.map(|(level, index)| {
        let what = format!("tile {index} of level {level} stands for entries that the log does not have");
        Finding::at(0, what)
    }))
}

/// The number of documents; or the first that is not what it is stored as.
pub(super) async fn documents(database: &Database) -> Result<Result<u64, Finding>, ReadError> {
    let (mut key, mut count) = (Vec::new(), 0);
    loop {
        let next: sqlx::Result<Option<(Vec<u8>, Vec<u8>)>> = again_if_broken!(database, readers => {
            sqlx::query_as(NEXT_DOCUMENT).bind(&key[..]).fetch_optional(readers).await
        });
        let Some((hash, content)) = next.map_err(unreachable)? else { return Ok(Ok(count)) };
        if sha256(&content)[..] != hash[..] {
            let hex: String = hash.iter().map(|it| format!("{it:02x}")).collect();
            return Ok(Err(Finding::at(0, format!("the document {hex} is not what its hash says"))));
        }
        (key, count) = (hash, count + 1);
    }
}

fn unreachable(source: sqlx::Error) -> ReadError {
    ReadError::Unreachable { doing: "check what stands beside the entries", source }
}
