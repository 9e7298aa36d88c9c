//! The transaction of an append: few statements, because each is a hop to SQLite's thread.

use sqlx::Executor;

use crate::database::{Dialect, Sqlite};
use crate::load::to_column;
use crate::plan::Plan;
use crate::sql;
use crate::write::{WriteError, Written};

/// Writes a plan in one transaction.
pub(crate) async fn write(sqlite: &Sqlite, plan: &Plan) -> Result<Written, WriteError> {
    let mut transaction = sqlite.writer.begin_with("BEGIN IMMEDIATE").await?;
    let guard = sqlx::query(sql::COMMIT)
        .bind(to_column(plan.start))
        .bind(to_column(plan.head.size))
        .bind(&plan.head.root[..])
        .bind(plan.head.recorded_at);
    if transaction.fetch_optional(guard).await?.is_none() {
        return Ok(Written::Lost);
    }
    for (statement, entries) in sql::INSERT_EVENTS.statements(Dialect::Sqlite, &plan.entries) {
        let insert = entries.iter().fold(sqlx::query(statement), |insert, stored| {
            insert.bind(to_column(stored.position)).bind(&stored.entry[..]).bind(&stored.leaf_hash[..])
        });
        transaction.execute(insert).await?;
    }
    for (statement, requests) in sql::INSERT_REQUESTS.statements(Dialect::Sqlite, &plan.requests) {
        let insert = requests.iter().fold(sqlx::query(statement), |insert, (key, position)| {
            insert.bind(&key[..]).bind(to_column(*position))
        });
        transaction.execute(insert).await?;
    }
    for (statement, rows) in sql::INSERT_VAULT.statements(Dialect::Sqlite, &plan.vault) {
        let insert = rows.iter().fold(sqlx::query(statement), |insert, row| {
            insert
                .bind(&row.id[..])
                .bind(row.master_key_id.as_ref().map(|id| &id[..]))
                .bind(row.wrapped_key.as_deref())
                .bind(row.email_index.as_deref())
                .bind(row.contact_fingerprint.as_deref())
                .bind(row.request_fingerprint.as_deref())
        });
        transaction.execute(insert).await?;
    }
    for (statement, ids) in sql::ERASE_VAULT.statements(Dialect::Sqlite, &plan.erase) {
        transaction
            .execute(ids.iter().fold(sqlx::query(statement), |delete, id| delete.bind(&id[..])))
            .await?;
    }
    for document in &plan.documents {
        let insert = sqlx::query(sql::INSERT_DOCUMENT)
            .bind(&document.sha256[..])
            .bind(&document.media_type)
            .bind(&document.content[..]);
        transaction.execute(insert).await?;
    }
    for tile in &plan.tiles {
        let insert = sqlx::query(sql::INSERT_TILE)
            .bind(i64::from(tile.level))
            .bind(to_column(tile.index))
            .bind(tile.to_bytes());
        transaction.execute(insert).await?;
    }
    transaction.commit().await.map_err(WriteError::AtCommit)?;
    Ok(Written::Committed)
}
