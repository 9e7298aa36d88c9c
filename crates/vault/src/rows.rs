//! Reading vault rows, always from the database.

use std::collections::HashMap;

use assent_event_log::{Database, KeyRow, again_if_broken};
use sqlx::AssertSqlSafe;

use crate::sql;

type Columns = (Vec<u8>, Option<Vec<u8>>, Option<Vec<u8>>, Option<Vec<u8>>, Option<Vec<u8>>, Option<Vec<u8>>);

/// The rows of those ids that have one. An erased row is simply not there.
pub(crate) async fn rows(database: &Database, ids: &[[u8; 16]]) -> sqlx::Result<HashMap<[u8; 16], KeyRow>> {
    let mut found = HashMap::with_capacity(ids.len());
    let [few, many] = sql::IDS;
    let [text_of_few, text_of_many] = sql::rows(database.dialect());
    for ids in ids.chunks(many) {
        let (length, text) = if ids.len() > few { (many, text_of_many) } else { (few, text_of_few) };
        let filled = ids.iter().chain(std::iter::repeat(&ids[0])).take(length);
        let rows: sqlx::Result<Vec<Columns>> = again_if_broken!(database, readers => {
            let statement = AssertSqlSafe(text.clone());
            let query = filled.clone().fold(sqlx::query_as(statement), |query, id| query.bind(&id[..]));
            query.fetch_all(readers).await
        });
        found.extend(rows?.into_iter().filter_map(to_row).map(|row| (row.id, row)));
    }
    Ok(found)
}

/// The ids of at most `limit` rows with this index of an e-mail address, those after `after`.
pub(crate) async fn of_email(
    database: &Database,
    email_index: &[u8],
    after: &[u8],
    limit: u32,
) -> sqlx::Result<Vec<[u8; 16]>> {
    let ids: sqlx::Result<Vec<Vec<u8>>> = again_if_broken!(database, readers => {
        let page = sqlx::query_scalar(sql::OF_EMAIL).bind(email_index).bind(after).bind(i64::from(limit));
        page.fetch_all(readers).await
    });
    Ok(ids?.into_iter().filter_map(|id| id.try_into().ok()).collect())
}

/// None where the id has not 16 bytes; such a row is nobody's.
fn to_row(columns: Columns) -> Option<KeyRow> {
    let (id, master_key_id, wrapped_key, email_index, contact_fingerprint, request_fingerprint) = columns;
    let id = id.try_into().ok()?;
    let master_key_id = master_key_id.and_then(|id| id.try_into().ok());
    Some(KeyRow { id, master_key_id, wrapped_key, email_index, contact_fingerprint, request_fingerprint })
}
