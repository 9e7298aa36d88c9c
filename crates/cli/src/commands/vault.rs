//! `assent vault`: who wraps the keys of personal data, and another master key in the place of the old one.

use std::path::{Path, PathBuf};

use assent_event_log::{EventLog, open_beside};
use assent_vault::{MasterKey, MasterKeyId, Rotated, rotate, wrapped_by};
use clap::{Args, Subcommand};
use indicatif::ProgressBar;

use crate::args::{DatabaseFlags, Output};
use crate::context::{Context, print};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json;

const TEACHES: &str = "\
Look at the vault, which holds the keys of personal data, or have another master key wrap them. No personal data is read.

  assent vault status --database sqlite:assent.db
  assent vault rotate --database sqlite:assent.db --master-key-file old.key --new-master-key-file new.key";

const STATUS_NEXT: &str =
    "Next: `assent vault rotate`, once the master key is old. docs/operations/personal-data.md.";

const ROTATE_NEXT: &str = "\
Next: `assent vault status` names the new key alone; then start the servers with that one only, and destroy the old one
when no kept backup needs it. docs/operations/personal-data.md.";

/// Show which master key wraps, or rotate it
#[derive(Debug, Subcommand)]
#[command(long_about = TEACHES)]
pub(crate) enum Vault {
    Status(Status),
    Rotate(Rotate),
}

/// Count the keys of personal data by the master key that wraps them
///
/// The database is opened read-only, also beside running servers, and no master key is needed:
///
///   assent vault status --database sqlite:assent.db
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = STATUS_NEXT)]
pub(crate) struct Status {
    #[command(flatten)]
    database: DatabaseFlags,
}

/// Wrap all keys of personal data by a new master key, beside running servers
///
/// First start every server with the new key and the old one, in this order: the first wraps, both unwrap. A server that
/// breaks off loses nothing, nor does this command: run it again.
///
///   assent serve … --master-key-file new.key --master-key-file old.key
///   assent vault rotate --database sqlite:assent.db --master-key-file old.key --new-master-key-file new.key
///   assent serve … --master-key-file new.key
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = ROTATE_NEXT)]
pub(crate) struct Rotate {
    #[command(flatten)]
    database: DatabaseFlags,
    /// The master key that is to go.
    #[arg(long, value_name = "FILE")]
    master_key_file: PathBuf,
    /// The master key that takes its place.
    #[arg(long, value_name = "FILE")]
    new_master_key_file: PathBuf,
}

impl Vault {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self {
            Self::Status(it) => it.run(context).await,
            Self::Rotate(it) => it.run(context).await,
        }
    }
}

impl Status {
    async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let doing = "count the keys of the vault";
        let url = self.database.url_or_default()?;
        let log = EventLog::open_read_only(&url).await;
        let log = log.map_err(|it| Failure::Doing { doing, source: it.into() })?;
        let counts = wrapped_by(log.database()).await;
        let counts = counts.map_err(|it| Failure::Doing { doing, source: it.into() })?;
        let name = |id: &Option<MasterKeyId>| id.map_or_else(|| "none".to_owned(), |it| it.to_string());
        print(&match context.output {
            Output::Json => {
                let shown: serde_json::Map<_, _> =
                    counts.iter().map(|(id, keys)| (name(id), (*keys).into())).collect();
                format!("{}\n", json::own(&serde_json::json!({ "master_keys": shown })))
            }
            Output::Text if counts.is_empty() => "the vault holds no keys\n".to_owned(),
            Output::Text => {
                counts.iter().map(|(id, keys)| format!("master key {}: {keys} keys\n", name(id))).collect()
            }
        })?;
        Ok(Exit::Done)
    }
}

impl Rotate {
    async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let doing = "wrap the keys of the vault anew";
        let key =
            |path: &Path| MasterKey::read(path).map_err(|it| Failure::Doing { doing, source: it.into() });
        let (old, new) = (key(&self.master_key_file)?, key(&self.new_master_key_file)?);
        let database = open_beside(&self.database.url_or_default()?).await;
        let database = database.map_err(|it| Failure::Doing { doing, source: it.into() })?;
        // Draws nothing where standard error is no terminal.
        let bar = ProgressBar::new_spinner();
        let rotated = rotate(&database, &old, &new, |rows| bar.set_position(rows)).await;
        let Rotated { rows } = rotated.map_err(|it| Failure::Doing { doing, source: it.into() })?;
        bar.finish_and_clear();
        let (old, new) = (old.id().to_string(), new.id().to_string());
        print(&match context.output {
            Output::Json => {
                let shown = serde_json::json!({ "keys": rows, "from": old, "to": new });
                format!("{}\n", json::own(&shown))
            }
            Output::Text => format!("{} {rows} keys from {old} to {new}\n", context.style.good("ROTATED")),
        })?;
        Ok(Exit::Done)
    }
}
