//! `assent policy`: read, try and publish the file that says which order needs which acceptance.

mod check;
mod publish;
mod show;
mod simulate;

use clap::Subcommand;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

const TEACHES: &str = "\
Work with the policy: the file that says which order needs which acceptance, from when on.

A date is changed by publishing a new version of the file. Every version stays, and each decision names its own.

  assent policy show > policy.yaml        the policy that governs, as a file to edit
  assent policy check policy.yaml         is it valid?
  assent policy simulate policy.yaml      whose orders would be decided otherwise?
  assent policy publish policy.yaml --reason 'the deadline was moved'";

/// Read, check, try and publish the policy
#[derive(Debug, Subcommand)]
#[command(long_about = TEACHES)]
pub(crate) enum Policy {
    Check(check::Check),
    Show(show::Show),
    Simulate(simulate::Simulate),
    Publish(publish::Publish),
}

impl Policy {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self {
            Self::Check(it) => it.run(context).await,
            Self::Show(it) => it.run(context).await,
            Self::Simulate(it) => it.run(context).await,
            Self::Publish(it) => it.run(context).await,
        }
    }
}
