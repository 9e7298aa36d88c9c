//! Looking up requests: before every batch, and nearly always for what is not there.

use super::Postgres;
use crate::batch::RequestKey;
use crate::database::in_time;

/// A descent of the index for each key: `LIMIT` keeps the look-ups apart. For as many keys as a batch has, the planner
/// would sooner read a table of some tens of thousands of requests from end to end, once a batch.
const REQUESTS: &str = "
    SELECT found.key, found.position
    FROM unnest($1::BYTEA[]) AS wanted (key),
         LATERAL (SELECT key, position FROM requests WHERE requests.key = wanted.key LIMIT 1) AS found";

/// Those of the requests that are there, each with its position.
pub(crate) async fn requests(postgres: &Postgres, keys: &[RequestKey]) -> sqlx::Result<Vec<(Vec<u8>, i64)>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    match look_up(postgres, keys).await {
        Err(error) if postgres.renew_if_broken(&error) => look_up(postgres, keys).await,
        found => found,
    }
}

/// Planned each time: a plan that was made while the table was small, and kept, would read all of it for each key.
async fn look_up(postgres: &Postgres, keys: &[RequestKey]) -> sqlx::Result<Vec<(Vec<u8>, i64)>> {
    let keys: Vec<&[u8]> = keys.iter().map(|key| &key[..]).collect();
    let found = sqlx::query_as(REQUESTS).persistent(false).bind(keys);
    in_time(found.fetch_all(&postgres.pools().readers)).await
}
