//! `assent needs-acceptance`: whose orders would fail?

use assent_proto::v1::{
    Channel, CustomerNeedingAcceptance, GetPartnerRequest, ListCustomersNeedingAcceptanceRequest,
    PartnerStatus, TransactionKind,
};
use clap::Args;
use prost_types::Timestamp;
use tonic::Code;

use crate::args::Output;
use crate::connect::{Connection, call};
use crate::context::{Context, print};
use crate::decision::because;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::instant::parse;
use crate::names::flag;
use crate::style::Style;

/// As many customers as one page may hold.
const PAGE_SIZE: i32 = 1_000;

const ABOUT: &str = "List the customers whose orders would be denied";

const TEACHES: &str = "\
List the customers of a partner whose orders would be denied for want of an acceptance.

Ask about a day to come to find them before their orders fail. Exit code 1 means that there are some. With --output \
json, one object a line.

  assent needs-acceptance --partner contoso
  assent needs-acceptance --partner contoso --transaction renewal --effective-at 2027-01-01";

const NEXT: &str = "Next: `assent confirm` for one of them, `assent import` for many.";

/// Whose orders would fail?
#[derive(Debug, Args)]
#[command(about = ABOUT, long_about = TEACHES, after_help = NEXT)]
pub(crate) struct NeedsAcceptance {
    /// The partner.
    #[arg(long, value_name = "ID")]
    partner: String,
    /// For orders that do this.
    #[arg(long, ignore_case = true, default_value = "new-purchase", value_parser = flag::<TransactionKind>())]
    transaction: TransactionKind,
    /// For orders of this channel; without it, api.
    #[arg(long, ignore_case = true, value_parser = flag::<Channel>())]
    channel: Option<Channel>,
    /// For orders of this product family.
    #[arg(long, value_name = "FAMILY")]
    product: Option<String>,
    /// As of which business instant; without it, now. RFC 3339 or a date, also one to come.
    #[arg(long, value_name = "WHEN", value_parser = parse)]
    effective_at: Option<Timestamp>,
}

impl NeedsAcceptance {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let connection = context.connect().await?;
        let mut client = connection.acceptance();
        let mut request = ListCustomersNeedingAcceptanceRequest {
            partner_id: self.partner,
            effective_at: self.effective_at,
            channel: self.channel.unwrap_or_default().into(),
            transaction: self.transaction.into(),
            product_family: self.product,
            page_size: PAGE_SIZE,
            page_token: String::new(),
        };
        let mut found = 0_u64;
        loop {
            let page = client.list_customers_needing_acceptance(call(request.clone())).await?.into_inner();
            for customer in &page.customers {
                found += 1;
                let name = "assent.v1.CustomerNeedingAcceptance";
                context.item(name, customer, |style| text(customer, style))?;
            }
            // A server that repeats a token would keep this going for ever.
            if page.next_page_token.is_empty() || page.next_page_token == request.page_token {
                break;
            }
            request.page_token = page.next_page_token;
        }
        if context.output == Output::Text {
            print(&match found {
                0 => nobody(&connection, request.partner_id, context.style).await,
                1 => "1 customer\n".to_owned(),
                _ => format!("{found} customers\n"),
            })?;
        }
        Ok(Exit::found(found > 0))
    }
}

/// What is known where the list is empty: no more than that. Orders of a partner that is not registered, or not active, are
/// denied all the same; that is looked up, and left unsaid where the caller may not know.
async fn nobody(connection: &Connection, partner_id: String, style: Style) -> String {
    let mut text =
        "Nobody lacks an acceptance for orders of this kind. They can be denied for other reasons: `assent authorize` tells.\n"
            .to_owned();
    let asked = GetPartnerRequest { partner_id: partner_id.clone() };
    let all_denied = match connection.directory().get_partner(call(asked)).await {
        Err(status) if status.code() == Code::NotFound => Some("is not registered"),
        Err(_) => None,
        Ok(answer) => {
            let status = answer.into_inner().partner.map(|it| it.status());
            (status == Some(PartnerStatus::Inactive)).then_some("is not active")
        }
    };
    if let Some(why) = all_denied {
        let why = style.bad(format!("Partner {partner_id} {why}"));
        text.push_str(&format!("{why}: all its orders are denied.\n"));
    }
    text
}

fn text(customer: &CustomerNeedingAcceptance, style: Style) -> String {
    let reasons = because(&customer.reasons, &customer.remediations, style);
    format!("{}\n{reasons}", style.strong(&customer.customer_id))
}
