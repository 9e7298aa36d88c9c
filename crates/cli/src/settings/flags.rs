//! The flags: one for every key that is no table, made from the table of keys.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::error::Error;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};

use super::{Given, KEYS, Key, Kind, Source};
use crate::failure::Failure;

/// What the flags say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flags {
    /// The file of settings.
    pub(crate) config: Option<PathBuf>,
    /// The texts of each flag that was given.
    given: Vec<(&'static str, Vec<String>)>,
}

impl Args for Flags {
    fn augment_args(command: Command) -> Command {
        let config = Arg::new("config").long("config").value_name("FILE");
        let config = config.value_parser(clap::value_parser!(PathBuf));
        let help =
            "Settings as a TOML file; variables win over it, and flags over both [env: ASSENT_CONFIG=]";
        let command = command.arg(config.help(help));
        KEYS.iter().filter_map(argument).fold(command, Command::arg)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let given = KEYS.iter().filter_map(|key| Some((key.name, texts(key, matches)?)));
        Ok(Self { config: matches.get_one("config").cloned(), given: given.collect() })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The flag of a key.
fn argument(key: &'static Key) -> Option<Arg> {
    let argument = Arg::new(key.name).long(key.flag).help(help(key));
    Some(match key.kind {
        Kind::Text(name) | Kind::Whole(name) | Kind::Decimal(name) => {
            argument.value_name(name).action(ArgAction::Set)
        }
        Kind::Choice(choices) => {
            argument.action(ArgAction::Set).value_parser(PossibleValuesParser::new(choices))
        }
        Kind::List(name) => argument.value_name(name).action(ArgAction::Append),
        Kind::Switch => argument.action(ArgAction::SetTrue),
        Kind::Table => return None,
    })
}

fn help(key: &Key) -> String {
    let help = key.help.trim().trim_end_matches('.');
    match (key.kind, key.default) {
        (Kind::Switch, Some("true")) => format!("Turn off: {}", lower_first(help)),
        (Kind::Switch, _) | (_, None) => help.to_owned(),
        (_, Some(default)) => format!("{help} [default: {default}]"),
    }
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|it| it.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

/// What was written for a flag; none where it was not.
fn texts(key: &Key, matches: &ArgMatches) -> Option<Vec<String>> {
    if key.kind == Kind::Table || matches.value_source(key.name) != Some(ValueSource::CommandLine) {
        return None;
    }
    match key.kind {
        Kind::Switch => {
            let turned_off = key.flag.starts_with("no-");
            Some(vec![(!turned_off).to_string()])
        }
        _ => Some(matches.get_many::<String>(key.name)?.cloned().collect()),
    }
}

impl Flags {
    /// What they give.
    pub(super) fn given(&self) -> Result<Vec<(&'static str, Given)>, Failure> {
        let mut given = Vec::new();
        for (name, texts) in &self.given {
            let key = KEYS.iter().find(|it| it.name == *name).expect("flags are made from the keys");
            let value = match key.kind {
                // Each stands for itself, also with a comma in it.
                Kind::List(_) => Ok(toml::Value::Array(texts.iter().map(|it| it.as_str().into()).collect())),
                _ => key.value(texts.last().map_or("", String::as_str)),
            };
            let value = value.map_err(|why| Failure::Usage(format!("--{}: {why}", key.flag)))?;
            given.push((key.name, Given { value, source: Source::Flag(key.flag.to_owned()) }));
        }
        Ok(given)
    }
}
