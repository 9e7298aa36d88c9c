//! The command line as a whole.

use clap::builder::ValueParser;
use clap::{ArgAction, Args, Parser, ValueEnum};

use crate::commands::Command;
use crate::connect::Server;

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
    /// The server to ask: http://host:port or host:port.
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
}

/// How to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people.
    Text,
    /// Proto JSON; one object a line where there are many.
    Json,
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
