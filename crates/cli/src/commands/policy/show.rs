//! `assent policy show`: the policy as it was published.

use std::io::Write as _;

use assent_proto::v1::GetPolicyRequest;
use clap::Args;

use crate::args::Output;
use crate::connect::call;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json;

const ABOUT: &str = "Print a policy";

const TEACHES: &str = "\
Print the policy that governs, byte for byte as it was published; which one it is goes to standard error.

  assent policy show > policy.yaml
  assent policy show --version 1
  assent policy show --builtin            the pack that ships, without a server";

const NEXT: &str = "Next: edit the file, then `assent policy check FILE`.";

/// The policy as it was published.
#[derive(Debug, Args)]
#[command(about = ABOUT, long_about = TEACHES, after_help = NEXT)]
pub(crate) struct Show {
    /// This version; without it, the one that governs.
    #[arg(long = "version", value_name = "N")]
    policy_version: Option<u32>,
    /// What governed at this position of the log.
    #[arg(long, value_name = "POSITION", conflicts_with = "policy_version")]
    known_at: Option<u64>,
    /// The pack that ships with this program.
    #[arg(long, conflicts_with_all = ["policy_version", "known_at"])]
    builtin: bool,
}

impl Show {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Failure> {
        if self.builtin {
            let built_in = assent_policy_file::built_in();
            write(built_in.bytes)?;
            return Ok(Exit::Done);
        }
        let request = GetPolicyRequest { policy_version: self.policy_version, known_at: self.known_at };
        let policy = context.connect().await?.catalog().get_policy(call(request)).await?.into_inner();
        match context.output {
            Output::Json => {
                write(json::pretty("assent.v1.GetPolicyResponse", &policy).as_bytes())?;
                write(b"\n")?;
            }
            Output::Text => {
                let title = format!("{} version {}", policy.policy_id, policy.policy_version);
                eprintln!(
                    "{}, published at position {}, SHA-256 {}",
                    context.error_style.strong(title),
                    policy.position,
                    hex::encode(&policy.sha256)
                );
                write(&policy.document)?;
            }
        }
        Ok(Exit::Done)
    }
}

/// Prints bytes as they are: a policy need not end with a line feed, and its hash would not stand one more.
fn write(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(Failure::Output)
}
