//! The command line as a whole.

use std::path::{Path, PathBuf};

use clap::builder::ValueParser;
use clap::{ArgAction, Args, Parser, ValueEnum};

use crate::commands::Command;
use crate::connect::Server;
use crate::context::read;
use crate::credentials::Credentials;
use crate::failure::Failure;

/// The ledger that `assent serve` makes where no other is named.
pub(crate) const DATABASE: &str = "sqlite:assent.db";

const ABOUT: &str = "An acceptance ledger: who accepted which agreement, and may this order be placed?";

const NEXT: &str = "\
First steps:
  assent demo                          play a story on a temporary ledger
  assent serve --dev                   start a ledger here, in assent.db
  assent register partner contoso --program direct-bill --country DE
  assent register customer fabrikam --country DE --cloud public
  assent establish --partner contoso --customer fabrikam
  assent authorize --partner contoso --customer fabrikam --transaction new-purchase

Exit codes: 0 done or ALLOWED, 1 DENIED or something was found, 2 wrong usage, 3 could not be answered.";

/// The program.
#[derive(Debug, Parser)]
#[command(name = "assent", version, about = ABOUT, after_help = NEXT, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags of every command.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct Global {
    /// The server to ask: https://host:port, http://host:port or host:port.
    #[arg(long, global = true, value_name = "ADDR", env = "ASSENT_SERVER")]
    #[arg(default_value = "http://127.0.0.1:50051")]
    pub(crate) server: Server,

    /// How to answer: text for people, proto JSON for programs.
    #[arg(long, global = true, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,

    /// Print without colour, also on a terminal.
    #[arg(long, global = true, env = "NO_COLOR", action = ArgAction::SetTrue, value_parser = no_color())]
    #[arg(hide_env_values = true)]
    pub(crate) no_color: bool,

    #[command(flatten)]
    pub(crate) credentials: Credentials,
}

/// How to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people.
    Text,
    /// Proto JSON; one object a line where there are many.
    Json,
}

/// Which database.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct DatabaseFlags {
    /// The ledger's database: sqlite:FILE, or postgres://USER@HOST/DATABASE (several hosts: HOST,HOST).
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// A file with the database's URL, so that no password stands in a list of processes.
    #[arg(long, value_name = "FILE", conflicts_with = "database")]
    database_file: Option<PathBuf>,
}

impl DatabaseFlags {
    /// The URL that was given.
    pub(crate) fn url(&self) -> Result<Option<String>, Failure> {
        match &self.database_file {
            Some(path) => url_in(path).map(Some),
            None => Ok(self.database.clone()),
        }
    }

    /// The URL that was given, or the file that a server makes by itself.
    pub(crate) fn url_or_default(&self) -> Result<String, Failure> {
        Ok(self.url()?.unwrap_or_else(|| DATABASE.to_owned()))
    }
}

/// The URL in a file, without what an editor puts behind it.
pub(crate) fn url_in(path: &Path) -> Result<String, Failure> {
    let text = String::from_utf8_lossy(&read(path)?).trim().to_owned();
    match text.is_empty() {
        true => Err(Failure::Usage(format!("`{}` holds no database URL", path.display()))),
        false => Ok(text),
    }
}

/// `NO_COLOR` counts whatever it is set to, unless it is empty.
fn no_color() -> ValueParser {
    // `false` is what clap itself parses where neither flag nor variable is given.
    ValueParser::new(|text: &str| Ok::<_, String>(!text.is_empty() && text != "false"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_explains_itself_with_an_example_and_a_next_step() {
        fn check(command: &clap::Command) {
            let help = command.clone().render_long_help().to_string();
            assert!(help.contains("assent "), "{} has no example", command.get_name());
            let leads_on = command.get_after_help().is_some() || command.has_subcommands();
            assert!(leads_on, "{} does not say what comes next", command.get_name());
            command.get_subcommands().for_each(check);
        }
        Cli::command().get_subcommands().for_each(check);
    }
}
