//! Confirmations before and after each deadline, and on the boundary instants (rule C10).

use assent_proto::v1::{Channel, Cloud, ConfirmAcceptanceRequest, ImportStatus, Program};
use assent_testing::{Server, ServerOptions, reason, requests};

use super::cast::played;
use crate::support::{backfill, import, metadata, outcome_reason, within};

const CLOUD: &str = requests::CLOUD_AGREEMENT;
const MCA: &str = requests::CUSTOMER_AGREEMENT;
const API: Channel = Channel::Api;
const DASHBOARD: Channel = Channel::Dashboard;
/// Stored.
const YES: &str = "";
const EARLY: &str = "AGREEMENT_NOT_AVAILABLE";
const LATE: &str = "AGREEMENT_RETIRED";

/// Agreement, channel, the instant of acceptance and of its confirmation, what is said.
const PRODUCTION: [(&str, Channel, &str, &str); 9] = [
    (CLOUD, API, "2018-08-06T23:59:59.999999Z", EARLY),
    (CLOUD, API, "2018-08-07T00:00:00Z", YES),
    (CLOUD, DASHBOARD, "2019-12-24T18:00:00Z", YES),
    (CLOUD, DASHBOARD, "2020-01-30T23:59:59.999999Z", YES),
    (CLOUD, API, "2020-01-31T00:00:00Z", LATE),
    (MCA, DASHBOARD, "2019-09-30T23:59:59.999999Z", EARLY),
    (MCA, DASHBOARD, "2019-10-01T00:00:00Z", YES),
    (MCA, API, "2019-10-01T00:00:00Z", YES),
    (MCA, API, "2026-01-05T00:00:00Z", YES),
];

const SANDBOX: [(&str, Channel, &str, &str); 7] = [
    (MCA, DASHBOARD, "2019-07-31T23:59:59.999999Z", "FIELD_INVALID"), // there was no text yet (rule C4)
    (MCA, DASHBOARD, "2019-08-01T00:00:00Z", YES),
    (MCA, API, "2019-09-02T23:59:59.999999Z", EARLY),
    (MCA, API, "2019-09-03T00:00:00Z", YES),
    (CLOUD, API, "2018-08-06T23:59:59.999999Z", EARLY),
    (CLOUD, API, "2020-01-31T00:00:00Z", YES),
    (CLOUD, DASHBOARD, "2026-01-05T00:00:00Z", YES),
];

async fn check(environment: &'static str, deadlines: &[(&str, Channel, &str, &str)]) {
    let server = Server::spawn(ServerOptions { environment: Some(environment), ..Default::default() }).await;
    within(server.register_partner("contoso", Program::DirectBill)).await;
    let mut rows = Vec::new();
    for (row, (agreement, channel, at, _)) in deadlines.iter().enumerate() {
        let customer = format!("customer-{row}");
        within(server.register_customer(&customer)).await;
        within(server.establish("contoso", &customer)).await;
        let confirmation = ConfirmAcceptanceRequest {
            agreement_id: (*agreement).to_owned(),
            channel: (*channel).into(),
            accepted_on: None,
            accepted_at: Some(requests::at(at)),
            ..requests::confirm("contoso", &customer)
        };
        rows.push(backfill(row as u64, at, confirmation));
    }
    let outcomes = import(&server, rows).await;
    assert_eq!(outcomes.len(), deadlines.len());
    for (outcome, deadline) in outcomes.iter().zip(deadlines) {
        assert_eq!(outcome_reason(outcome), deadline.3, "{deadline:?}: {outcome:?}");
        let status = if deadline.3.is_empty() { ImportStatus::Stored } else { ImportStatus::Rejected };
        assert_eq!(outcome.status(), status, "{deadline:?}");
    }
}

#[tokio::test]
async fn production_confirms_each_agreement_from_its_first_instant_and_not_from_its_end_on() {
    check("production", &PRODUCTION).await;
}

#[tokio::test]
async fn the_sandbox_confirms_each_agreement_from_its_first_instant_in_each_channel() {
    check("sandbox", &SANDBOX).await;
}

#[tokio::test]
async fn today_the_cloud_agreement_is_refused_and_its_successor_named() {
    let server = played().await;
    let late = ConfirmAcceptanceRequest {
        agreement_id: CLOUD.to_owned(),
        accepted_on: Some("2019-12-01".to_owned()),
        ..requests::confirm("contoso", "nothing")
    };
    let refusal = within(server.acceptance().confirm_acceptance(late)).await.unwrap_err();
    assert_eq!(reason(&refusal), LATE);
    assert_eq!(metadata(&refusal, "successor").as_deref(), Some(MCA), "{refusal:?}");
}

#[tokio::test]
async fn a_customer_of_a_national_cloud_can_not_be_confirmed_and_needs_none() {
    let server = played().await;
    for (customer, cloud) in [("us", Cloud::UsGovernment), ("de", Cloud::Germany), ("cn", Cloud::China)] {
        within(server.register_customer_in(customer, cloud)).await;
        within(server.establish("contoso", customer)).await;
        let confirmation = requests::confirm("contoso", customer);
        let refusal = within(server.acceptance().confirm_acceptance(confirmation)).await.unwrap_err();
        assert_eq!(reason(&refusal), "CLOUD_NOT_SUPPORTED");
        let reasons = within(server.reasons(requests::order("contoso", customer))).await;
        assert_eq!(reasons, [assent_proto::v1::ReasonCode::CloudNotCovered]);
    }
}
