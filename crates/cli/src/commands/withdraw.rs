//! `assent withdraw`: the customer no longer agrees.

use assent_proto::v1::{WithdrawAcceptanceRequest, WithdrawAcceptanceResponse};
use clap::Args;
use prost_types::Timestamp;

use crate::connect::call;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::instant::{parse, shown};
use crate::style::Style;

const ABOUT: &str = "Record that a customer no longer agrees";

const TEACHES: &str = "\
Record that a customer no longer agrees.

From that instant on no acceptance of the agreement counts any more, and the partner is obliged to cancel the \
customer's subscriptions: the obligation stays open until that is recorded, or the customer accepts again.

  assent withdraw --partner contoso --customer fabrikam --agreement microsoft-customer-agreement \\
      --reason 'letter of 3 March'";

const NEXT: &str = "Next: `assent status` shows what that means for each transaction.";

/// The customer no longer agrees.
#[derive(Debug, Args)]
#[command(about = ABOUT, long_about = TEACHES, after_help = NEXT)]
pub(crate) struct Withdraw {
    /// The partner.
    #[arg(long, value_name = "ID")]
    partner: String,
    /// The customer.
    #[arg(long, value_name = "ID")]
    customer: String,
    /// The agreement.
    #[arg(long, value_name = "ID")]
    agreement: String,
    /// Why, in a few words.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Who did it, where several people share an account.
    #[arg(long, value_name = "NAME")]
    employee: Option<String>,
    /// From when on; without it, now. RFC 3339 or a date.
    #[arg(long, value_name = "WHEN", value_parser = parse)]
    withdrawn_at: Option<Timestamp>,
    /// A UUID that makes it safe to send this again.
    #[arg(long, value_name = "UUID")]
    request_id: Option<String>,
    /// Refuse where the relationship has another revision by now.
    #[arg(long, value_name = "N")]
    expected_revision: Option<u64>,
}

impl Withdraw {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let request = WithdrawAcceptanceRequest {
            partner_id: self.partner,
            customer_id: self.customer,
            agreement_id: self.agreement,
            withdrawn_at: self.withdrawn_at,
            reason: self.reason,
            employee: self.employee,
            request_id: self.request_id,
            with_proof: None,
            expected_revision: self.expected_revision,
        };
        let mut client = context.connect().await?.acceptance();
        let answer = client.withdraw_acceptance(call(request)).await?.into_inner();
        context.answer("assent.v1.WithdrawAcceptanceResponse", &answer, |style| text(&answer, style))?;
        Ok(Exit::Done)
    }
}

fn text(answer: &WithdrawAcceptanceResponse, style: Style) -> String {
    let Some(obligation) = &answer.obligation else { return String::new() };
    let again =
        if answer.replayed { ", as it was before: this request id was carried out already" } else { "" };
    format!(
        "{} {} no longer accepts {} through {} from {} on\n  {} {}\n  {} {}{again}\n  {} {}\n  \
         {} cancel the customer's subscriptions\n",
        style.bad("WITHDRAWN"),
        obligation.customer_id,
        obligation.agreement_id,
        obligation.partner_id,
        shown(obligation.opened_at.as_ref()),
        style.faint("obligation"),
        obligation.obligation_id,
        style.faint("position  "),
        answer.position,
        style.faint("revision  "),
        answer.revision,
        style.faint("to do     "),
    )
}
