//! An append as one statement: one round trip, and the commit that it waits for.

use std::sync::LazyLock;
use std::time::Duration;

use sqlx::{AssertSqlSafe, Row};
use tokio::time::timeout;

use super::Postgres;
use super::gate::GATE;
use super::wake::CHANNEL;
use crate::load::to_column;
use crate::plan::Plan;
use crate::write::{WriteError, Written};

/// How long an append waits for its answer before its connection is given up. What became of it is then looked up
/// over another one.
const APPEND_MAX: Duration = Duration::from_secs(20);

/// The guard is the insert into `commits`: another append that has, or will have, the same start makes it insert
/// nothing, and then everything else inserts nothing. So does a log that has the size that was read but not its root: a
/// primary that came back without its last commits, and went on.
const APPEND: &str = "
    WITH gate AS MATERIALIZED (
        SELECT pg_advisory_xact_lock_shared($1) WHERE NOT $2
    ), replication AS (
        SELECT NOT $3 OR current_setting('synchronous_standby_names') <> '' AS suffices
    ), committed AS (
        INSERT INTO commits (start, size, root, at)
        SELECT $4, $5, $6, $7
        WHERE (SELECT COUNT(*) FROM gate) >= 0
          AND (SELECT suffices FROM replication)
          AND COALESCE((SELECT size = $4 AND root = $25 FROM commits ORDER BY start DESC LIMIT 1), $4 = 0)
        ON CONFLICT DO NOTHING
        RETURNING start, size
    ), new_events AS (
        INSERT INTO events (position, entry, leaf_hash)
        SELECT start + number, entry, leaf_hash
        FROM committed, unnest($8::BYTEA[], $9::BYTEA[]) WITH ORDINALITY AS new (entry, leaf_hash, number)
    ), new_requests AS (
        INSERT INTO requests (key, position)
        SELECT key, position
        FROM committed, unnest($10::BYTEA[], $11::BIGINT[]) AS new (key, position)
    ), new_vault AS (
        INSERT INTO vault (id, master_key_id, wrapped_key, email_index, contact_fingerprint, request_fingerprint)
        SELECT id, master_key_id, wrapped_key, email_index, contact_fingerprint, request_fingerprint
        FROM committed, unnest($12::BYTEA[], $13::BYTEA[], $14::BYTEA[], $15::BYTEA[], $16::BYTEA[], $17::BYTEA[])
             AS new (id, master_key_id, wrapped_key, email_index, contact_fingerprint, request_fingerprint)
    ), new_documents AS (
        INSERT INTO documents (sha256, media_type, content)
        SELECT sha256, media_type, content
        FROM committed, unnest($18::BYTEA[], $19::TEXT[], $20::BYTEA[]) AS new (sha256, media_type, content)
        ON CONFLICT DO NOTHING
    ), new_tiles AS (
        INSERT INTO tiles (level, idx, nodes)
        SELECT level, idx, nodes
        FROM committed, unnest($21::BIGINT[], $22::BIGINT[], $23::BYTEA[]) AS new (level, idx, nodes)
    ), told AS MATERIALIZED (
        SELECT pg_notify($24, size::TEXT) FROM committed
    )
    SELECT EXISTS (SELECT 1 FROM committed) AS won,
           (SELECT suffices FROM replication) AS suffices,
           (SELECT COUNT(*) FROM told) AS told";

/// The part of an append that erases. A text of its own: what nearly every append has nothing of is no part of its plan.
const ERASED: &str = "
    ), erased AS (
        DELETE FROM vault
        USING committed
        WHERE id = ANY ($26::BYTEA[])
    ), told AS";

static APPEND_ERASING: LazyLock<String> = LazyLock::new(|| APPEND.replace("\n    ), told AS", ERASED));

/// Writes a plan in one statement, which is a transaction.
pub(crate) async fn write(
    postgres: &Postgres,
    plan: &Plan,
    behind_gate: bool,
) -> Result<Written, WriteError> {
    let mut connection = postgres.pools().writer.acquire().await?;
    let statement = statement(postgres, plan, behind_gate).fetch_one(&mut *connection);
    let row = match timeout(APPEND_MAX, statement).await {
        Ok(Ok(row)) => row,
        Ok(Err(source)) if is_refusal(&source) => return Err(WriteError::BeforeCommit(source)),
        Ok(Err(source)) => {
            connection.close_on_drop();
            postgres.renew_if_broken(&source);
            return Err(WriteError::AtCommit(source));
        }
        Err(_) => {
            connection.close_on_drop();
            let late =
                std::io::Error::new(std::io::ErrorKind::TimedOut, "the append was not answered in time");
            let late = sqlx::Error::Io(late);
            postgres.renew_if_broken(&late);
            return Err(WriteError::AtCommit(late));
        }
    };
    let (won, suffices): (bool, bool) = (row.try_get("won")?, row.try_get("suffices")?);
    Ok(match (won, suffices) {
        (true, _) => Written::Committed,
        (false, true) => Written::Lost,
        (false, false) => Written::NotReplicated,
    })
}

fn statement<'q>(
    postgres: &Postgres,
    plan: &'q Plan,
    behind_gate: bool,
) -> sqlx::query::Query<'q, sqlx::Postgres, sqlx::postgres::PgArguments> {
    let of_vault = |column: fn(&crate::KeyRow) -> Option<&[u8]>| -> Vec<Option<&[u8]>> {
        plan.vault.iter().map(column).collect()
    };
    let append = match plan.erase.is_empty() {
        true => sqlx::query(APPEND),
        false => sqlx::query(AssertSqlSafe(APPEND_ERASING.as_str())),
    };
    let append = append
        .bind(GATE)
        .bind(behind_gate)
        .bind(postgres.inner.access.replicated)
        .bind(to_column(plan.start))
        .bind(to_column(plan.head.size))
        .bind(&plan.head.root[..])
        .bind(plan.head.recorded_at)
        .bind(plan.entries.iter().map(|it| &it.entry[..]).collect::<Vec<_>>())
        .bind(plan.entries.iter().map(|it| &it.leaf_hash[..]).collect::<Vec<_>>())
        .bind(plan.requests.iter().map(|(key, _)| &key[..]).collect::<Vec<_>>())
        .bind(plan.requests.iter().map(|(_, position)| to_column(*position)).collect::<Vec<_>>())
        .bind(plan.vault.iter().map(|it| &it.id[..]).collect::<Vec<_>>())
        .bind(of_vault(|it| it.master_key_id.as_ref().map(|id| &id[..])))
        .bind(of_vault(|it| it.wrapped_key.as_deref()))
        .bind(of_vault(|it| it.email_index.as_deref()))
        .bind(of_vault(|it| it.contact_fingerprint.as_deref()))
        .bind(of_vault(|it| it.request_fingerprint.as_deref()))
        .bind(plan.documents.iter().map(|it| &it.sha256[..]).collect::<Vec<_>>())
        .bind(plan.documents.iter().map(|it| it.media_type.as_str()).collect::<Vec<_>>())
        .bind(plan.documents.iter().map(|it| &it.content[..]).collect::<Vec<_>>())
        .bind(plan.tiles.iter().map(|it| i64::from(it.level)).collect::<Vec<_>>())
        .bind(plan.tiles.iter().map(|it| to_column(it.index)).collect::<Vec<_>>())
        .bind(plan.tiles.iter().map(assent_evidence::Tile::to_bytes).collect::<Vec<_>>())
        .bind(CHANNEL)
        .bind(&plan.decided_on[..]);
    match plan.erase.is_empty() {
        true => append,
        false => append.bind(plan.erase.iter().map(|it| &it[..]).collect::<Vec<_>>()),
    }
}

/// Whether the server said that it did not carry out the statement. Everything else leaves that open: a connection
/// that broke, or a session that was ended (class 57), perhaps while it waited for a standby.
fn is_refusal(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|it| it.code());
    code.is_some_and(|code| !code.starts_with("57") && !code.starts_with("08"))
}
