//! A new generation of the read models in PostgreSQL, made beside the one that is read and put in its place.

use assent_domain::values::Position;
use assent_event_log::{Database, Postgres};
use sqlx::AssertSqlSafe;

use super::{EDITION, NAME, TABLES, Views, ViewsError, postgres};

/// Only what is all there takes a place: who has lost the lock of rebuilds may have lost its tables to another one.
const TAKE_PLACE: &str = "
    UPDATE read_models SET generation = $1
    WHERE edition = $2
      AND EXISTS (SELECT 1 FROM @projections WHERE name = $3 AND edition = $2 AND position = $4)";

/// The current generation, held where it is while the new one catches up with it.
#[derive(Debug)]
pub(crate) struct Held {
    transaction: sqlx::Transaction<'static, sqlx::Postgres>,
    /// Where it is; none: nobody has begun with it.
    pub(crate) position: Option<Position>,
}

impl Views {
    /// Empty tables of the next generation; none on a file, where a rebuild makes another file.
    pub(crate) async fn next_generation(&self) -> Result<Option<Self>, ViewsError> {
        let Database::Postgres(postgres) = &self.database else { return Ok(None) };
        let current = postgres::current_or_first(postgres).await?;
        let next = postgres::next_generation(postgres, current).await?;
        Ok(Some(Self::of(self.database.clone(), next)))
    }

    /// Holds this generation where it is: its maintainer waits.
    pub(crate) async fn hold(&self, postgres: &Postgres) -> Result<Held, ViewsError> {
        let mut transaction = postgres.pools().writer.begin().await.map_err(write)?;
        let statement =
            self.text("SELECT position FROM @projections WHERE name = $1 AND edition = $2 FOR UPDATE");
        let row = sqlx::query_scalar(statement).bind(NAME).bind(EDITION);
        let position: Option<i64> = row.fetch_optional(&mut *transaction).await.map_err(write)?;
        Ok(Held { transaction, position: position.map(|it| Position(it as u64)) })
    }

    /// Puts this generation, which is at this position, in the held one's place. The held one is never written again: it has lost its row.
    pub(crate) async fn take_place(
        &self,
        position: Position,
        of: &Self,
        mut held: Held,
    ) -> Result<(), ViewsError> {
        let generation = self.generation.load(std::sync::atomic::Ordering::Relaxed);
        let placed = sqlx::query(self.text(TAKE_PLACE))
            .bind(generation)
            .bind(EDITION)
            .bind(NAME)
            .bind(position.0 as i64)
            .execute(&mut *held.transaction)
            .await
            .map_err(write)?;
        if placed.rows_affected() != 1 {
            return Err(ViewsError::Fenced { expected: position.0 });
        }
        // Now nobody begins with it any more, and who just did loses its row.
        let retired = of.text("DELETE FROM @projections WHERE name = $1 AND edition = $2");
        sqlx::query(retired).bind(NAME).bind(EDITION).execute(&mut *held.transaction).await.map_err(write)?;
        held.transaction.commit().await.map_err(write)
    }

    /// How many rows are in one and not in the other, counted in one snapshot of the database.
    pub(crate) async fn differences(
        &self,
        other: &Self,
        snapshot: &mut sqlx::Transaction<'static, sqlx::Postgres>,
    ) -> Result<u64, ViewsError> {
        let mut differences = 0;
        for table in TABLES {
            for (one, two) in [(self, other), (other, self)] {
                let (one, two) = (one.prefix(), two.prefix());
                let statement = format!(
                    "SELECT COUNT(*) FROM (SELECT * FROM {one}{table} EXCEPT SELECT * FROM {two}{table}) AS more"
                );
                let count: i64 = sqlx::query_scalar(AssertSqlSafe(statement))
                    .fetch_one(&mut **snapshot)
                    .await
                    .map_err(read)?;
                differences += count as u64;
            }
        }
        Ok(differences)
    }
}

fn read(source: sqlx::Error) -> ViewsError {
    ViewsError::Read { what: "old and new read models", source }
}

fn write(source: sqlx::Error) -> ViewsError {
    ViewsError::Write { what: "which read models are current", source }
}
