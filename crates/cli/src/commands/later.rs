//! Commands that are not built yet. They stand in the help, so that nobody looks for them in vain.

use clap::Args;

use crate::exit::Exit;
use crate::failure::Failure;

const NEXT: &str = "Until then: `assent replay --json` prints every event with its bytes' meaning.";

/// (not built yet) Check an export, offline
///
/// It is going to need nothing but the folder and the public key:
///
///   assent verify-export inquiry/
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = NEXT)]
pub(crate) struct VerifyExport {
    #[command(flatten)]
    rest: Rest,
}

/// Whatever is written behind the command: what is not built cannot judge its flags.
#[derive(Debug, Args)]
struct Rest {
    #[arg(hide = true, trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

impl VerifyExport {
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        later(
            "verify-export",
            "it will check an exported folder offline, with the public key alone",
            self.rest,
        )
    }
}

fn later(command: &str, will: &str, Rest { rest: _ }: Rest) -> Result<Exit, Failure> {
    Err(Failure::Unanswered(format!("`assent {command}` is not built yet: {will}")))
}
