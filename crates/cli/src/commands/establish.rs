//! `assent establish`: a commerce relationship, or a reseller's link to its provider.

use assent_proto::v1::EstablishRelationshipRequest;
use assent_proto::v1::establish_relationship_request::Other;
use clap::Args;

use crate::connect::call;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

const ABOUT: &str = "Put a partner in touch with a customer, or a provider with a reseller";

const TEACHES: &str = "\
Establish a commerce relationship between a partner and a customer, or link a reseller to its provider.

  assent establish --partner contoso --customer fabrikam
  assent establish --partner big-provider --reseller corner-shop";

const NEXT: &str = "Next: `assent authorize` says what the customer's first order still needs.";

/// A relationship.
#[derive(Debug, Args)]
#[command(about = ABOUT, long_about = TEACHES, after_help = NEXT)]
pub(crate) struct Establish {
    /// The partner; the provider where a reseller is linked.
    #[arg(long, value_name = "ID")]
    partner: String,
    /// The customer.
    #[arg(long, value_name = "ID", required_unless_present = "reseller", conflicts_with = "reseller")]
    customer: Option<String>,
    /// The reseller.
    #[arg(long, value_name = "ID")]
    reseller: Option<String>,
    /// Refuse where the relationship has another revision by now.
    #[arg(long, value_name = "N")]
    expected_revision: Option<u64>,
}

impl Establish {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let Self { partner, customer, reseller, expected_revision } = self;
        let who = customer.clone().or_else(|| reseller.clone()).unwrap_or_default();
        let other = customer.map(Other::CustomerId).or(reseller.map(Other::ResellerId));
        let partner_id = partner.clone();
        let request =
            EstablishRelationshipRequest { partner_id, other, expected_revision, ..Default::default() };
        let mut client = context.connect().await?.directory();
        let answer = client.establish_relationship(call(request)).await?.into_inner();
        context.answer("assent.v1.EstablishRelationshipResponse", &answer, |style| {
            let done = style.good("ESTABLISHED");
            format!(
                "{done} {partner} and {who}, position {}, revision {}\n",
                answer.position, answer.revision
            )
        })?;
        Ok(Exit::Done)
    }
}
