//! A ledger of two providers, each with a reseller, a customer, and a record of every kind.

use assent_proto::v1::{ConfirmAcceptanceRequest, Program, SubmitEvidenceRequest, WithdrawAcceptanceRequest};
use assent_testing::{Caller, Credentials, Server, requests};

use super::kinds::{Kind, operator};
use crate::support::{run, within};

/// A server, and who may call it.
pub(super) struct Ground {
    pub(super) credentials: Credentials,
    pub(super) server: Server,
    /// Contoso's.
    pub(super) own: Things,
    /// Adatum's.
    pub(super) other: Things,
}

/// What there is of one provider, as requests name it.
#[derive(Clone, Debug)]
pub(super) struct Things {
    pub(super) partner: String,
    pub(super) reseller: String,
    pub(super) customer: String,
    pub(super) acceptance: String,
    pub(super) evidence: String,
    pub(super) obligation: String,
}

impl Ground {
    pub(super) async fn new() -> Self {
        let credentials = Credentials::without_tls();
        let file = |name| credentials.file(name).display().to_string();
        let made =
            run(["key", "generate", "--origin", "ledger.example/contoso", "--out", &file("log.key")]).await;
        assert_eq!(made.code, Some(0), "{made:?}");
        let mut options = credentials.server();
        let signing = ["--signing-key", &file("log.key"), "--anchor", &file("log.anchor")];
        options.arguments.extend(signing.map(str::to_owned));
        let server = Server::spawn(options).await;
        let operator = server.acting_as(&operator(&credentials));
        let own = within(things(&operator, "contoso", "tailspin", "fabrikam")).await;
        let other = within(things(&operator, "adatum", "wingtip", "litware")).await;
        Self { credentials, server, own, other }
    }

    pub(super) fn caller(&self, kind: &Kind) -> Caller {
        self.server.acting_as(&kind.token(&self.credentials))
    }

    pub(super) fn operator(&self) -> Caller {
        self.server.acting_as(&operator(&self.credentials))
    }
}

impl Things {
    /// Things that are named just like these, and are not there.
    pub(super) fn missing(&self) -> Self {
        // Its position is in the log, and the event there has another id.
        let id = |id: &str| format!("{}{}", if id.starts_with('1') { "2" } else { "1" }, &id[1..]);
        let name = |name: &str, letter: &str| letter.repeat(name.len());
        Self {
            partner: name(&self.partner, "x"),
            reseller: name(&self.reseller, "y"),
            customer: name(&self.customer, "z"),
            acceptance: id(&self.acceptance),
            evidence: id(&self.evidence),
            obligation: id(&self.obligation),
        }
    }

    /// Every name, so that two answers can be compared but for what was asked.
    pub(super) fn names(&self) -> [&str; 6] {
        let Self { partner, reseller, customer, acceptance, evidence, obligation } = self;
        [partner, reseller, customer, acceptance, evidence, obligation]
    }
}

async fn things(operator: &Caller, partner: &str, reseller: &str, customer: &str) -> Things {
    let mut directory = operator.directory();
    for (id, program) in [(partner, Program::IndirectProvider), (reseller, Program::IndirectReseller)] {
        directory.register_partner(requests::partner(id, program)).await.expect("it is registered");
    }
    directory.register_customer(requests::customer(customer)).await.expect("it is registered");
    for request in [requests::link(partner, reseller), requests::relationship(partner, customer)] {
        directory.establish_relationship(request).await.expect("they are put in touch");
    }
    let mut acceptance = operator.acceptance();
    let evidence = acceptance.submit_evidence(evidence(partner, reseller, customer)).await;
    let evidence = evidence.expect("it is submitted").into_inner().evidence_id;
    acceptance.confirm_acceptance(requests::confirm(partner, customer)).await.expect("it is confirmed");
    let withdrawal = WithdrawAcceptanceRequest {
        withdrawn_at: Some(requests::at("2026-02-01")),
        ..requests::withdraw(partner, customer)
    };
    let withdrawn = acceptance.withdraw_acceptance(withdrawal).await.expect("it is withdrawn").into_inner();
    let obligation = withdrawn.obligation.expect("it opens one");
    let again = ConfirmAcceptanceRequest {
        accepted_on: Some("2026-03-01".to_owned()),
        employee: Some("Ottokar Plum".to_owned()),
        ..requests::confirm(partner, customer)
    };
    let again = acceptance.confirm_acceptance(again).await.expect("it is confirmed anew").into_inner();
    Things {
        partner: partner.to_owned(),
        reseller: reseller.to_owned(),
        customer: customer.to_owned(),
        acceptance: again.acceptance.expect("it is answered").acceptance_id,
        evidence,
        obligation: obligation.obligation_id,
    }
}

/// A day after all that there is of a relationship.
pub(super) const LATER: &str = "2026-03-02";

/// A confirmation of an acceptance that is not there yet.
pub(super) fn confirmation(partner: &str, customer: &str) -> ConfirmAcceptanceRequest {
    ConfirmAcceptanceRequest { accepted_on: Some(LATER.to_owned()), ..requests::confirm(partner, customer) }
}

/// Evidence that a reseller collected.
pub(super) fn evidence(partner: &str, reseller: &str, customer: &str) -> SubmitEvidenceRequest {
    SubmitEvidenceRequest {
        partner_id: partner.to_owned(),
        reseller_id: reseller.to_owned(),
        customer_id: customer.to_owned(),
        agreement_id: requests::CUSTOMER_AGREEMENT.to_owned(),
        contact: Some(requests::contact(customer)),
        accepted_on: Some(requests::ACCEPTED_ON.to_owned()),
        ..Default::default()
    }
}
