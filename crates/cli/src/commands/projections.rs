//! `assent projections`: what is derived from the log, and building it anew.

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use assent_projections::admin::{self, AdminError, ProjectionStatus};

use crate::args::{DatabaseFlags, Output};
use crate::context::{Context, print};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json;
use crate::style::Style;

const TEACHES: &str = "\
Look at what is derived from the log, or build it anew. The log itself is never touched.

  assent projections status --database sqlite:assent.db
  assent projections rebuild --database sqlite:assent.db";

const NEXT: &str = "What the log itself holds: `assent replay --database URL`.";

/// Show or rebuild what is derived from the log
#[derive(Debug, Subcommand)]
#[command(long_about = TEACHES)]
pub(crate) enum Projections {
    Status(Status),
    Rebuild(Rebuild),
}

/// Show how far each projection has got, and how many rows it holds
///
/// The database is opened read-only, also beside running servers:
///
///   assent projections status --database sqlite:assent.db
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = NEXT)]
pub(crate) struct Status {
    #[command(flatten)]
    database: DatabaseFlags,
}

/// Build the projections anew from position 1 and compare
///
/// Exit code 1 means that what was there differed from what the log says; the new one takes its place. A server on a
/// file must be stopped first; on PostgreSQL servers go on meanwhile, and change over by themselves.
///
///   assent projections rebuild --database sqlite:assent.db
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = NEXT)]
pub(crate) struct Rebuild {
    #[command(flatten)]
    database: DatabaseFlags,
}

/// A projection as JSON.
#[derive(Debug, Serialize)]
struct Shown<'a> {
    name: &'a str,
    edition: i64,
    position: u64,
    head: u64,
    rows: serde_json::Map<String, serde_json::Value>,
}

impl Projections {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self {
            Self::Status(it) => it.run(context).await,
            Self::Rebuild(it) => it.run(context).await,
        }
    }
}

impl Status {
    async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let failed =
            |source: AdminError| Failure::Doing { doing: "read the projections", source: source.into() };
        let projections = admin::status(&self.database.url_or_default()?).await.map_err(failed)?;
        print(&match context.output {
            Output::Text => projections.iter().map(|it| text(it, context.style)).collect(),
            Output::Json => {
                let shown: Vec<_> = projections.iter().map(Shown::from).collect();
                format!("{}\n", json::own(&shown))
            }
        })?;
        Ok(Exit::Done)
    }
}

impl Rebuild {
    async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let failed =
            |source: AdminError| Failure::Doing { doing: "rebuild the projections", source: source.into() };
        // Draws nothing where standard error is no terminal.
        let bar = ProgressBar::new(0).with_style(bar_style());
        let url = self.database.url_or_default()?;
        let report = admin::rebuild(&url, |done, total| {
            bar.set_length(total);
            bar.set_position(done);
        });
        let report = report.await.map_err(failed)?;
        bar.finish_and_clear();
        let (events, differences) = (report.events, report.differences);
        print(&match context.output {
            Output::Json => {
                format!(
                    "{}\n",
                    json::own(&serde_json::json!({ "events": events, "differences": differences }))
                )
            }
            Output::Text if differences == 0 => {
                format!("{} from {events} events; nothing differed\n", context.style.good("REBUILT"))
            }
            Output::Text => {
                format!(
                    "{} from {events} events; {differences} rows differed\n",
                    context.style.bad("REBUILT")
                )
            }
        })?;
        Ok(Exit::found(differences > 0))
    }
}

impl<'a> From<&'a ProjectionStatus> for Shown<'a> {
    fn from(status: &'a ProjectionStatus) -> Self {
        let rows = status.rows.iter().map(|(table, rows)| (table.clone(), (*rows).into())).collect();
        Self {
            name: status.name,
            edition: status.edition,
            position: status.position,
            head: status.head,
            rows,
        }
    }
}

fn text(status: &ProjectionStatus, style: Style) -> String {
    let behind = status.head.saturating_sub(status.position);
    let standing = match behind {
        0 => style.good("up to date".to_owned()),
        _ => style.bad(format!("{behind} behind")),
    };
    let name = style.strong(status.name);
    let mut text = format!(
        "{name} edition {}: position {} of {}, {standing}\n",
        status.edition, status.position, status.head
    );
    for (table, rows) in &status.rows {
        text.push_str(&format!("  {table:<32} {rows} rows\n"));
    }
    text
}

pub(crate) fn bar_style() -> ProgressStyle {
    let template = "{bar:32} {pos} of {len} events, {per_sec}, {eta} to go";
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
