//! Who sells to whom, and who accepted what when. The past is backfilled, with the instants at which it was confirmed.

use assent_proto::v1::{
    AttestAcceptanceRequest, Cloud, ConfirmAcceptanceRequest, CorrectAcceptanceRequest,
    ImportAcceptancesRequest, ImportStatus, Program, RegisterCustomerRequest, Scenario,
    WithdrawAcceptanceRequest,
};
use assent_testing::{Server, ServerOptions, requests};

use crate::support::{backfill, import, within};

/// Direct bill.
pub(super) const CONTOSO: &str = "contoso";
/// Direct bill, without any confirmation of its own.
pub(super) const FABRIKAM: &str = "fabrikam";
/// An indirect provider.
pub(super) const NORTHWIND: &str = "northwind";
/// Resellers of Northwind.
pub(super) const ADATUM: &str = "adatum";
pub(super) const LITWARE: &str = "litware";
/// A reseller of nobody.
pub(super) const LUCERNE: &str = "lucerne";

/// When the customer of the withdrawal withdrew.
pub(super) const WITHDRAWN_AT: &str = "2024-05-01T12:00:00Z";

/// Each customer of Contoso with what it accepted: agreement, instant of acceptance, instant of its confirmation.
const ACCEPTED: [(&str, &str, &str, &str); 11] = [
    ("cloud-early", requests::CLOUD_AGREEMENT, "2018-08-06T12:00:00Z", "2018-08-07T00:00:00Z"),
    ("cloud-on-the-day", requests::CLOUD_AGREEMENT, "2018-11-07T00:00:00Z", "2018-11-07T00:00:00Z"),
    ("cloud-api-day", requests::CLOUD_AGREEMENT, "2019-03-22T00:00:00Z", "2019-03-22T08:00:00Z"),
    (
        "cloud-last-moment",
        requests::CLOUD_AGREEMENT,
        "2020-01-30T23:59:59.999999Z",
        "2020-01-30T23:59:59.999999Z",
    ),
    ("both", requests::CLOUD_AGREEMENT, "2018-10-01", "2018-10-01"),
    ("both", requests::CUSTOMER_AGREEMENT, "2019-10-01T00:00:00Z", "2019-10-01T00:00:00Z"),
    ("mca-last-day", requests::CUSTOMER_AGREEMENT, "2020-01-31T00:00:00Z", "2020-01-31T00:00:00Z"),
    ("mca-old-text", requests::CUSTOMER_AGREEMENT, "2023-03-31T23:59:59.999999Z", "2023-04-02"),
    ("mca-new-text", requests::CUSTOMER_AGREEMENT, "2023-04-01T00:00:00Z", "2023-04-02"),
    ("withdrawn", requests::CUSTOMER_AGREEMENT, "2023-05-01", "2023-05-02"),
    ("corrected", requests::CUSTOMER_AGREEMENT, "2023-03-01", "2023-06-01"),
];

/// A server on which the whole story has happened.
pub(super) async fn played() -> Server {
    let server = Server::spawn(ServerOptions::default()).await;
    within(directory(&server)).await;
    within(records(&server)).await;
    server
}

async fn directory(server: &Server) {
    server.register_partner(CONTOSO, Program::DirectBill).await;
    server.register_partner(FABRIKAM, Program::DirectBill).await;
    server.register_partner(NORTHWIND, Program::IndirectProvider).await;
    for reseller in [ADATUM, LITWARE, LUCERNE] {
        server.register_partner(reseller, Program::IndirectReseller).await;
    }
    server.link(NORTHWIND, ADATUM).await;
    server.link(NORTHWIND, LITWARE).await;
    let mut of_contoso: Vec<_> = ACCEPTED.iter().map(|it| it.0).collect();
    of_contoso.dedup();
    for customer in of_contoso.into_iter().chain(["nothing", "new-to-partner", "direct"]) {
        server.register_customer(customer).await;
        server.establish(CONTOSO, customer).await;
    }
    server.register_customer_in("national", Cloud::UsGovernment).await;
    server.establish(CONTOSO, "national").await;
    server.establish(FABRIKAM, "both").await;
    server.register_customer("shop").await;
    server.establish(NORTHWIND, "shop").await;
    let buying = RegisterCustomerRequest { has_purchases: true, ..requests::customer("buying") };
    server.directory().register_customer(buying).await.expect("it can be registered");
    server.establish(CONTOSO, "buying").await;
}

async fn records(server: &Server) {
    let mut rows: Vec<_> =
        ACCEPTED.iter().enumerate().map(|(at, row)| confirmed(at as u64, CONTOSO, row)).collect();
    let of_the_shop = ("shop", requests::CUSTOMER_AGREEMENT, "2019-10-01T00:00:00Z", "2019-10-01T00:00:00Z");
    rows.push(confirmed(90, NORTHWIND, &of_the_shop));
    let outcomes = import(server, rows).await;
    for outcome in &outcomes {
        assert_eq!(outcome.status(), ImportStatus::Stored, "{outcome:?}");
    }
    withdraw(server).await;
    correct(server, outcomes[10].acceptance_id.clone().expect("it was stored")).await;
    attest(server, "buying", Scenario::ExistingPartnerPurchases).await;
    attest(server, "new-to-partner", Scenario::NewPartner).await;
    let direct = requests::direct(CONTOSO, "direct");
    server.acceptance().record_direct_acceptance(direct).await.expect("it accepted directly");
}

fn confirmed(
    row: u64,
    partner: &str,
    (customer, agreement, accepted_at, confirmed_at): &(&str, &str, &str, &str),
) -> ImportAcceptancesRequest {
    let confirmation = ConfirmAcceptanceRequest {
        agreement_id: (*agreement).to_owned(),
        accepted_on: None,
        accepted_at: Some(requests::at(accepted_at)),
        ..requests::confirm(partner, customer)
    };
    backfill(row, confirmed_at, confirmation)
}

async fn withdraw(server: &Server) {
    let withdrawal = WithdrawAcceptanceRequest {
        withdrawn_at: Some(requests::at(WITHDRAWN_AT)),
        ..requests::withdraw(CONTOSO, "withdrawn")
    };
    server.acceptance().withdraw_acceptance(withdrawal).await.expect("it can withdraw");
}

/// It had accepted in May, and March was a typing error.
async fn correct(server: &Server, acceptance_id: String) {
    let correction = CorrectAcceptanceRequest {
        acceptance_id,
        reason: "the month was mistyped".to_owned(),
        accepted_on: Some("2023-05-01".to_owned()),
        ..Default::default()
    };
    server.acceptance().correct_acceptance(correction).await.expect("it can be corrected");
}

async fn attest(server: &Server, customer: &str, scenario: Scenario) {
    let attestation =
        AttestAcceptanceRequest { scenario: scenario.into(), ..requests::attest(CONTOSO, customer) };
    server.acceptance().attest_acceptance(attestation).await.expect("it can be attested");
}
