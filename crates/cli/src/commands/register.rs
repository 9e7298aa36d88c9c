//! `assent register`: partners and customers.

use assent_proto::v1::{Cloud, Program, RegisterCustomerRequest, RegisterPartnerRequest};
use clap::{Args, Subcommand};

use crate::connect::call;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::names::flag;
use crate::style::Style;

const TEACHES: &str = "\
Register a partner or a customer.

Registering the same again stores nothing; other content is recorded as a change.

  assent register partner contoso --program direct-bill --country DE --email-domain contoso.example
  assent register customer fabrikam --country DE --cloud public";

const NEXT: &str = "Next: `assent establish --partner P --customer C` puts the two in touch.";

/// Register a partner or a customer
#[derive(Debug, Subcommand)]
#[command(long_about = TEACHES, after_help = NEXT)]
pub(crate) enum Register {
    Partner(Partner),
    Customer(Customer),
}

/// Register a partner
///
///   assent register partner contoso --program direct-bill --country DE --email-domain contoso.example
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = NEXT)]
pub(crate) struct Partner {
    /// The partner's id: letters, digits, dot, dash and underscore.
    #[arg(value_name = "ID")]
    partner: String,
    /// Its program. Resellers order through a provider.
    #[arg(long, ignore_case = true, value_parser = flag::<Program>())]
    program: Program,
    /// Its country, two letters.
    #[arg(long, value_name = "CC")]
    country: String,
    /// A domain of its staff's addresses: nobody there can accept for a customer. May be given several times.
    #[arg(long = "email-domain", value_name = "DOMAIN")]
    email_domains: Vec<String>,
}

/// Register a customer
///
///   assent register customer fabrikam --country DE --cloud public
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = NEXT)]
pub(crate) struct Customer {
    /// The customer's id: letters, digits, dot, dash and underscore.
    #[arg(value_name = "ID")]
    customer: String,
    /// Its country, two letters.
    #[arg(long, value_name = "CC")]
    country: String,
    /// The cloud that it lives in.
    #[arg(long, ignore_case = true, value_parser = flag::<Cloud>())]
    cloud: Cloud,
    /// It has bought before, through whomever.
    #[arg(long)]
    has_purchases: bool,
}

impl Register {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let mut client = context.connect().await?.directory();
        match self {
            Self::Partner(Partner { partner, program, country, email_domains }) => {
                let id = partner.clone();
                let program = program.into();
                let request = RegisterPartnerRequest {
                    partner_id: partner,
                    program,
                    country,
                    email_domains,
                    ..Default::default()
                };
                let answer = client.register_partner(call(request)).await?.into_inner();
                let name = "assent.v1.RegisterPartnerResponse";
                context.answer(name, &answer, |style| text("partner", &id, answer.position, style))?;
            }
            Self::Customer(Customer { customer, country, cloud, has_purchases }) => {
                let id = customer.clone();
                let cloud = cloud.into();
                let request = RegisterCustomerRequest {
                    customer_id: customer,
                    country,
                    cloud,
                    has_purchases,
                    ..Default::default()
                };
                let answer = client.register_customer(call(request)).await?.into_inner();
                let name = "assent.v1.RegisterCustomerResponse";
                context.answer(name, &answer, |style| text("customer", &id, answer.position, style))?;
            }
        }
        Ok(Exit::Done)
    }
}

fn text(what: &str, id: &str, position: u64, style: Style) -> String {
    format!("{} {what} {id}, position {position}\n", style.good("REGISTERED"))
}
