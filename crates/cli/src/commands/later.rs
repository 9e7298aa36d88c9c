//! Commands that are not built yet. They stand in the help, so that nobody looks for them in vain.

use clap::Args;

use crate::exit::Exit;
use crate::failure::Failure;

const NEXT: &str = "Until then: `assent replay --json` prints every event with its bytes' meaning.";

/// (not built yet) Export what an inquiry needs, with its proofs
///
/// It is going to write a folder that can be checked without this server:
///
///   assent export --customer fabrikam --out inquiry/
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = NEXT)]
pub(crate) struct Export {
    #[command(flatten)]
    rest: Rest,
}

/// Whatever is written behind the command: what is not built cannot judge its flags.
#[derive(Debug, Args)]
struct Rest {
    #[arg(hide = true, trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

impl Export {
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        later(
            "export",
            "it will write the events about a customer, a partner, an agreement or a period into a folder, with \
             proofs that anybody can check",
            self.rest,
        )
    }
}

fn later(command: &str, will: &str, Rest { rest: _ }: Rest) -> Result<Exit, Failure> {
    Err(Failure::Unanswered(format!("`assent {command}` is not built yet: {will}")))
}
