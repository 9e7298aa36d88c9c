//! `assent replay`: the log, event by event.

mod database;
mod parties;
mod selection;
mod server;

use std::io::{self, BufWriter, Stdout, Write as _};

use assent_proto::event::Event;
use assent_proto::stored::{TYPES, sentence, type_of};
use clap::Args;
use clap::builder::PossibleValuesParser;
use prost::Message as _;

use self::selection::Selection;
use crate::args::{DatabaseFlags, Output};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::instant::shown;
use crate::json;
use crate::style::Style;

const ABOUT: &str = "Print the log, event by event";

const TEACHES: &str = "\
Print the log, event by event: position, time, type, stream, and what happened.

Personal data stays sealed: what is printed is what is stored. --json prints one event a line as proto JSON.

  assent replay --partner contoso --customer fabrikam
  assent replay --from 1000 --to 1999 --json
  assent replay --follow --type acceptance_confirmed
  assent replay --database sqlite:assent.db      read-only, also beside a running server";

const NEXT: &str = "What the events add up to: `assent status`, `assent projections status`.";

/// The log, event by event.
#[derive(Debug, Args)]
#[command(about = ABOUT, long_about = TEACHES, after_help = NEXT)]
pub(crate) struct Replay {
    /// The first position.
    #[arg(long, value_name = "POSITION", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    from: u64,
    /// The last position; without it, the end of the log.
    #[arg(long, value_name = "POSITION")]
    to: Option<u64>,
    /// Go on with what is recorded from now on.
    #[arg(long, conflicts_with_all = ["database", "database_file"])]
    follow: bool,
    /// Short for --output json.
    #[arg(long)]
    json: bool,
    /// Only what is about this partner.
    #[arg(long, value_name = "ID")]
    partner: Option<String>,
    /// Only what is about this customer.
    #[arg(long, value_name = "ID")]
    customer: Option<String>,
    /// Only this type, for example acceptance_confirmed. May be given several times.
    #[arg(long = "type", value_name = "TYPE", value_parser = PossibleValuesParser::new(TYPES))]
    types: Vec<String>,
    #[command(flatten)]
    database: DatabaseFlags,
}

impl Replay {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let is_json = self.json || context.output == Output::Json;
        let printer = Printer { out: BufWriter::new(io::stdout()), is_json, style: context.style };
        let selection = Selection {
            from: self.from,
            to: self.to,
            partner: self.partner,
            customer: self.customer,
            types: self.types,
        };
        match self.database.url()? {
            Some(url) => database::replay(&url, &selection, printer).await?,
            None => server::replay(context, selection, self.follow, printer).await?,
        }
        Ok(Exit::Done)
    }
}

/// Prints events, many at a time.
struct Printer {
    out: BufWriter<Stdout>,
    is_json: bool,
    style: Style,
}

impl Printer {
    fn event(&mut self, event: &Event) -> Result<(), Failure> {
        let line = if self.is_json {
            json::line_of_encoded("assent.event.v1.Event", &event.encode_to_vec())
        } else {
            line(event, self.style)
        };
        writeln!(self.out, "{line}").map_err(Failure::Output)
    }

    fn flush(&mut self) -> Result<(), Failure> {
        self.out.flush().map_err(Failure::Output)
    }
}

fn line(event: &Event, style: Style) -> String {
    let name = event.payload.as_ref().map_or("unknown", type_of);
    let happened = sentence(event);
    format!(
        "{:>8} {} {} {} {happened}",
        event.position,
        style.faint(shown(event.recorded_at.as_ref())),
        style.strong(format!("{name:<27}")),
        style.hint(&event.stream),
    )
}
