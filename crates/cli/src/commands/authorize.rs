//! `assent authorize`: may this order be placed?

use std::path::PathBuf;

use assent_proto::v1::{AuthorizeOrderRequest, Channel, GetCheckpointRequest, TransactionKind};
use clap::Args;
use prost_types::Timestamp;
use tonic_types::StatusExt as _;

use crate::connect::{Connection, call};
use crate::context::{Context, write};
use crate::decision;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{instant, names};

/// The reason of an answer that a log signs nothing any more.
const LOG_FORKED: &str = "LOG_FORKED";

const ABOUT: &str = "Ask whether an order may be placed";

const TEACHES: &str = "\
Ask whether an order may be placed.

The answer is ALLOWED (exit code 0) or DENIED (exit code 1), with every reason that holds, the rule behind it, and \
what would allow the order. Asking changes nothing, unless --record asks for the decision to be kept in the log.

  assent authorize --partner contoso --customer fabrikam --transaction new-purchase
  assent authorize --partner contoso --customer fabrikam --transaction renewal --effective-at 2026-02-01";

const NEXT: &str = "\
Denied for want of an acceptance? `assent confirm` records it. All transactions at once: `assent status`.";

/// May this order be placed?
#[derive(Debug, Args)]
#[command(about = ABOUT, long_about = TEACHES, after_help = NEXT)]
pub(crate) struct Authorize {
    /// The partner that orders.
    #[arg(long, value_name = "ID")]
    partner: String,
    /// The customer that it orders for.
    #[arg(long, value_name = "ID")]
    customer: String,
    /// What the order does.
    #[arg(long, ignore_case = true, value_parser = names::flag::<TransactionKind>())]
    transaction: TransactionKind,
    /// The channel of the order; without it, api.
    #[arg(long, ignore_case = true, value_parser = names::flag::<Channel>())]
    channel: Option<Channel>,
    /// The reseller behind an indirect provider's order.
    #[arg(long, value_name = "ID")]
    reseller: Option<String>,
    /// The product family, for example azure-plan.
    #[arg(long, value_name = "FAMILY")]
    product: Option<String>,
    /// As of which business instant; without it, now. RFC 3339 or a date.
    #[arg(long, value_name = "WHEN", value_parser = instant::parse)]
    effective_at: Option<Timestamp>,
    /// On what the log knew at this position.
    #[arg(long, value_name = "POSITION")]
    known_at: Option<u64>,
    /// Not before the server has seen this position.
    #[arg(long, value_name = "POSITION")]
    min_position: Option<u64>,
    /// Keep the decision in the log.
    #[arg(long)]
    record: bool,
    /// Write the receipt of the recorded decision to this file: it proves the decision to whoever has the public key. Where
    /// there is none (yet), the decision is printed, and the exit code is 3.
    #[arg(long, value_name = "FILE", requires = "record")]
    receipt: Option<PathBuf>,
    /// Your own name for the order; comes back in the answer.
    #[arg(long, value_name = "REF")]
    order_ref: Option<String>,
    /// A UUID that makes it safe to send a recorded decision again.
    #[arg(long, value_name = "UUID", requires = "record")]
    request_id: Option<String>,
}

impl Authorize {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let order = AuthorizeOrderRequest {
            partner_id: self.partner,
            customer_id: self.customer,
            reseller_id: self.reseller,
            transaction: self.transaction.into(),
            channel: self.channel.unwrap_or_default().into(),
            product_family: self.product,
            order_ref: self.order_ref,
            effective_at: self.effective_at,
            known_at: self.known_at,
            min_position: self.min_position,
            record: self.record.then_some(true),
            request_id: self.request_id,
            with_proof: self.receipt.is_some().then_some(true),
        };
        let connection = context.connect().await?;
        let mut client = connection.authorization();
        let answer = client.authorize_order(call(order)).await?.into_inner();
        context
            .answer("assent.v1.AuthorizeOrderResponse", &answer, |style| decision::text(&answer, style))?;
        match (&self.receipt, &answer.receipt) {
            (Some(path), Some(receipt)) => write(path, receipt.as_bytes())?,
            (Some(_), None) => {
                let position = answer.recorded_position.unwrap_or_default();
                return Err(Failure::Unanswered(no_receipt(&connection, position).await));
            }
            (None, _) => {}
        }
        Ok(Exit::found(!decision::is_allowed(&answer)))
    }
}

/// Why there is no receipt of the decision at this position: whoever may ask for checkpoints is told that there never
/// will be one.
async fn no_receipt(connection: &Connection, position: u64) -> String {
    let asked = connection.audit().get_checkpoint(call(GetCheckpointRequest::default())).await;
    let details = asked.err().and_then(|it| it.get_details_error_info());
    match details.is_some_and(|it| it.reason == LOG_FORKED) {
        true => {
            "the decision was recorded, and there will be no receipt: this log is not the one whose checkpoints were signed \
             (LOG_FORKED), and nothing of it is signed any more. Who runs the ledger finds what to do in the runbook"
                .to_owned()
        }
        false => format!(
            "the decision was recorded, and no checkpoint signs it yet: ask for the receipt with `assent prove {position} --with-entry`"
        ),
    }
}
