//! Writing rows: one transaction for a range of events, fenced by the position that it starts at.

use assent_domain::values::Position;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use super::{EDITION, NAME, Rows, TABLES, Views, ViewsError};

/// How many rows a statement writes.
const STATEMENT_ROWS_MAX: usize = 128;

impl Views {
    /// Writes the rows of the events after `from`. Rolls back where the read models are at another position.
    pub(crate) async fn write(&self, from: Position, rows: &Rows) -> Result<(), ViewsError> {
        let failed = |what| move |source| ViewsError::Write { what, source };
        let mut transaction =
            self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(failed("the read models"))?;
        let fence = sqlx::query(
            "UPDATE projections
             SET position = $1, state = $2
             WHERE name = $3 AND edition = $4 AND position = $5",
        );
        let moved = fence
            .bind(rows.position.0 as i64)
            .bind(&rows.ledger)
            .bind(NAME)
            .bind(EDITION)
            .bind(from.0 as i64)
            .execute(&mut *transaction)
            .await
            .map_err(failed("the projection's position"))?;
        if moved.rows_affected() != 1 {
            return Err(ViewsError::Fenced { expected: from.0 });
        }
        write_rows(&mut transaction, rows).await.map_err(failed("rows"))?;
        transaction.commit().await.map_err(failed("the read models"))
    }

    /// Empties every table; `ledger` says whose read models they are from now on.
    pub(crate) async fn clear(&self, ledger: &[u8]) -> Result<(), ViewsError> {
        let failed = |source| ViewsError::Write { what: "empty read models", source };
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
        for table in TABLES.into_iter().chain(["projections"]) {
            let statement = sqlx::AssertSqlSafe(format!("DELETE FROM {table}"));
            sqlx::query(statement).execute(&mut *transaction).await.map_err(failed)?;
        }
        sqlx::query(
            "INSERT INTO projections (name, edition, ledger, position, state)
             VALUES ($1, $2, $3, 0, x'')",
        )
        .bind(NAME)
        .bind(EDITION)
        .bind(ledger)
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        transaction.commit().await.map_err(failed)
    }
}

async fn write_rows(connection: &mut SqliteConnection, rows: &Rows) -> sqlx::Result<()> {
    macro_rules! upsert {
        ($rows:expr, $insert:literal, $update:literal, |$row:ident| $($value:expr),+) => {
            for chunk in $rows.chunks(STATEMENT_ROWS_MAX) {
                let mut statement = QueryBuilder::<Sqlite>::new($insert);
                statement.push_values(chunk, |mut values, $row| {
                    $(values.push_bind($value);)+
                });
                statement.push($update);
                statement.build().execute(&mut *connection).await?;
            }
        };
    }
    upsert!(
        rows.partners,
        "INSERT INTO partners (partner_id, program, country, status, state) ",
        " ON CONFLICT (partner_id) DO UPDATE SET program = excluded.program, country = excluded.country,
          status = excluded.status, state = excluded.state",
        |row| &row.id,
        row.program,
        &row.country,
        row.status,
        &row.state
    );
    upsert!(
        rows.customers,
        "INSERT INTO customers (customer_id, country, cloud, state) ",
        " ON CONFLICT (customer_id) DO UPDATE SET country = excluded.country, cloud = excluded.cloud,
          state = excluded.state",
        |row| &row.id,
        &row.country,
        row.cloud,
        &row.state
    );
    upsert!(
        rows.relationships,
        "INSERT INTO relationships (partner_id, customer_id, in_force, revision, state) ",
        " ON CONFLICT (partner_id, customer_id) DO UPDATE SET in_force = excluded.in_force,
          revision = excluded.revision, state = excluded.state",
        |row| &row.partner,
        &row.customer,
        row.in_force,
        row.revision,
        &row.state
    );
    upsert!(
        rows.acceptances,
        "INSERT INTO acceptances (position, partner_id, customer_id, agreement_id, version, method, accepted_at,
         confirmed_at, corrected_by, voided_by) ",
        " ON CONFLICT (position) DO UPDATE SET corrected_by = excluded.corrected_by, voided_by = excluded.voided_by",
        |row| row.position, &row.partner, &row.customer, &row.agreement, &row.version, row.method,
        row.accepted_at, row.confirmed_at, row.corrected_by, row.voided_by
    );
    upsert!(
        rows.obligations,
        "INSERT INTO obligations (position, partner_id, customer_id, agreement_id, withdrawn_at, voided_by,
         cancelled_by, cancelled_at) ",
        " ON CONFLICT (position) DO UPDATE SET voided_by = excluded.voided_by, cancelled_by = excluded.cancelled_by,
          cancelled_at = excluded.cancelled_at",
        |row| row.position, &row.partner, &row.customer, &row.agreement, row.withdrawn_at,
        row.voided_by, row.cancelled_by, row.cancelled_at
    );
    upsert!(
        rows.evidence,
        "INSERT INTO evidence (position, partner_id, customer_id, reseller_id, agreement_id, state) ",
        " ON CONFLICT (position) DO UPDATE SET state = excluded.state",
        |row| row.position,
        &row.partner,
        &row.customer,
        &row.reseller,
        &row.agreement,
        row.state
    );
    upsert!(
        rows.events,
        "INSERT INTO event_index (position, type, partner_id, customer_id, reseller_id) ",
        " ON CONFLICT (position) DO NOTHING",
        |row| row.position,
        row.kind,
        &row.partner,
        &row.customer,
        &row.reseller
    );
    Ok(())
}
