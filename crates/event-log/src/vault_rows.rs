//! The ids of the vault's rows: for whoever holds them against what the events have sealed and erased.

use std::collections::HashSet;

use sqlx::AssertSqlSafe;
use tokio::sync::mpsc;

use crate::database::{Database, Dialect};
use crate::error::ReadError;
use crate::load::from_column;
use crate::log::EventLog;
use crate::{again_if_broken, on_database, sql};

/// How far the log goes in the state that is read.
const SIZE: &str = "SELECT COALESCE((SELECT size FROM commits ORDER BY start DESC LIMIT 1), 0)";

/// How many ids are passed on at once, and how many parts wait.
const IDS_AT_ONCE: i64 = 4_096;
const PARTS_WAITING: usize = 4;

/// What is read of the vault, all of it of one state of the ledger: first the size, then the ids.
#[derive(Debug)]
pub enum VaultPart {
    /// How many entries the log has in that state.
    Size(u64),
    /// Ids of rows.
    Ids(Vec<[u8; 16]>),
}

/// The parts, as they are read.
pub type VaultParts = mpsc::Receiver<Result<VaultPart, ReadError>>;

impl EventLog {
    /// Reads the ids of all rows of the vault, by a task that goes on as fast as the parts are taken.
    pub fn vault_rows(&self) -> VaultParts {
        let (parts, taken) = mpsc::channel(PARTS_WAITING);
        let database = self.database().clone();
        tokio::spawn(async move {
            if let Err(error) = read(&database, &parts).await {
                // Where nobody takes parts any more, nobody asks why there are none.
                let _ = parts.send(Err(unreachable(error))).await;
            }
        });
        taken
    }

    /// Of these ids those that have a row.
    pub async fn in_vault(&self, ids: &[[u8; 16]]) -> Result<HashSet<[u8; 16]>, ReadError> {
        let mut found = HashSet::with_capacity(ids.len());
        for (text, ids) in sql::IN_VAULT.statements(self.database().dialect(), ids) {
            let rows: sqlx::Result<Vec<Vec<u8>>> = again_if_broken!(self.database(), readers => {
                let statement = AssertSqlSafe(text.0.clone());
                let query = ids.iter().fold(sqlx::query_scalar(statement), |query, id| query.bind(&id[..]));
                query.fetch_all(readers).await
            });
            found.extend(
                rows.map_err(unreachable)?.into_iter().filter_map(|it| <[u8; 16]>::try_from(it).ok()),
            );
        }
        Ok(found)
    }
}

/// Reads everything, or until nobody takes it any more.
async fn read(database: &Database, parts: &mpsc::Sender<Result<VaultPart, ReadError>>) -> sqlx::Result<()> {
    let statement = page(database.dialect());
    // Connections for transactions have no limit of time.
    on_database!(database, writer => {
        let mut snapshot = writer.begin_with(database.begin_snapshot()).await?;
        let size = from_column(sqlx::query_scalar(SIZE).fetch_one(&mut *snapshot).await?);
        let mut is_taken = parts.send(Ok(VaultPart::Size(size))).await.is_ok();
        let mut after = Vec::new();
        while is_taken {
            let page = sqlx::query_scalar(statement).bind(&after[..]).bind(IDS_AT_ONCE);
            let hex: Option<String> = page.fetch_one(&mut *snapshot).await?;
            let ids = ids_of(&hex.unwrap_or_default());
            let Some(last) = ids.last() else { break };
            after = last.to_vec();
            is_taken = parts.send(Ok(VaultPart::Ids(ids))).await.is_ok();
        }
        snapshot.commit().await
    })
}

/// A page as one text: a value for each id would cost more than all else that is done with it.
const fn page(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => {
            "
    SELECT group_concat(hex(id), '')
    FROM (SELECT id FROM vault WHERE id > $1 ORDER BY id LIMIT $2)"
        }
        Dialect::Postgres => {
            "
    SELECT encode(string_agg(id, ''::bytea ORDER BY id), 'hex')
    FROM (SELECT id FROM vault WHERE id > $1 ORDER BY id LIMIT $2) AS page"
        }
    }
}

/// Each id has 16 bytes: the table sees to that.
fn ids_of(hex: &str) -> Vec<[u8; 16]> {
    let digits = hex.as_bytes().as_chunks::<32>().0.iter();
    digits
        .filter_map(|it| u128::from_str_radix(std::str::from_utf8(it).ok()?, 16).ok())
        .map(u128::to_be_bytes)
        .collect()
}

fn unreachable(source: sqlx::Error) -> ReadError {
    ReadError::Unreachable { doing: "read the vault", source }
}
