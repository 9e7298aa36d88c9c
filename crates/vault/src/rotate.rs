//! Another master key: every key of the vault is wrapped anew, a few rows at a time, beside running servers.
//!
//! The vault's own key goes first, and leaves a row behind that the old master key wraps. From then on the vault needs
//! both; once no row names the old one any more, that row goes, and the new key is enough. Each step can break off and
//! be done again.

use std::collections::BTreeMap;

use assent_event_log::{Database, on_database};
use sqlx::Executor;

use crate::crypto;
use crate::error::{OpenError, RotateError};
use crate::master_key::{MasterKey, MasterKeyId};
use crate::master_keys::MasterKeys;
use crate::sql;
use crate::vault::{FINGERPRINT_KEY, StoredKey, fingerprint_key_label, stored_keys};

/// How many rows one transaction wraps anew.
const ROWS_AT_ONCE: i64 = 256;
/// How often a transaction is tried again that an append or another rotation was in the way of.
const ATTEMPTS_MAX: usize = 100;
/// How often the vault is gone through: rows that servers add behind the place that was reached are found by the next
/// pass.
const PASSES_MAX: usize = 16;

/// What a rotation did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// How many rows were wrapped anew.
    pub rows: u64,
}

type Row = (Vec<u8>, Vec<u8>);

/// Wraps everything that `old` wraps by `new`. `progress` is told how many rows were done so far.
///
/// Servers must know both keys meanwhile, and wrap by the new one: whatever they add is then found and never lost.
pub async fn rotate(
    database: &Database,
    old: &MasterKey,
    new: &MasterKey,
    mut progress: impl FnMut(u64),
) -> Result<Rotated, RotateError> {
    if old.id() == new.id() {
        return Err(RotateError::SameKey);
    }
    begin(database, old, new).await?;
    let mut rows = 0;
    for _ in 0..PASSES_MAX {
        let mut after = Vec::new();
        let before = rows;
        loop {
            let page = page(database, &after, old).await?;
            let Some((last, _)) = page.last() else { break };
            after.clone_from(last);
            rows += rewrap(database, &page, old, new).await?;
            progress(rows);
        }
        if rows == before {
            let leaving = leaving(old);
            let deleted = on_database!(database, writer => {
                sqlx::query(sql::DELETE_KEY).bind(leaving).execute(writer).await.map(drop)
            });
            deleted?;
            return Ok(Rotated { rows });
        }
    }
    Err(RotateError::StillWrapping)
}

/// How many keys each master key wraps; none: rows that name no master key.
pub async fn wrapped_by(database: &Database) -> Result<BTreeMap<Option<MasterKeyId>, u64>, OpenError> {
    let counts: sqlx::Result<Vec<(Option<Vec<u8>>, i64)>> =
        on_database!(database, readers => sqlx::query_as(sql::COUNTS).fetch_all(readers).await);
    let counts = counts.map_err(|source| OpenError::Unreachable { source })?;
    let id = |it: Option<Vec<u8>>| it.and_then(|it| it.try_into().ok()).map(MasterKeyId);
    Ok(counts.into_iter().map(|(its, count)| (id(its), count as u64)).collect())
}

/// The row that says that the old master key is still needed.
fn leaving(old: &MasterKey) -> String {
    format!("leaving {}", old.id())
}

/// Has the new master key wrap the vault's own key, unless it does already.
async fn begin(database: &Database, old: &MasterKey, new: &MasterKey) -> Result<(), RotateError> {
    let keys = MasterKeys::new(new.clone(), vec![old.clone()]);
    let stored = stored_keys(database).await?;
    let its = stored.iter().find(|it| it.name == FINGERPRINT_KEY).ok_or(OpenError::NotSetUp)?;
    let fingerprint_key = its.unwrap(&keys)?;
    if its.master_key_id == new.id().0 {
        return Ok(());
    }
    let StoredKey { name: _, master_key_id, check_value, wrapped } = its;
    let rewrapped = new.wrap_as(&fingerprint_key_label(), &fingerprint_key, crypto::random());
    on_database!(database, writer => {
        let mut transaction = writer.begin_with(database.begin_writing()).await?;
        let left = sqlx::query(sql::INSERT_KEY)
            .bind(leaving(old))
            .bind(&master_key_id[..])
            .bind(&check_value[..])
            .bind(&wrapped[..]);
        transaction.execute(left).await?;
        let taken = sqlx::query(sql::REWRAP_KEY)
            .bind(&new.id().0[..])
            .bind(&new.check_value()[..])
            .bind(rewrapped)
            .bind(FINGERPRINT_KEY)
            .bind(&old.id().0[..]);
        transaction.execute(taken).await?;
        transaction.commit().await?;
    });
    Ok(())
}

async fn page(database: &Database, after: &[u8], old: &MasterKey) -> sqlx::Result<Vec<Row>> {
    on_database!(database, readers => {
        sqlx::query_as(sql::WRAPPED_BY)
            .bind(after)
            .bind(&old.id().0[..])
            .bind(ROWS_AT_ONCE)
            .fetch_all(readers)
            .await
    })
}

/// Wraps rows anew in one transaction, and answers how many there still were.
async fn rewrap(
    database: &Database,
    page: &[Row],
    old: &MasterKey,
    new: &MasterKey,
) -> Result<u64, RotateError> {
    let mut rows = Vec::with_capacity(page.len());
    for (id, wrapped) in page {
        let Ok(id) = <[u8; 16]>::try_from(id.as_slice()) else { continue };
        let key = old.unwrap(&id, wrapped).ok_or(RotateError::Corrupt { id })?;
        rows.push((id, new.wrap(&id, &key, crypto::random()).wrapped_key));
    }
    let mut attempts = 0;
    loop {
        match write(database, &rows, old, new).await {
            Ok(count) => return Ok(count),
            Err(error) if is_in_the_way(&error) && attempts < ATTEMPTS_MAX => attempts += 1,
            Err(error) => return Err(error.into()),
        }
    }
}

async fn write(
    database: &Database,
    rows: &[([u8; 16], Option<Vec<u8>>)],
    old: &MasterKey,
    new: &MasterKey,
) -> sqlx::Result<u64> {
    let (old, new) = (old.id().0, new.id().0);
    on_database!(database, writer => {
        let mut count = 0;
        let mut transaction = writer.begin_with(database.begin_writing()).await?;
        transaction.execute(patience(database)).await?;
        for (id, wrapped) in rows {
            let rewrapped =
                sqlx::query(sql::REWRAP).bind(&new[..]).bind(wrapped.as_deref()).bind(&id[..]).bind(&old[..]);
            count += transaction.execute(rewrapped).await?.rows_affected();
        }
        transaction.commit().await?;
        Ok(count)
    })
}

/// An append that erases may hold rows that this transaction wants, and want rows that it holds: this one gives up long
/// before the server would end either of them.
const fn patience(database: &Database) -> &'static str {
    match database {
        Database::Sqlite(_) => "SELECT 1",
        Database::Postgres(_) => "SET LOCAL lock_timeout = '100ms'",
    }
}

/// PostgreSQL: no lock in time, or a deadlock. SQLite: another process has been writing.
fn is_in_the_way(error: &sqlx::Error) -> bool {
    const BUSY: [&str; 4] = ["55P03", "40P01", "5", "517"];
    let code = error.as_database_error().and_then(|it| it.code());
    code.is_some_and(|code| BUSY.contains(&code.as_ref()))
}
