//! `assent key`: the keys by which a log signs and a witness cosigns.

mod file;
mod generate;
mod show;

use assent_evidence::{KeyPurpose, VerifierKey};
use clap::Subcommand;
use serde_json::json;

pub(crate) use self::file::read;
use crate::args::Output;
use crate::context::{Context, print};
use crate::exit::Exit;
use crate::failure::Failure;

const TEACHES: &str = "\
Make and show keys: the one by which a ledger signs its checkpoints, and the one by which a witness cosigns them.

The private half stays in its file. The public half is one line, which auditors keep: whoever has it can check \
checkpoints, proofs and receipts without asking anybody.

  assent key generate --origin ledger.example/contoso --out log.key
  assent key show log.key";

/// Make and show the keys that sign checkpoints
#[derive(Debug, Subcommand)]
#[command(long_about = TEACHES)]
pub(crate) enum Key {
    Generate(generate::Generate),
    Show(show::Show),
}

impl Key {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let key = match self {
            Self::Generate(it) => it.run(),
            Self::Show(it) => it.run(),
        }?;
        answer(context, &key)?;
        Ok(Exit::Done)
    }
}

fn answer(context: &Context, key: &VerifierKey) -> Result<(), Failure> {
    let purpose = match key.purpose() {
        KeyPurpose::Log => "log",
        KeyPurpose::Witness => "witness",
    };
    match context.output {
        Output::Text => print(&format!("{key}\n")),
        Output::Json => {
            let id = format!("{:08x}", key.id());
            let said = json!({
                "verifierKey": key.to_string(), "name": key.name().as_str(), "id": id, "purpose": purpose,
            });
            print(&format!("{said:#}\n"))
        }
    }
}
