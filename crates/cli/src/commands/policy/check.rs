//! `assent policy check`: is the file valid?

use std::path::PathBuf;

use assent_proto::v1::PublishPolicyRequest;
use clap::Args;
use serde::Serialize;

use crate::args::Output;
use crate::connect::call;
use crate::context::{Context, print, read};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json;

const ABOUT: &str = "Check a policy file";

const TEACHES: &str = "\
Check a policy file, without a server.

Prints the line and the field of the first mistake, and ends with exit code 1 where there is one. --online asks the \
server too, which knows whether the agreements that the file names are in its catalogue; nothing is published.

  assent policy check policy.yaml";

const NEXT: &str = "Next: `assent policy simulate FILE` shows whose orders would be decided otherwise.";

/// Is the file valid?
#[derive(Debug, Args)]
#[command(about = ABOUT, long_about = TEACHES, after_help = NEXT)]
pub(crate) struct Check {
    /// The policy file, YAML.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Ask the server too.
    #[arg(long)]
    online: bool,
}

/// The answer as JSON.
#[derive(Debug, Serialize)]
struct Found {
    valid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

impl Check {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let document = read(&self.file)?;
        let checked = assent_policy_file::parse(&document);
        if self.online && checked.is_ok() {
            let request = PublishPolicyRequest {
                document: document.into(),
                reason: "check only".to_owned(),
                validate_only: true,
                ..Default::default()
            };
            context.connect().await?.catalog().publish_policy(call(request)).await?;
        }
        let is_valid = checked.is_ok();
        let found = match checked {
            Ok(_) => Found { valid: true, line: None, field: None, message: None },
            Err(error) => Found {
                valid: false,
                line: Some(error.line),
                field: Some(error.field),
                message: Some(error.message),
            },
        };
        print(&match context.output {
            Output::Json => format!("{}\n", json::own(&found)),
            Output::Text => self.text(&found, context),
        })?;
        Ok(Exit::found(!is_valid))
    }

    fn text(&self, found: &Found, context: &Context) -> String {
        let file = self.file.display();
        match found {
            Found { line: Some(line), field: Some(field), message: Some(message), valid: _ } => {
                format!("{} {file}, line {line}, {field}: {message}\n", context.style.bad("INVALID"))
            }
            Found { .. } => format!("{} {file}\n", context.style.good("VALID")),
        }
    }
}
