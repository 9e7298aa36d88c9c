//! `assent policy publish`: from here on, another policy governs.

use std::path::PathBuf;

use assent_proto::v1::PublishPolicyRequest;
use clap::Args;

use crate::connect::call;
use crate::context::{Context, read};
use crate::exit::Exit;
use crate::failure::Failure;

const ABOUT: &str = "Publish a policy file: it governs from here on";

const TEACHES: &str = "\
Publish a policy file. It governs every decision from here on; the versions before it stay in the log.

With --expected-version it is refused where somebody else has published in between.

  assent policy publish policy.yaml --reason 'the deadline was moved' --expected-version 1";

const NEXT: &str = "Next: `assent needs-acceptance --partner P` lists whose orders would be denied now.";

/// Another policy governs.
#[derive(Debug, Args)]
#[command(about = ABOUT, long_about = TEACHES, after_help = NEXT)]
pub(crate) struct Publish {
    /// The policy file, YAML.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Why, in a few words; kept in the log.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Refuse where another version than this one governs by now.
    #[arg(long, value_name = "N")]
    expected_version: Option<u32>,
    /// A UUID that makes it safe to send this again.
    #[arg(long, value_name = "UUID")]
    request_id: Option<String>,
}

impl Publish {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let request = PublishPolicyRequest {
            document: read(&self.file)?.into(),
            expected_version: self.expected_version,
            reason: self.reason,
            validate_only: false,
            request_id: self.request_id,
            with_proof: None,
        };
        let answer = context.connect().await?.catalog().publish_policy(call(request)).await?.into_inner();
        context.answer("assent.v1.PublishPolicyResponse", &answer, |style| {
            let done = style.good("PUBLISHED");
            format!(
                "{done} {} version {}, position {}\n",
                answer.policy_id, answer.policy_version, answer.position
            )
        })?;
        Ok(Exit::Done)
    }
}
