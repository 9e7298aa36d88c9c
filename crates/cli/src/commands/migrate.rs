//! `assent migrate`: a database's tables, made by their owner.

use assent_projections::admin;
use clap::Args;

use crate::args::DatabaseFlags;
use crate::exit::Exit;
use crate::failure::Failure;

const NEXT: &str = "\
Next: `assent serve --no-migrate` as the role that was granted. Backups: docs/operations/backup.md.";

/// Make a database's tables, or bring them up to date
///
/// `assent serve` does so by itself, unless it is told not to. On PostgreSQL it is safer done by another role: the one
/// that owns the tables. The role that servers run as is then granted to read the log and to insert into it, and
/// cannot change or delete what is there. Any number of these may run at once.
///
/// Read models that no version reads any more (of editions before the one before) are taken away; the log makes read models
/// anew whenever they are missing.
///
///   assent migrate --database-file owner.url --runtime-role assent
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = NEXT)]
pub(crate) struct Migrate {
    #[command(flatten)]
    database: DatabaseFlags,
    /// The role that servers run as (PostgreSQL); it must exist.
    #[arg(long, value_name = "ROLE")]
    runtime_role: Option<String>,
}

impl Migrate {
    pub(crate) async fn run(self) -> Result<Exit, Failure> {
        let url = self.database.url_or_default()?;
        let migrated = assent_event_log::migrate(&url, self.runtime_role.as_deref()).await;
        migrated.map_err(|it| Failure::Doing {
            doing: "bring the ledger's tables up to date",
            source: it.into(),
        })?;
        let migrated = admin::migrate(&url).await;
        migrated.map_err(|it| Failure::Doing { doing: "make the read models' tables", source: it.into() })?;
        Ok(Exit::Done)
    }
}
