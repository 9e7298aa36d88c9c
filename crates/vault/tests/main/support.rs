//! A ledger on either database, and its vault.

use assent_event_log::{Batch, Database, Draft, EventLog, KeyRow, LedgerTag, Links};
use assent_testing::postgres::{TestDatabase, shared};
use assent_vault::{Boxed, Kind, MasterKey, SealedBox, Subject, UnsealError, Vault};
use tempfile::TempDir;

pub(crate) struct Ledger {
    pub(crate) log: EventLog,
    place: Place,
}

/// Where it is, for as long as it is used.
enum Place {
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
    fn url(&self) -> String {
        match self {
            Self::Sqlite(folder) => format!("sqlite:{}", folder.path().join("assent.db").display()),
            Self::Postgres(database) => database.url(),
        }
    }
}

impl Ledger {
    pub(crate) async fn sqlite() -> Self {
        Self::at(Place::Sqlite(tempfile::tempdir().expect("a temporary folder can be made"))).await
    }

    pub(crate) async fn postgres() -> Self {
        Self::at(Place::Postgres(shared().await.database().await)).await
    }

    /// Another one of the same kind.
    pub(crate) async fn another(&self) -> Self {
        match self.place {
            Place::Sqlite(_) => Self::sqlite().await,
            Place::Postgres(_) => Self::postgres().await,
        }
    }

    async fn at(place: Place) -> Self {
        let log = EventLog::open(&place.url()).await.expect("the ledger opens");
        Self { log, place }
    }

    pub(crate) fn url(&self) -> String {
        self.place.url()
    }

    pub(crate) async fn vault(&self) -> Vault {
        Vault::open(self.log.database().clone(), master_key()).await.expect("the vault opens")
    }

    /// Stores rows as an append does.
    pub(crate) async fn store(&self, vault: Vec<KeyRow>) {
        let drafts = vec![Draft { body: "entry".into(), revision: 0, links: Links::default() }];
        let (requests, erase, documents) = (vec![], vec![], vec![]);
        let (start, tag) = (self.log.head().size, LedgerTag::from_random(1));
        let batch = Batch { start, at: 1, tag, drafts, requests, vault, erase, documents };
        self.log.append(batch).await.expect("the batch is appended");
    }

    /// Runs a statement as another program with the same database would.
    pub(crate) async fn run(&self, statement: impl Into<Sql>) {
        let statement = statement.into();
        let Sql { sqlite, postgres } = statement;
        let ran = match self.log.database() {
            Database::Sqlite(pools) => sqlx::raw_sql(sqlite).execute(&pools.writer).await.map(drop),
            Database::Postgres(database) => {
                sqlx::raw_sql(postgres).execute(&database.pools().writer).await.map(drop)
            }
        };
        ran.unwrap_or_else(|error| panic!("{statement:?}: {error}"));
    }
}

pub(crate) fn master_key() -> MasterKey {
    MasterKey::from_bytes([1; 32])
}

/// Opening a box alone, for what is in it.
pub(crate) trait Unseal {
    async fn unseal(
        &self,
        sealed_box: &SealedBox,
        subject: Subject<'_>,
        kind: Kind,
    ) -> Result<Option<Vec<u8>>, UnsealError>;
}

impl Unseal for Vault {
    async fn unseal(
        &self,
        sealed_box: &SealedBox,
        subject: Subject<'_>,
        kind: Kind,
    ) -> Result<Option<Vec<u8>>, UnsealError> {
        let disclosed = self.disclose_many(&[Boxed { sealed_box, subject, kind }]).await?;
        Ok(disclosed.into_iter().flatten().next().map(|it| it.plaintext))
    }
}
