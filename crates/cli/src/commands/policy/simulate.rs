//! `assent policy simulate`: whose orders would be decided otherwise?

use std::path::PathBuf;

use assent_proto::v1::simulate_policy_response::Message;
use assent_proto::v1::{Channel, PolicyFlip, SimulatePolicyRequest, SimulationSummary, TransactionKind};
use clap::Args;
use prost_types::Timestamp;

use crate::context::{Context, read};
use crate::decision::{codes, verdict};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::instant::parse;
use crate::names::{flag, short};
use crate::style::Style;

const ABOUT: &str = "Show whose orders a policy file would decide otherwise";

const TEACHES: &str = "\
Show whose orders would be decided otherwise, were this file published. Nothing is published.

Each order whose answer flips is printed with both answers; the totals come last. Exit code 1 means that some flip. \
With --output json, one object a line.

  assent policy simulate policy.yaml
  assent policy simulate policy.yaml --effective-at 2027-01-01 --partner contoso";

const NEXT: &str = "Next: `assent policy publish FILE --reason R`.";

/// Whose orders would be decided otherwise?
#[derive(Debug, Args)]
#[command(about = ABOUT, long_about = TEACHES, after_help = NEXT)]
pub(crate) struct Simulate {
    /// The policy file, YAML.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// As of which business instant; without it, now. RFC 3339 or a date.
    #[arg(long, value_name = "WHEN", value_parser = parse)]
    effective_at: Option<Timestamp>,
    /// Only customers of this partner.
    #[arg(long, value_name = "ID")]
    partner: Option<String>,
    /// For orders of this channel; without it, api.
    #[arg(long, ignore_case = true, value_parser = flag::<Channel>())]
    channel: Option<Channel>,
    /// Only orders that do this. May be given several times.
    #[arg(long = "transaction", ignore_case = true, value_parser = flag::<TransactionKind>())]
    transactions: Vec<TransactionKind>,
    /// For orders of this product family.
    #[arg(long, value_name = "FAMILY")]
    product: Option<String>,
}

impl Simulate {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let request = SimulatePolicyRequest {
            document: read(&self.file)?.into(),
            effective_at: self.effective_at,
            partner_id: self.partner,
            channel: self.channel.unwrap_or_default().into(),
            transactions: self.transactions.into_iter().map(Into::into).collect(),
            product_family: self.product,
        };
        let mut client = context.connect().await?.catalog();
        let mut answers = client.simulate_policy(request).await?.into_inner();
        let mut flips = 0_u64;
        let mut is_complete = false;
        while let Some(answer) = answers.message().await? {
            context.item("assent.v1.SimulatePolicyResponse", &answer, |style| match &answer.message {
                Some(Message::Flip(it)) => flip(it, style),
                Some(Message::Summary(it)) => summary(*it, style),
                None => String::new(),
            })?;
            match answer.message {
                Some(Message::Flip(_)) => flips += 1,
                Some(Message::Summary(_)) => is_complete = true,
                None => {}
            }
        }
        if !is_complete {
            return Err(Failure::Unanswered("the simulation broke off before its totals".to_owned()));
        }
        Ok(Exit::found(flips > 0))
    }
}

fn flip(flip: &PolicyFlip, style: Style) -> String {
    let PolicyFlip { partner_id, customer_id, transaction, before, after } = flip;
    let (before, after) = (before.clone().unwrap_or_default(), after.clone().unwrap_or_default());
    format!(
        "{} {}\n  {:<8} {:<8} {}\n  {:<8} {:<8} {}\n",
        style.strong(format!("{partner_id} / {customer_id}")),
        short::<TransactionKind>(*transaction),
        "now",
        verdict(&before, style),
        codes(&before.reasons),
        "then",
        verdict(&after, style),
        codes(&after.reasons),
    )
}

fn summary(summary: SimulationSummary, style: Style) -> String {
    let SimulationSummary { relationships, would_fail, would_pass, position } = summary;
    format!(
        "{} {would_fail} orders would fail, {would_pass} would pass anew, of {relationships} relationships at \
         position {position}\n",
        style.strong("Totals"),
    )
}
