//! `assent verify`: the whole log, from its stored bytes.

mod signed;

use std::collections::HashSet;
use std::path::PathBuf;

use assent_domain::privacy::KeyId;
use assent_event_log::{Finding, Verdict, Verified};
use assent_evidence::VerifierKey;
use assent_projections::{Alike, Unlike, Whole, verify_whole};
use assent_service::{erased_keys, request_keys};
use clap::Args;
use indicatif::ProgressBar;

use super::projections::bar_style;
use crate::args::{DatabaseFlags, Output};
use crate::context::{Context, print};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json;

const NEXT: &str = "\
Where the read models alone differ, the log is whole: `assent projections rebuild` makes them anew. A log that is not \
whole has to come from a backup: docs/operations/backup.md.";

/// Check the whole log from its stored bytes
///
/// Every entry is hashed anew and held against its leaf hash, its place, its commit's root and the tiles; every request
/// and document is looked at; then the events are folded, each one's links, revision and request are compared with what
/// the events before it and the stored requests give, and every row of the read models with what the fold says. The vault must
/// have the row of everything that was sealed and not erased, and none of what was. Nothing is changed, and servers may run
/// meanwhile.
///
/// A log that somebody rewrote as a whole, with all that stands beside it, is told from the one before by what was signed:
/// give the anchor, which lies outside the database, and the public keys.
///
/// Exit code 1 means that something was found: the first position that is not as it was written is named.
///
///   assent verify --database sqlite:assent.db
///   assent verify --anchor /var/lib/assent-anchor/ledger.anchor --key example.com/ledger+0a1b2c3d+AX…
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = NEXT)]
pub(crate) struct Verify {
    #[command(flatten)]
    database: DatabaseFlags,
    /// Compare the log with what an anchor remembers was signed.
    #[arg(long, value_name = "FILE")]
    anchor: Option<PathBuf>,
    /// A key that must have signed every stored checkpoint, as `assent key show` prints it; several where it was rotated.
    #[arg(long, value_name = "VKEY")]
    key: Vec<VerifierKey>,
    /// The servers' list of erased keys: what it names is not lost, even where a restored log does not know of its erasure.
    /// Without it, that beside the file of a developer's ledger
    #[arg(long, value_name = "FILE")]
    tombstones: Option<PathBuf>,
    /// Leave out the read models, and what the events mean: stored bytes only.
    #[arg(long)]
    log_only: bool,
}

impl Verify {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let url = self.database.url_or_default()?;
        let bar = ProgressBar::new(0).with_style(bar_style());
        let checked = self.check(&url, &bar).await;
        bar.finish_and_clear();
        match checked? {
            Checked::Broken(finding) => broken(context, &finding),
            Checked::Whole(verified, folded) => whole(context, &verified, folded),
        }
    }

    /// What a list says was erased, of which a log that was restored may know nothing.
    fn erased(&self, url: &str) -> Result<HashSet<KeyId>, Failure> {
        let beside = || url.strip_prefix("sqlite:").map(|file| PathBuf::from(format!("{file}.tombstones")));
        match self.tombstones.clone().or_else(|| beside().filter(|it| it.exists())) {
            Some(list) => erased_keys(&list).map_err(|source| Failure::Doing {
                doing: "read the list of erased keys",
                source: source.into(),
            }),
            None => Ok(HashSet::new()),
        }
    }

    /// What is wrong with the bytes is told first, then with what was signed, then with what the events mean.
    async fn check(&self, url: &str, bar: &ProgressBar) -> Result<Checked, Failure> {
        let failed = |source| Failure::Doing { doing: "check the log", source };
        let shown = bar.clone();
        let progress = move |done, total| {
            shown.set_length(total);
            shown.set_position(done);
        };
        let Whole { log, meaning } = match self.log_only {
            true => {
                let log = assent_event_log::verify(url, progress).await.map_err(|it| failed(it.into()))?;
                Whole { log, meaning: None }
            }
            false => {
                let erased = self.erased(url)?;
                verify_whole(url, request_keys, &erased, progress).await.map_err(|it| failed(it.into()))?
            }
        };
        let verified = match log {
            Verdict::Whole(verified) => verified,
            Verdict::Broken(finding) => return Ok(Checked::Broken(finding)),
        };
        if let Some(finding) = signed::check(url, &verified, self.anchor.as_deref(), &self.key).await? {
            return Ok(Checked::Broken(finding));
        }
        let folded =
            meaning.transpose().map_err(|it| Failure::Doing { doing: "fold the log", source: it.into() })?;
        Ok(match folded {
            Some(Err(Unlike { position, what })) => Checked::Broken(Finding { position, what }),
            Some(Ok(alike)) => Checked::Whole(verified, Some(alike)),
            None => Checked::Whole(verified, None),
        })
    }
}

/// What checking came to.
enum Checked {
    Broken(Finding),
    Whole(Verified, Option<Alike>),
}

fn broken(context: &Context, finding: &Finding) -> Result<Exit, Failure> {
    print(&match context.output {
        Output::Text => format!("{} {finding}\n", context.style.bad("NOT WHOLE")),
        Output::Json => {
            let found = serde_json::json!({
                "whole": false, "position": finding.position, "finding": finding.what,
            });
            format!("{}\n", json::own(&found))
        }
    })?;
    Ok(Exit::Found)
}

fn whole(context: &Context, verified: &Verified, folded: Option<Alike>) -> Result<Exit, Failure> {
    let Verified { size, root, commits, tiles, documents, checkpoints, other_origin_at: _ } = verified;
    let root: String = root.iter().map(|it| format!("{it:02x}")).collect();
    let read_models = folded.and_then(|it| it.read_models);
    print(&match context.output {
        Output::Text => {
            let meaning = match (folded, read_models) {
                (None, _) => "what the events mean was not looked at",
                (Some(_), None) => {
                    "every link is right, and no row of the vault lost or back; there are no read models yet"
                }
                (Some(_), Some(_)) => {
                    "every link is right, no row of the vault lost or back, and every row of the read models right"
                }
            };
            let unknown = match folded.map_or(0, |it| it.unknown_vault_rows) {
                0 => String::new(),
                rows => format!("\n  the vault has {rows} rows that no event knows"),
            };
            format!(
                "{} {size} entries in {commits} commits, {tiles} tiles, {documents} documents, {checkpoints} checkpoints; {meaning}\n  root {root}{unknown}\n",
                context.style.good("WHOLE")
            )
        }
        Output::Json => {
            let found = serde_json::json!({
                "whole": true, "size": size, "root": root, "commits": commits, "tiles": tiles,
                "documents": documents, "checkpoints": checkpoints, "readModels": read_models, "links": folded.is_some(),
                "unknownVaultRows": folded.map(|it| it.unknown_vault_rows),
            });
            format!("{}\n", json::own(&found))
        }
    })?;
    Ok(Exit::Done)
}
