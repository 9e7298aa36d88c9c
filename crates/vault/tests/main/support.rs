//! A ledger in a temporary folder, and its vault.

use assent_event_log::{Batch, Draft, EventLog, KeyRow, LedgerTag, Links, on_database};
use assent_vault::{MasterKey, Vault};
use tempfile::TempDir;

pub(crate) struct Ledger {
    pub(crate) folder: TempDir,
    pub(crate) log: EventLog,
}

impl Ledger {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let url = format!("sqlite:{}", folder.path().join("assent.db").display());
        let log = EventLog::open(&url).await.expect("the ledger opens");
        Self { folder, log }
    }

    pub(crate) async fn vault(&self) -> Vault {
        Vault::open(self.log.database().clone(), master_key()).await.expect("the vault opens")
    }

    /// Stores rows as an append does.
    pub(crate) async fn store(&self, vault: Vec<KeyRow>) {
        let drafts = vec![Draft { body: "entry".into(), revision: 0, links: Links::default() }];
        let (requests, documents) = (vec![], vec![]);
        let (start, tag) = (self.log.head().size, LedgerTag::from_random(1));
        let batch = Batch { start, at: 1, tag, drafts, requests, vault, documents };
        self.log.append(batch).await.expect("the batch is appended");
    }

    /// Runs a statement as another program with the same file would.
    pub(crate) async fn run(&self, statement: &'static str) {
        on_database!(self.log.database(), writer => sqlx::raw_sql(statement).execute(writer).await.map(drop))
            .expect(statement);
    }
}

pub(crate) fn master_key() -> MasterKey {
    MasterKey::from_bytes([1; 32])
}
