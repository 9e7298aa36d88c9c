//! A ledger with personal data of every kind, on either database, and what is asked of it.

#![expect(
    clippy::unwrap_used,
    reason = "a test that unwraps in vain has failed, whichever function it unwraps in"
)]

use assent_proto::v1::*;
use assent_testing::{Server, requests};
use tokio::process::Command;

use crate::replicas::fleet::Fleet;
use crate::support::within;

pub(super) const HER: &str = "anna.berg@fabrikam.example";
pub(super) const HIM: &str = "bert.cole@fabrikam.example";

/// A provider's customer: evidence that a reseller submitted of her, confirmed and corrected; a confirmation of him; a
/// withdrawal, which is voided; and another customer, whom nothing of this concerns.
pub(super) struct Records {
    pub(super) evidence: String,
    pub(super) first: String,
    pub(super) corrected: String,
    pub(super) his: String,
    pub(super) elsewhere: String,
}

pub(super) fn contact(email: &str) -> Option<Contact> {
    Some(Contact { email: email.to_owned(), ..requests::contact("fabrikam") })
}

fn proof(name: &str) -> Option<Evidence> {
    let uri = format!("https://vault.example/{name}.pdf");
    Some(Evidence { uri, sha256: Some(vec![1; 32].into()), media_type: None })
}

pub(super) async fn records(server: &Server) -> Records {
    within(server.register_partner("northwind", Program::IndirectProvider)).await;
    within(server.register_partner("adatum", Program::IndirectReseller)).await;
    within(server.directory().establish_relationship(requests::link("northwind", "adatum"))).await.unwrap();
    for (number, customer) in ["fabrikam", "litware"].into_iter().enumerate() {
        let request_id = Some(format!("c0ffee00-0000-4000-8000-00000000000{number}"));
        let registration = RegisterCustomerRequest { request_id, ..requests::customer(customer) };
        within(server.directory().register_customer(registration)).await.unwrap();
        within(server.establish("northwind", customer)).await;
    }
    let mut acceptance = server.acceptance();
    let submission = SubmitEvidenceRequest {
        partner_id: "northwind".to_owned(),
        customer_id: "fabrikam".to_owned(),
        agreement_id: requests::CUSTOMER_AGREEMENT.to_owned(),
        contact: contact(HER),
        accepted_on: Some(requests::ACCEPTED_ON.to_owned()),
        employee: Some("Ottokar".to_owned()),
        evidence: proof("hers"),
        reseller_id: "adatum".to_owned(),
        ..Default::default()
    };
    let evidence = within(acceptance.submit_evidence(submission)).await.unwrap().into_inner().evidence_id;
    let confirm = ConfirmEvidenceRequest { evidence_id: evidence.clone(), ..Default::default() };
    let first = id(within(acceptance.confirm_evidence(confirm)).await.unwrap().into_inner().acceptance);
    let correction = CorrectAcceptanceRequest {
        acceptance_id: first.clone(),
        reason: "her name was mistyped".to_owned(),
        accepted_on: Some("2026-01-11".to_owned()),
        employee: Some("Ottokar".to_owned()),
        ..Default::default()
    };
    let corrected = within(acceptance.correct_acceptance(correction)).await.unwrap().into_inner();
    let his = within(acceptance.confirm_acceptance(his_confirmation())).await.unwrap().into_inner();
    let withdrawal = WithdrawAcceptanceRequest {
        reason: "her letter".to_owned(),
        ..requests::withdraw("northwind", "fabrikam")
    };
    let withdrawn = within(acceptance.withdraw_acceptance(withdrawal)).await.unwrap().into_inner();
    let void = VoidRecordRequest {
        reason: "it was the neighbour's letter".to_owned(),
        record: Some(void_record_request::Record::WithdrawalEventId(
            withdrawn.obligation.unwrap().withdrawal_event_id,
        )),
        ..Default::default()
    };
    within(acceptance.void_record(void)).await.unwrap();
    let elsewhere =
        ConfirmAcceptanceRequest { contact: contact(HER), ..requests::confirm("northwind", "litware") };
    let elsewhere = within(acceptance.confirm_acceptance(elsewhere)).await.unwrap().into_inner();
    Records {
        evidence,
        first,
        corrected: id(corrected.acceptance),
        his: id(his.acceptance),
        elsewhere: id(elsewhere.acceptance),
    }
}

pub(super) fn his_confirmation() -> ConfirmAcceptanceRequest {
    ConfirmAcceptanceRequest {
        contact: contact(HIM),
        employee: Some("Ottokar".to_owned()),
        evidence: proof("his"),
        request_id: Some("c0ffee00-0000-4000-8000-0000000000aa".to_owned()),
        ..requests::confirm("northwind", "fabrikam")
    }
}

fn id(acceptance: Option<Acceptance>) -> String {
    acceptance.expect("it is answered").acceptance_id
}

pub(super) async fn shown(server: &Server, id: &str) -> Acceptance {
    let get = GetAcceptanceRequest { acceptance_id: id.to_owned() };
    within(server.acceptance().get_acceptance(get)).await.unwrap().into_inner().acceptance.unwrap()
}

/// Whether an acceptance is shown with its contact; otherwise it says that it was erased.
pub(super) async fn has_contact(server: &Server, id: &str) -> bool {
    let shown = shown(server, id).await;
    assert_ne!(shown.contact.is_some(), shown.contact_erased, "{shown:?}");
    shown.contact.is_some()
}

pub(super) fn erasure(acceptance: Option<&str>) -> ErasePersonalDataRequest {
    ErasePersonalDataRequest {
        customer_id: "fabrikam".to_owned(),
        acceptance_id: acceptance.map(str::to_owned),
        reason: "asked for by letter".to_owned(),
        ..Default::default()
    }
}

pub(super) async fn erase(server: &Server, acceptance: Option<&str>) -> ErasePersonalDataResponse {
    within(server.privacy().erase_personal_data(erasure(acceptance))).await.unwrap().into_inner()
}

/// Everything that is found of a person, page by page, sorted.
pub(super) async fn found(server: &Server, email: &str, page_size: i32) -> Vec<String> {
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let reason = "a subject access request".to_owned();
        let request = FindPersonRequest { email: email.to_owned(), page_size, page_token, reason };
        let page = within(server.privacy().find_person(request)).await.unwrap().into_inner();
        assert!(page.acceptance_ids.len() <= page_size as usize);
        all.extend(page.acceptance_ids);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            all.sort();
            return all;
        }
    }
}

/// A ledger on either database.
pub(super) struct Ground {
    pub(super) fleet: Fleet,
}

impl Ground {
    pub(super) async fn sqlite() -> Self {
        Self { fleet: Fleet::on_file().await }
    }

    pub(super) async fn postgres() -> Self {
        Self { fleet: Fleet::of(1).await }
    }

    pub(super) fn server(&self) -> &Server {
        &self.fleet.servers[0]
    }

    pub(super) fn server_mut(&mut self) -> &mut Server {
        &mut self.fleet.servers[0]
    }

    /// Runs SQL as an operator with a client would; the server may run.
    pub(super) async fn sql(&self, sql: &str) -> String {
        if let Some(database) = &self.fleet.database {
            return within(database.run(sql)).await;
        }
        sqlite(&self.server().database_file(), sql).await
    }
}

pub(crate) async fn sqlite(file: &std::path::Path, sql: &str) -> String {
    // A server that runs may be writing.
    let patiently = ["-cmd", ".timeout 30000"];
    let command = Command::new("sqlite3").args(patiently).arg(file).arg(sql).output();
    let output = within(command).await.expect("sqlite3 is installed");
    assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

/// A test for each database.
macro_rules! on_both {
    ($($case:ident,)*) => {
        mod sqlite {
            $(
                #[tokio::test]
                async fn $case() {
                    super::$case(crate::privacy::ground::Ground::sqlite().await).await;
                }
            )*
        }

        mod postgres {
            $(
                #[tokio::test]
                async fn $case() {
                    super::$case(crate::privacy::ground::Ground::postgres().await).await;
                }
            )*
        }
    };
}
pub(super) use on_both;
