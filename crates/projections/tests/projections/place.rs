//! Where a ledger is: in a file, or in a database on the server that all tests share.

use std::path::PathBuf;

use assent_testing::postgres::{TestDatabase, shared};
use sqlx::sqlite::SqlitePool;
use tempfile::TempDir;

pub(crate) enum Place {
    Sqlite(TempDir),
    Postgres(TestDatabase),
}

/// A statement as each database is told it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sql {
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
}

impl From<&'static str> for Sql {
    /// The same for both.
    fn from(text: &'static str) -> Self {
        Self { sqlite: text, postgres: text }
    }
}

impl Place {
    pub(crate) fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().expect("a temporary folder can be made"))
    }

    pub(crate) async fn postgres() -> Self {
        Self::Postgres(shared().await.database().await)
    }

    /// Another one of the same kind.
    pub(crate) async fn another(&self) -> Self {
        match self {
            Self::Sqlite(_) => Self::sqlite(),
            Self::Postgres(_) => Self::postgres().await,
        }
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite(_) => format!("sqlite:{}", self.file("ledger.db").display()),
            Self::Postgres(database) => database.url(),
        }
    }

    /// A file beside a ledger in a file.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        let Self::Sqlite(folder) = self else { panic!("this ledger is in no file") };
        folder.path().join(name)
    }

    /// The database of a ledger on a server.
    pub(crate) fn database(&self) -> &TestDatabase {
        let Self::Postgres(database) = self else { panic!("this ledger is in a file") };
        database
    }

    /// Runs statements on the log as another program would.
    pub(crate) async fn run_on_log(&self, statement: impl Into<Sql>) {
        let Sql { sqlite, postgres } = statement.into();
        match self {
            Self::Sqlite(_) => run_on_file(self.file("ledger.db"), sqlite).await,
            Self::Postgres(database) => drop(database.run(postgres).await),
        }
    }

    /// The same on the tables of the read models that are read.
    pub(crate) async fn run_on_views(&self, statement: impl Into<Sql>) {
        let Sql { sqlite, postgres } = statement.into();
        match self {
            Self::Sqlite(_) => run_on_file(self.file("ledger.db.views"), sqlite).await,
            Self::Postgres(database) => {
                let generation = database.run("SELECT generation FROM read_models").await;
                let path = format!("SET search_path TO assent_views_4_{generation}");
                database.run(&format!("{path}; {postgres}")).await;
            }
        }
    }
}

async fn run_on_file(file: PathBuf, statement: &'static str) {
    let pool = SqlitePool::connect(&format!("sqlite:{}", file.display())).await.expect("it is a database");
    sqlx::raw_sql(statement).execute(&pool).await.expect(statement);
    pool.close().await;
}
