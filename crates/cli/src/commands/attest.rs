//! `assent attest`: the partner attests on the customer's behalf.

use assent_proto::v1::{AttestAcceptanceRequest, Scenario};
use clap::Args;

use crate::accepted::{AcceptanceArgs, recorded};
use crate::connect::call;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::names::flag;

const ABOUT: &str = "Attest an acceptance on the customer's behalf";

const TEACHES: &str = "\
Attest, on the customer's behalf, that it accepted an agreement.

For customers that cannot accept directly, because they have purchases already: through this partner \
(existing-partner-purchases), or through another one (new-partner).

  assent attest --partner contoso --customer fabrikam --agreement microsoft-customer-agreement \\
      --scenario new-partner --first-name Anna --last-name Berg --email anna@fabrikam.example \\
      --accepted-at 2026-01-12";

const NEXT: &str = "Next: `assent authorize` asks whether the order may be placed now.";

/// The partner attests.
#[derive(Debug, Args)]
#[command(about = ABOUT, long_about = TEACHES, after_help = NEXT)]
pub(crate) struct Attest {
    #[command(flatten)]
    acceptance: AcceptanceArgs,
    /// Why you attest.
    #[arg(long, ignore_case = true, value_parser = flag::<Scenario>())]
    scenario: Scenario,
}

impl Attest {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let it = self.acceptance;
        let (contact, template, evidence) = (it.contact(), it.template(), it.evidence());
        let (accepted_at, accepted_on) = it.accepted_at.accepted();
        let request = AttestAcceptanceRequest {
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
            scenario: self.scenario.into(),
            request_id: it.request_id,
            with_proof: None,
            expected_revision: it.expected_revision,
        };
        let mut client = context.connect().await?.acceptance();
        let answer = client.attest_acceptance(call(request)).await?.into_inner();
        context.answer("assent.v1.AttestAcceptanceResponse", &answer, |style| {
            recorded(answer.acceptance.as_ref(), answer.revision, answer.replayed, style)
        })?;
        Ok(Exit::Done)
    }
}
