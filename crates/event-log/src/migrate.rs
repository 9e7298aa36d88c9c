//! The log's tables: made, brought up to date, and granted to the role that a server runs as.

use std::path::Path;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::PgConnectOptions;

use crate::address::{self, Address};
use crate::database::Database;
use crate::error::OpenError;
use crate::postgres::{self, Access};
use crate::{on_database, sql};

/// Where a log is, as a person is told: no password is in it.
#[derive(Clone, Debug)]
pub(crate) struct Place(pub(crate) String);

impl Place {
    pub(crate) fn file(path: &Path) -> Self {
        Self(path.display().to_string())
    }

    pub(crate) fn server(hosts: &[PgConnectOptions]) -> Self {
        Self(postgres::place(hosts))
    }
}

/// What a server's role may do on PostgreSQL: nothing of the log can be changed with it. The role's name is quoted.
///
/// One at a time, in one transaction: PostgreSQL refuses two that grant on the same table at once. The lock is
/// 0x4153_4e54_0003.
const GRANTS: &str = "
    SELECT pg_advisory_xact_lock(71826052218883);
    GRANT SELECT ON event_log_migrations TO {role};
    GRANT SELECT, INSERT ON events, requests, commits, tiles, documents, checkpoints TO {role};
    GRANT SELECT, INSERT, UPDATE, DELETE ON vault, vault_keys, heartbeats TO {role}";

/// Makes the tables of a PostgreSQL database as their owner, or brings them up to date; any number of processes may
/// do so at once. `runtime_role` is granted what a server needs: to read and to insert, nothing else of the log.
pub async fn migrate(url: &str, runtime_role: Option<&str>) -> Result<(), OpenError> {
    let Address::Postgres(hosts) = address::parse(url)? else {
        // A file has one process and no roles: opening it brings it up to date.
        crate::EventLog::open(url).await?.close().await;
        return Ok(());
    };
    let place = Place::server(&hosts);
    let database = postgres::open(hosts, Access { writable: true, replicated: false }).await?;
    run(&database, &place).await?;
    if let (Some(role), Database::Postgres(postgres)) = (runtime_role, &database) {
        let quoted = format!("\"{}\"", role.replace('"', "\"\""));
        let grants = sqlx::AssertSqlSafe(GRANTS.replace("{role}", &quoted));
        let granted = sqlx::raw_sql(grants).execute(&postgres.pools().writer).await;
        granted.map_err(|source| OpenError::Grant { place: place.0, role: role.to_owned(), source })?;
    }
    database.close().await;
    Ok(())
}

/// Brings the tables up to date, where they are not: a role that may not do so is not asked to do it for nothing.
pub(crate) async fn run(database: &Database, place: &Place) -> Result<(), OpenError> {
    match check(database, place).await {
        Err(OpenError::NotMigrated { .. }) => {}
        other => return other,
    }
    let migrated = on_database!(database, writer => migrations(database).run(writer).await);
    migrated.map_err(|source| match source {
        MigrateError::VersionMissing(migration) => {
            OpenError::NewerRelease { place: place.0.clone(), migration }
        }
        source => OpenError::Migrate { place: place.0.clone(), source },
    })
}

/// Whether the tables are those of this release.
pub(crate) async fn check(database: &Database, place: &Place) -> Result<(), OpenError> {
    let unreachable = |source| OpenError::Unreachable { place: place.0.clone(), source };
    let applied: Option<i64> = on_database!(database, readers => {
        let tables: i64 =
            sqlx::query_scalar(migrations_table(database)).fetch_one(readers).await.map_err(unreachable)?;
        if tables == 0 {
            return Err(OpenError::NotMigrated { place: place.0.clone() });
        }
        sqlx::query_scalar(sql::LAST_MIGRATION).fetch_one(readers).await.map_err(unreachable)?
    });
    let known = migrations(database).iter().map(|migration| migration.version).max();
    match applied.cmp(&known) {
        std::cmp::Ordering::Less => Err(OpenError::NotMigrated { place: place.0.clone() }),
        std::cmp::Ordering::Greater => {
            Err(OpenError::NewerRelease { place: place.0.clone(), migration: applied.unwrap_or_default() })
        }
        std::cmp::Ordering::Equal => Ok(()),
    }
}

/// The log's own migrations. Their bookkeeping has its own table, so that the projections can have theirs.
fn migrations(database: &Database) -> Migrator {
    let mut migrator = match database {
        Database::Sqlite(_) => sqlx::migrate!("migrations/sqlite"),
        Database::Postgres(_) => sqlx::migrate!("migrations/postgres"),
    };
    migrator.dangerous_set_table_name(sql::MIGRATIONS);
    migrator
}

/// Whether the table of migrations is there.
const fn migrations_table(database: &Database) -> &'static str {
    match database {
        Database::Sqlite(_) => "SELECT COUNT(*) FROM sqlite_master WHERE name = 'event_log_migrations'",
        Database::Postgres(_) => {
            "SELECT COUNT(*) FROM pg_class WHERE oid = to_regclass('event_log_migrations')"
        }
    }
}
