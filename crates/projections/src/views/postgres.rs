//! Read models in schemas of the log's database: one schema for each edition of the code and each rebuild (a
//! generation), and a table that says which generation is read.

use assent_event_log::{Postgres, in_time};
use sqlx::{AssertSqlSafe, PgConnection};

use super::{EDITION, ViewsError};

/// Taken while schemas are made, granted or taken away.
const SCHEMAS_LOCK: i64 = 0x4153_4e54_0002;

const CURRENT_TABLE: &str = "
    CREATE TABLE IF NOT EXISTS read_models (
        edition    BIGINT NOT NULL PRIMARY KEY, -- of the code that reads them
        generation BIGINT NOT NULL              -- which rebuild of them is read
    )";

const CURRENT_TABLE_EXISTS: &str = "SELECT to_regclass('read_models') IS NOT NULL";

/// Whoever may write the log may write what is made from it.
const GRANTS: &str = "
    DO $$
    DECLARE
        granted RECORD;
    BEGIN
        FOR granted IN
            SELECT DISTINCT grantee
            FROM information_schema.role_table_grants
            WHERE table_name = 'events' AND privilege_type = 'INSERT' AND grantee <> current_user
        LOOP
            EXECUTE format('GRANT SELECT, UPDATE ON read_models TO %I', granted.grantee);
            EXECUTE format('GRANT USAGE ON SCHEMA @ TO %I', granted.grantee);
            EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA @ TO %I', granted.grantee);
        END LOOP;
    END
    $$";

/// Schemas that this role may take away.
const OWN_SCHEMAS: &str = "
    SELECT nspname::text
    FROM pg_namespace
    WHERE pg_has_role(nspowner, 'USAGE')";

const TABLES: &str = include_str!("../../migrations/postgres/0001_views.sql");

/// The schema of a generation.
pub(super) fn schema(generation: i64) -> String {
    format!("assent_views_{EDITION}_{generation}")
}

/// The generation that is read; none: there are no read models of this edition yet.
pub(super) async fn current(postgres: &Postgres) -> Result<Option<i64>, ViewsError> {
    let failed = |source| ViewsError::Read { what: "which read models are current", source };
    let pools = postgres.pools();
    let exists = sqlx::query_scalar(CURRENT_TABLE_EXISTS).fetch_one(&pools.readers);
    if !in_time(exists).await.map_err(failed)? {
        return Ok(None);
    }
    let generation = sqlx::query_scalar("SELECT generation FROM read_models WHERE edition = $1");
    in_time(generation.bind(EDITION).fetch_optional(&pools.readers)).await.map_err(failed)
}

/// The generation that is read; the first one is made where there is none, by whichever process comes first.
pub(super) async fn current_or_first(postgres: &Postgres) -> Result<i64, ViewsError> {
    if let Some(generation) = current(postgres).await? {
        return Ok(generation);
    }
    let failed = |source| ViewsError::Write { what: "the read models' tables", source };
    let mut transaction = postgres.pools().writer.begin().await.map_err(failed)?;
    lock(&mut transaction).await.map_err(failed)?;
    sqlx::raw_sql(CURRENT_TABLE).execute(&mut *transaction).await.map_err(failed)?;
    let there: Option<i64> = sqlx::query_scalar("SELECT generation FROM read_models WHERE edition = $1")
        .bind(EDITION)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(failed)?;
    if let Some(generation) = there {
        transaction.commit().await.map_err(failed)?;
        return Ok(generation);
    }
    create(&mut transaction, 1).await.map_err(failed)?;
    sqlx::query("INSERT INTO read_models (edition, generation) VALUES ($1, 1)")
        .bind(EDITION)
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
    transaction.commit().await.map_err(failed)?;
    Ok(1)
}

/// Grants the tables of the current generation to whoever may write the log by now.
pub(crate) async fn grant(postgres: &Postgres) -> Result<(), ViewsError> {
    let failed = |source| ViewsError::Write { what: "the read models' grants", source };
    let Some(generation) = current(postgres).await? else { return Ok(()) };
    // PostgreSQL refuses two that grant on the same table at once.
    let mut transaction = postgres.pools().writer.begin().await.map_err(failed)?;
    lock(&mut transaction).await.map_err(failed)?;
    let grants = AssertSqlSafe(GRANTS.replace('@', &schema(generation)));
    sqlx::raw_sql(grants).execute(&mut *transaction).await.map_err(failed)?;
    transaction.commit().await.map_err(failed)
}

/// Makes the next generation's tables, empty; those of a rebuild that was given up, and those before the current one,
/// which nobody reads any more, are taken away.
pub(super) async fn next_generation(postgres: &Postgres, current: i64) -> Result<i64, ViewsError> {
    let failed = |source| ViewsError::Write { what: "the read models' tables", source };
    let mut transaction = postgres.pools().writer.begin().await.map_err(failed)?;
    lock(&mut transaction).await.map_err(failed)?;
    let next = current + 1;
    for unused in [current - 1, next] {
        let drop = format!("DROP SCHEMA IF EXISTS {} CASCADE", schema(unused));
        sqlx::raw_sql(AssertSqlSafe(drop)).execute(&mut *transaction).await.map_err(failed)?;
    }
    create(&mut transaction, next).await.map_err(failed)?;
    transaction.commit().await.map_err(failed)?;
    Ok(next)
}

/// Takes away the tables of editions that no version reads any more: those before the one before this. Of two neighbouring
/// versions the older one may still serve, or be taken back to, and finds its own. Tables of another owner are left.
pub(crate) async fn drop_old(postgres: &Postgres) -> Result<(), ViewsError> {
    let failed = |source| ViewsError::Write { what: "which read models are kept", source };
    let mut transaction = postgres.pools().writer.begin().await.map_err(failed)?;
    lock(&mut transaction).await.map_err(failed)?;
    let before: Option<i64> = sqlx::query_scalar("SELECT max(edition) FROM read_models WHERE edition < $1")
        .bind(EDITION)
        .fetch_one(&mut *transaction)
        .await
        .map_err(failed)?;
    let Some(before) = before else { return Ok(()) };
    let own: Vec<String> =
        sqlx::query_scalar(OWN_SCHEMAS).fetch_all(&mut *transaction).await.map_err(failed)?;
    for schema in own.iter().filter(|it| edition_of(it).is_some_and(|it| it < before)) {
        let drop = format!("DROP SCHEMA {schema} CASCADE");
        sqlx::raw_sql(AssertSqlSafe(drop)).execute(&mut *transaction).await.map_err(failed)?;
    }
    sqlx::query("DELETE FROM read_models WHERE edition < $1")
        .bind(before)
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
    transaction.commit().await.map_err(failed)
}

/// The edition whose tables lie in a schema; none: it is no schema of read models.
fn edition_of(schema: &str) -> Option<i64> {
    let (edition, generation) = schema.strip_prefix("assent_views_")?.split_once('_')?;
    generation.parse::<u32>().ok()?;
    edition.parse().ok()
}

async fn lock(connection: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(SCHEMAS_LOCK).execute(connection).await.map(drop)
}

async fn create(connection: &mut PgConnection, generation: i64) -> sqlx::Result<()> {
    let schema = schema(generation);
    let statements = [
        format!("CREATE SCHEMA {schema}"),
        // For this transaction only: the tables are made in the schema.
        format!("SET LOCAL search_path TO {schema}"),
        TABLES.to_owned(),
        "SET LOCAL search_path TO DEFAULT".to_owned(),
        GRANTS.replace('@', &schema),
    ];
    for statement in statements {
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *connection).await?;
    }
    Ok(())
}
