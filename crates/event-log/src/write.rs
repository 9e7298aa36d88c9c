//! The transaction of an append: how it can end, and which database carries it out.

use crate::database::Database;
use crate::plan::Plan;
use crate::{postgres, sqlite};

/// How the transaction ended.
#[derive(Debug, PartialEq)]
pub(crate) enum Written {
    /// All of it is durable.
    Committed,
    /// The guard found another size: nothing was written.
    Lost,
    /// The database would not have kept it on a second machine, as was asked: nothing was written.
    NotReplicated,
}

/// Where the transaction failed.
#[derive(Debug)]
pub(crate) enum WriteError {
    /// Before its end: nothing was written.
    BeforeCommit(sqlx::Error),
    /// At its end, or somewhere in it: whether it was written must be looked up.
    AtCommit(sqlx::Error),
}

impl From<sqlx::Error> for WriteError {
    fn from(source: sqlx::Error) -> Self {
        Self::BeforeCommit(source)
    }
}

/// Writes a plan in one transaction; `behind_gate` says that this process has closed the gate for all others.
pub(crate) async fn write(
    database: &Database,
    plan: &Plan,
    behind_gate: bool,
) -> Result<Written, WriteError> {
    match database {
        // One process has the file's lock: nobody races it.
        Database::Sqlite(sqlite) => sqlite::write(sqlite, plan).await,
        Database::Postgres(postgres) => postgres::write(postgres, plan, behind_gate).await,
    }
}
