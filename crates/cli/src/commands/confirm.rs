//! `assent confirm`: the customer accepted, and the partner says so.

use assent_proto::v1::ConfirmAcceptanceRequest;
use clap::Args;

use crate::accepted::{AcceptanceArgs, recorded};
use crate::connect::call;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

const ABOUT: &str = "Record that a customer accepted an agreement";

const TEACHES: &str = "\
Record the partner's confirmation that a customer accepted an agreement.

The person is somebody inside the customer's organisation, never the partner's own staff. The date is when that \
person accepted, not when you record it.

  assent confirm --partner contoso --customer fabrikam --agreement microsoft-customer-agreement \\
      --first-name Anna --last-name Berg --email anna@fabrikam.example --accepted-at 2026-01-12";

const NEXT: &str = "\
Next: `assent authorize` asks whether the order may be placed now; `assent import` records many at once.";

/// The customer accepted.
#[derive(Debug, Args)]
#[command(about = ABOUT, long_about = TEACHES, after_help = NEXT)]
pub(crate) struct Confirm {
    #[command(flatten)]
    acceptance: AcceptanceArgs,
}

impl Confirm {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let it = self.acceptance;
        let (contact, template, evidence) = (it.contact(), it.template(), it.evidence());
        let (accepted_at, accepted_on) = it.accepted_at.accepted();
        let request = ConfirmAcceptanceRequest {
            partner_id: it.partner,
            customer_id: it.customer,
            agreement_id: it.agreement,
            version: it.agreement_version,
            template,
            contact: Some(contact),
            accepted_at,
            accepted_on,
            channel: it.channel.unwrap_or_default().into(),
            employee: it.employee,
            evidence,
            request_id: it.request_id,
            with_proof: None,
            expected_revision: it.expected_revision,
        };
        let mut client = context.connect().await?.acceptance();
        let answer = client.confirm_acceptance(call(request)).await?.into_inner();
        context.answer("assent.v1.ConfirmAcceptanceResponse", &answer, |style| {
            recorded(answer.acceptance.as_ref(), answer.revision, answer.replayed, style)
        })?;
        Ok(Exit::Done)
    }
}
