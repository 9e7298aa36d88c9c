//! `assent status`: all that decides about a customer's orders.

use std::fmt::Write as _;

use assent_proto::v1::{Channel, GetAcceptanceStatusRequest, GetAcceptanceStatusResponse, TransactionKind};
use clap::Args;
use prost_types::Timestamp;

use crate::connect::call;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::instant::{parse, shown};
use crate::names::{flag, short};
use crate::style::Style;
use crate::{accepted, decision};

const ABOUT: &str = "Show a customer's acceptances, and what each order would get";

const TEACHES: &str = "\
Show a customer's current acceptances through a partner, and the decision for each kind of order.

  assent status --partner contoso --customer fabrikam
  assent status --partner contoso --customer fabrikam --effective-at 2026-02-01 --product azure-plan";

const NEXT: &str = "\
Why a decision is as it is: `assent authorize`. Everybody whose orders would fail: `assent needs-acceptance`.";

/// All that decides about a customer's orders.
#[derive(Debug, Args)]
#[command(about = ABOUT, long_about = TEACHES, after_help = NEXT)]
pub(crate) struct Status {
    /// The partner.
    #[arg(long, value_name = "ID")]
    partner: String,
    /// The customer.
    #[arg(long, value_name = "ID")]
    customer: String,
    /// For orders of this channel; without it, api.
    #[arg(long, ignore_case = true, value_parser = flag::<Channel>())]
    channel: Option<Channel>,
    /// For orders of this product family.
    #[arg(long, value_name = "FAMILY")]
    product: Option<String>,
    /// As of which business instant; without it, now. RFC 3339 or a date.
    #[arg(long, value_name = "WHEN", value_parser = parse)]
    effective_at: Option<Timestamp>,
    /// Not before the server has seen this position.
    #[arg(long, value_name = "POSITION")]
    min_position: Option<u64>,
}

impl Status {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let request = GetAcceptanceStatusRequest {
            partner_id: self.partner,
            customer_id: self.customer,
            channel: self.channel.unwrap_or_default().into(),
            product_family: self.product,
            effective_at: self.effective_at,
            min_position: self.min_position,
        };
        let mut client = context.connect().await?.acceptance();
        let answer = client.get_acceptance_status(call(request)).await?.into_inner();
        context.answer("assent.v1.GetAcceptanceStatusResponse", &answer, |style| text(&answer, style))?;
        Ok(Exit::Done)
    }
}

// Writing to a String does not fail.
fn text(answer: &GetAcceptanceStatusResponse, style: Style) -> String {
    let mut text = format!("{}\n", style.strong("Agreements"));
    if answer.agreements.is_empty() {
        text.push_str("  none accepted\n");
    }
    for agreement in &answer.agreements {
        // It was accepted once, and no acceptance of it counts: withdrawn, or voided.
        let Some(acceptance) = &agreement.acceptance else {
            let _ = writeln!(text, "  {}: {}", style.bad("no longer in force"), agreement.agreement_id);
            continue;
        };
        let counts = if agreement.in_force { style.good("in force") } else { style.bad("not in force") };
        let _ = writeln!(text, "  {counts:<12} {}", accepted::line(acceptance));
    }
    let _ = writeln!(text, "{}", style.strong("Orders"));
    for it in &answer.decisions {
        let Some(decided) = &it.decision else { continue };
        let transaction = short::<TransactionKind>(it.transaction);
        let verdict = decision::verdict(decided, style);
        let _ = writeln!(text, "  {verdict:<12} {transaction:<19} {}", decision::codes(&decided.reasons));
    }
    let _ = writeln!(
        text,
        "{}",
        style.faint(format!(
            "position {}, revision {}, valid until {}",
            answer.position,
            answer.revision,
            shown(answer.valid_until.as_ref())
        ))
    );
    text
}
