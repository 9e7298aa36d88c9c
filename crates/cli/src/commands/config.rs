//! `assent config`: what a server would be started with.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::args::Output;
use crate::context::{Context, print, wait};
use crate::exit::Exit;
use crate::failure::{Failure, chain};
use crate::observing::filter;
use crate::settings::{Flags, Settings, shown};

const TEACHES: &str = "\
Look at the settings of a server without starting it: those of the file, of the environment and of the flags together. \
docs/operations/configuration.md has every key.

  assent config check --config /etc/assent/assent.toml
  assent config show --config /etc/assent/assent.toml --workers 4";

const CHECK_NEXT: &str =
    "Next: `assent config show` tells what holds, and `assent serve` with the same flags starts it.";

const SHOW_NEXT: &str = "Next: `assent config check` looks whether a server could be started with it.";

/// Look at the settings of a server without starting it
#[derive(Debug, Subcommand)]
#[command(long_about = TEACHES)]
pub(crate) enum Config {
    Check(Check),
    Show(Show),
}

/// Look whether a server could be started with these settings
///
/// Keys and values, whether they go together, and whether the files that they name are there and can be read: keys,
/// certificates, the policy. No database is opened, and nothing is made. Exit code 2: the settings are wrong; 1: a file is.
///
///   assent config check --config /etc/assent/assent.toml
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = CHECK_NEXT)]
pub(crate) struct Check {
    #[command(flatten)]
    flags: Flags,
}

/// Show every setting that has a value, and where it came from
///
/// Passwords and other secrets are not shown.
///
///   assent config show --config /etc/assent/assent.toml
///   assent config show --output json
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = SHOW_NEXT)]
pub(crate) struct Show {
    #[command(flatten)]
    flags: Flags,
}

impl Config {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self {
            Self::Check(it) => it.run(context),
            Self::Show(it) => it.run(context),
        }
    }
}

impl Check {
    fn run(self, context: &Context) -> Result<Exit, Failure> {
        let settings = Settings::from(&self.flags)?;
        let config = settings.check()?;
        filter(&settings.log)?;
        let findings = wait(async { Ok(config.check_files().await) })?;
        let findings: Vec<_> = findings.iter().map(|it| chain(it)).collect();
        print(&match context.output {
            Output::Json => format!("{}\n", json!({ "ok": findings.is_empty(), "findings": findings })),
            Output::Text if findings.is_empty() => {
                format!("{} the settings, and the files that they name\n", context.style.good("GOOD"))
            }
            Output::Text => {
                findings.iter().map(|it| format!("{} {it}\n", context.style.bad("WRONG"))).collect()
            }
        })?;
        Ok(Exit::found(!findings.is_empty()))
    }
}

impl Show {
    fn run(self, context: &Context) -> Result<Exit, Failure> {
        let settings = Settings::from(&self.flags)?;
        let all =
            settings.all().map(|(key, given)| (key.name, shown(&given.value), given.source.to_string()));
        let text = match context.output {
            Output::Json => {
                let values: Map<String, Value> = all
                    .map(|(name, value, source)| {
                        (name.to_owned(), json!({ "value": value, "source": source }))
                    })
                    .collect();
                format!("{:#}\n", Value::Object(values))
            }
            Output::Text => {
                let all: Vec<_> = all.map(|(name, it, source)| (format!("{name} = {it}"), source)).collect();
                let width = all.iter().map(|(text, _)| text.chars().count()).max().unwrap_or(0);
                let line = |(text, source): &(String, String)| {
                    format!("{text:<width$}  {}\n", context.style.faint(format!("# {source}")))
                };
                all.iter().map(line).collect()
            }
        };
        print(&text)?;
        Ok(Exit::Done)
    }
}
