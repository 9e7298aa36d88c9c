//! `assent import`: many acceptances from a file, with an outcome for each row.

mod cells;
mod csv_rows;
mod json_rows;
mod lines;
mod outcomes;
mod request;
mod rows;
mod stream;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

use self::outcomes::{Outcomes, Summary};
use self::rows::Rows;
use crate::args::Output;
use crate::context::{Context, print};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json;
use crate::style::Style;

const ABOUT: &str = "Record the acceptances of a CSV or JSON Lines file";

const TEACHES: &str = "\
Record the acceptances of a file: CSV, or JSON Lines with the same names as keys.

The first line of a CSV file names its columns, in any order:

  partner_id, customer_id, agreement_id, accepted_at       required
  first_name, last_name, email                             required unless the method is DIRECT
  method        CONFIRMED (also where the column is absent), ATTESTED or DIRECT
  scenario      of ATTESTED: EXISTING_PARTNER_PURCHASES or NEW_PARTNER
  accepted_at   2019-10-02, or 2019-10-02T09:30:00Z
  confirmed_at  of old records: when it was confirmed then
  request_id, version, country, language, phone_number, channel, employee, evidence_uri, evidence_sha256

Each row stands for itself: a bad one is rejected with its reason, and the others are recorded. What became of each \
row is written to FILE.outcomes.csv. Running the same file again stores nothing twice. Rows are counted from 1, the \
header not included. Exit code 1 means that rows were rejected.

  assent import acceptances.csv
  assent import acceptances.jsonl --outcomes /tmp/outcomes.csv";

const NEXT: &str = "\
Next: put the rejected rows right and run it again; `assent needs-acceptance` lists who is still missing.";

/// Many acceptances from a file.
#[derive(Debug, Args)]
#[command(about = ABOUT, long_about = TEACHES, after_help = NEXT)]
pub(crate) struct Import {
    /// The file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where the outcome of each row is written [default: FILE.outcomes.csv].
    #[arg(long, value_name = "PATH")]
    outcomes: Option<PathBuf>,
    /// How to read the file; without it, its name decides: .jsonl and .ndjson are JSON Lines, all else is CSV.
    #[arg(long, value_enum)]
    format: Option<Format>,
}

/// How a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A header, then a row a line.
    Csv,
    /// A JSON object a line.
    Jsonl,
}

impl Import {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let path = self.outcomes.clone().unwrap_or_else(|| {
            let mut name = self.file.clone().into_os_string();
            name.push(".outcomes.csv");
            name.into()
        });
        if path == self.file {
            return Err(Failure::Usage("the outcomes would overwrite the file that is read".to_owned()));
        }
        // In this order, so that outcomes of an earlier run stay where nothing can be recorded.
        let rows = Rows::open(&self.file, self.format())?;
        let connection = context.connect().await?;
        let mut outcomes = Outcomes::create(&path)?;
        let bar = ProgressBar::new(rows.file_bytes).with_style(bar_style());
        let ended = stream::send(&connection, rows, &mut outcomes, &bar).await;
        bar.finish_and_clear();
        let summary = outcomes.finish()?;
        ended.map_err(|broken| broken.into_failure(&summary))?;
        print(&match context.output {
            Output::Json => format!("{}\n", json::own(&summary)),
            Output::Text => text(&summary, &path.display().to_string(), context.style),
        })?;
        Ok(Exit::found(summary.has_rejected()))
    }

    fn format(&self) -> Format {
        let extension = self.file.extension().and_then(|it| it.to_str()).map(str::to_ascii_lowercase);
        let by_name = match extension.as_deref() {
            Some("jsonl" | "ndjson") => Format::Jsonl,
            _ => Format::Csv,
        };
        self.format.unwrap_or(by_name)
    }
}

fn text(summary: &Summary, outcomes: &str, style: Style) -> String {
    let Summary { rows, stored, duplicate, rejected, reasons } = summary;
    let rejected_text = format!("{rejected} rejected");
    let rejected_text = if *rejected == 0 { style.faint(rejected_text) } else { style.bad(rejected_text) };
    let mut text = format!(
        "{rows} rows: {}, {duplicate} were there already, {rejected_text}\n",
        style.good(format!("{stored} stored")),
    );
    for (reason, rows) in reasons {
        text.push_str(&format!("  {reason:<32} {rows}\n"));
    }
    text.push_str(&format!("{}\n", style.faint(format!("each row's outcome: {outcomes}"))));
    text
}

fn bar_style() -> ProgressStyle {
    let template = "{bar:32} {bytes} of {total_bytes}, {eta} to go";
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
