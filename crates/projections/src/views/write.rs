//! Writing rows: one transaction for a range of events, fenced by the position that it starts at.

use std::sync::atomic::Ordering;

use assent_domain::values::Position;
use assent_event_log::Database;
use sqlx::{Acquire, AssertSqlSafe, PgConnection, SqliteConnection};
use tokio::time::timeout;

use super::lease::WRITE_MAX;
use super::upsert::{Column, Statement, TableRows, Value, by_table};
use super::{EDITION, Lease, NAME, Rows, TABLES, Views, ViewsError};

/// The rows were at the position that the writer found them at.
const FENCE: &str = "
    UPDATE @projections
    SET position = $1, state = $2, leaf_hash = $6
    WHERE name = $3 AND edition = $4 AND position = $5";

/// And the log has the very event that the new rows are of: it may be another primary's by now, which lost it.
const FENCE_BESIDE_THE_LOG: &str = "
    UPDATE @projections
    SET position = $1, state = $2, leaf_hash = $6
    WHERE name = $3 AND edition = $4 AND position = $5
      AND EXISTS (SELECT 1 FROM events WHERE events.position = $1 AND events.leaf_hash = $6)";

const BEGIN_ANEW: &str = "
    INSERT INTO @projections (name, edition, ledger, position, leaf_hash, state)
    VALUES ($1, $2, $3, 0, $4, $4)";

/// A rebuild that puts others in their place is waited for, or waits. It holds a row of `projections` before this one, and so does
/// whoever asks.
const CURRENT: &str = "SELECT generation FROM read_models WHERE edition = $1 AND generation = $2 FOR SHARE";

const FINISH: &str = "
    UPDATE @projections
    SET edition = $1, state = $2
    WHERE name = $3 AND edition = $4 AND position = $5";

/// Runs `$body` in a transaction over the lease's connection: one body, checked once for each database.
macro_rules! in_transaction {
    ($views:expr, $lease:expr, $failed:expr, $transaction:ident => $body:expr) => {
        match (&$views.database, $lease) {
            (Database::Sqlite(sqlite), _) => {
                let begun = sqlite.writer.begin_with("BEGIN IMMEDIATE").await;
                let mut $transaction = begun.map_err($failed("the read models"))?;
                $body
                $transaction.commit().await.map_err($failed("the read models"))
            }
            (Database::Postgres(_), Lease::Postgres(session)) => {
                let mut $transaction = session.begin().await.map_err($failed("the read models"))?;
                $body
                $transaction.commit().await.map_err($failed("the read models"))
            }
            (Database::Postgres(_), Lease::Sqlite) => Err(ViewsError::NoLease),
        }
    };
}

impl Views {
    /// Writes the rows of the events after `from`. Rolls back where the read models are at another position, or where the
    /// log does not have the last of these events.
    pub(crate) async fn write(
        &self,
        lease: &mut Lease,
        from: Position,
        rows: &Rows,
    ) -> Result<(), ViewsError> {
        self.write_as(EDITION, lease, from, rows).await
    }

    /// The same of the read models whose row of `projections` has this edition.
    pub(super) async fn write_as(
        &self,
        edition: i64,
        lease: &mut Lease,
        from: Position,
        rows: &Rows,
    ) -> Result<(), ViewsError> {
        let failed = |what| move |source| ViewsError::Write { what, source };
        let tables = by_table(rows, from);
        let fence = match &self.database {
            Database::Sqlite(_) => FENCE,
            Database::Postgres(_) => FENCE_BESIDE_THE_LOG,
        };
        let written = async {
            in_transaction!(self, lease, failed, transaction => {
                let fence = sqlx::query(self.text(fence))
                    .bind(rows.position.0 as i64)
                    .bind(&rows.ledger)
                    .bind(NAME)
                    .bind(edition)
                    .bind(from.0 as i64)
                    .bind(&rows.leaf_hash[..]);
                let moved =
                    fence.execute(&mut *transaction).await.map_err(failed("the projection's position"))?;
                if moved.rows_affected() != 1 {
                    return Err(ViewsError::Fenced { expected: from.0 });
                }
                for table in &tables {
                    transaction.write(table, &self.prefix()).await.map_err(failed("rows"))?;
                }
            })
        };
        timeout(WRITE_MAX, written).await.unwrap_or(Err(ViewsError::TimedOut))
    }

    /// Empties every table, unless a rebuild has put others in their place; `ledger` says whose read models they are from now
    /// on, and `edition` which.
    pub(crate) async fn clear(
        &self,
        edition: i64,
        lease: &mut Lease,
        ledger: &[u8],
    ) -> Result<(), ViewsError> {
        let failed = |what| move |source| ViewsError::Write { what, source };
        in_transaction!(self, lease, failed, transaction => {
            for table in TABLES.into_iter().chain(["projections"]) {
                let statement = self.text(&format!("DELETE FROM @{table}"));
                let emptied = sqlx::query(statement).execute(&mut *transaction).await;
                emptied.map_err(failed("empty read models"))?;
            }
            if edition == EDITION && matches!(self.database, Database::Postgres(_)) {
                let generation = self.generation.load(Ordering::Relaxed);
                let current = sqlx::query(CURRENT).bind(EDITION).bind(generation);
                let current = current.fetch_optional(&mut *transaction).await;
                if current.map_err(failed("which read models are current"))?.is_none() {
                    return Err(ViewsError::Fenced { expected: 0 });
                }
            }
            let begun = sqlx::query(self.text(BEGIN_ANEW)).bind(NAME).bind(edition).bind(ledger).bind(&[][..] as &[u8]);
            begun.execute(&mut *transaction).await.map_err(failed("empty read models"))?;
        })
    }

    /// Read models of one edition are of another one from now on, and have this of the ledger as a whole.
    pub(super) async fn finish_as(
        &self,
        [from, to]: [i64; 2],
        lease: &mut Lease,
        position: Position,
        ledger: &[u8],
    ) -> Result<(), ViewsError> {
        let failed = |what| move |source| ViewsError::Write { what, source };
        in_transaction!(self, lease, failed, transaction => {
            let finished = sqlx::query(self.text(FINISH))
                .bind(to)
                .bind(ledger)
                .bind(NAME)
                .bind(from)
                .bind(position.0 as i64);
            let finished =
                finished.execute(&mut *transaction).await.map_err(failed("the projection's edition"))?;
            if finished.rows_affected() != 1 {
                return Err(ViewsError::Fenced { expected: position.0 });
            }
        })
    }
}

/// Writes the rows of a table: the one thing that each database does best in a way of its own.
trait WriteRows {
    async fn write(&mut self, rows: &TableRows<'_>, prefix: &str) -> sqlx::Result<()>;
}

impl WriteRows for SqliteConnection {
    async fn write(&mut self, rows: &TableRows<'_>, _: &str) -> sqlx::Result<()> {
        for Statement { text, values } in rows.statements() {
            let mut query = sqlx::query(AssertSqlSafe(text));
            for value in values {
                query = match value {
                    Value::Text(it) => query.bind(it),
                    Value::Number(it) => query.bind(it),
                    Value::Truth(it) => query.bind(it),
                    Value::Bytes(it) => query.bind(it),
                };
            }
            query.execute(&mut *self).await?;
        }
        Ok(())
    }
}

impl WriteRows for PgConnection {
    async fn write(&mut self, rows: &TableRows<'_>, prefix: &str) -> sqlx::Result<()> {
        let (text, columns) = rows.arrays(prefix);
        let mut query = sqlx::query(AssertSqlSafe(text));
        for column in columns {
            query = match column {
                Column::Text(it) => query.bind(it),
                Column::Number(it) => query.bind(it),
                Column::Truth(it) => query.bind(it),
                Column::Bytes(it) => query.bind(it),
            };
        }
        query.execute(self).await.map(drop)
    }
}
