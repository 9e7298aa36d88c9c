//! What is derived from the log can be lost, and comes back the same.

use assent_proto::v1::*;
use assent_testing::{Server, requests};

use crate::support::{run, server, within};

/// A partner with customers in every state that lists show.
pub(crate) async fn story(server: &Server) {
    server.registered_through_provider("northwind", "adatum", "fabrikam").await;
    let mut acceptance = server.acceptance();
    for customer in ["a", "b", "c", "d"] {
        server.register_customer(customer).await;
        server.establish("northwind", customer).await;
        acceptance
            .confirm_acceptance(requests::confirm("northwind", customer))
            .await
            .expect("it is confirmed");
    }
    let again = ConfirmAcceptanceRequest {
        accepted_on: Some("2026-02-01".to_owned()),
        ..requests::confirm("northwind", "a")
    };
    acceptance.confirm_acceptance(again).await.expect("it is confirmed");
    acceptance.withdraw_acceptance(requests::withdraw("northwind", "b")).await.expect("it is withdrawn");
    let first = list(server).await.0.acceptances.remove(2);
    let correction = CorrectAcceptanceRequest {
        acceptance_id: first.acceptance_id,
        reason: "a typing error".to_owned(),
        accepted_on: Some("2026-01-13".to_owned()),
        ..Default::default()
    };
    acceptance.correct_acceptance(correction).await.expect("it is corrected");
    let evidence = SubmitEvidenceRequest {
        partner_id: "northwind".to_owned(),
        customer_id: "fabrikam".to_owned(),
        agreement_id: requests::CUSTOMER_AGREEMENT.to_owned(),
        contact: Some(requests::contact("fabrikam")),
        accepted_on: Some(requests::ACCEPTED_ON.to_owned()),
        reseller_id: "adatum".to_owned(),
        ..Default::default()
    };
    acceptance.submit_evidence(evidence).await.expect("it is submitted");
    let outcome = RecordOrderOutcomeRequest {
        partner_id: "northwind".to_owned(),
        customer_id: "a".to_owned(),
        order_ref: "order-1".to_owned(),
        transaction: TransactionKind::NewPurchase.into(),
        outcome: OrderOutcome::Placed.into(),
        occurred_at: Some(requests::at("2026-03-01")),
        ..Default::default()
    };
    server.authorization().record_order_outcome(outcome).await.expect("it is recorded");
}

pub(crate) type Lists = (
    ListAcceptancesResponse,
    ListObligationsResponse,
    ListEvidenceResponse,
    ListCustomersResponse,
    ListCustomersNeedingAcceptanceResponse,
    Vec<GetHistoryResponse>,
    Vec<AuthorizeOrderResponse>,
);

/// Everything that lists show, and the decisions of a past day.
pub(crate) async fn list(server: &Server) -> Lists {
    let partner_id = || "northwind".to_owned();
    let mut acceptance = server.acceptance();
    let acceptances = ListAcceptancesRequest { partner_id: partner_id(), ..Default::default() };
    let obligations = ListObligationsRequest { partner_id: partner_id(), ..Default::default() };
    let evidence = ListEvidenceRequest { partner_id: partner_id(), ..Default::default() };
    let customers = ListCustomersRequest { partner_id: partner_id(), ..Default::default() };
    let needing = ListCustomersNeedingAcceptanceRequest {
        effective_at: Some(requests::at("2026-06-01")),
        ..requests::needing_acceptance("northwind")
    };
    let mut histories = Vec::new();
    let mut decisions = Vec::new();
    for customer in ["a", "b", "c", "d", "fabrikam"] {
        let history = GetHistoryRequest {
            partner_id: partner_id(),
            customer_id: customer.to_owned(),
            ..Default::default()
        };
        histories.push(server.audit().get_history(history).await.expect("there is a history").into_inner());
        decisions.push(server.decide(requests::order_on("northwind", customer, "2026-06-01")).await);
    }
    (
        acceptance.list_acceptances(acceptances).await.expect("it is listed").into_inner(),
        acceptance.list_obligations(obligations).await.expect("it is listed").into_inner(),
        acceptance.list_evidence(evidence).await.expect("it is listed").into_inner(),
        server.directory().list_customers(customers).await.expect("it is listed").into_inner(),
        acceptance.list_customers_needing_acceptance(needing).await.expect("it is listed").into_inner(),
        histories,
        decisions,
    )
}

/// The files of the read models.
fn views(server: &Server) -> Vec<std::path::PathBuf> {
    let files = std::fs::read_dir(server.folder())
        .expect("the folder is there")
        .map(|it| it.expect("it can be read").path());
    let is_view =
        |it: &std::path::PathBuf| it.file_name().is_some_and(|it| it.to_string_lossy().contains(".db.views"));
    files.filter(is_view).collect()
}

async fn status(server: &Server) -> String {
    let status =
        run(["projections", "status", "--output", "json", "--database", &server.database_url()]).await;
    assert_eq!(status.code, Some(0), "{status:?}");
    status.stdout
}

#[tokio::test]
async fn a_restart_begins_with_the_snapshot_and_answers_the_same() {
    let mut server = server().await;
    within(story(&server)).await;
    let before = within(list(&server)).await;
    assert_eq!((before.0.acceptances.len(), before.1.obligations.len(), before.2.evidence.len()), (6, 1, 1));
    within(server.terminate()).await;
    within(server.restart()).await;
    assert_eq!(within(list(&server)).await, before);
    server.kill().await;
    within(server.restart()).await;
    assert_eq!(within(list(&server)).await, before);
    within(server.terminate()).await;
    // The log of the server says that it compared the snapshot with the log.
    assert!(server.stderr().contains("the snapshot is what the log says"), "{}", server.stderr());
}

#[tokio::test]
async fn lost_read_models_come_back_as_they_were() {
    let mut server = server().await;
    within(story(&server)).await;
    let before = within(list(&server)).await;
    within(server.terminate()).await;
    let rows = status(&server).await;
    let files = views(&server);
    assert!(!files.is_empty(), "the read models lie beside the log");
    for file in files {
        std::fs::remove_file(file).expect("it can be removed");
    }
    within(server.restart()).await;
    assert_eq!(within(list(&server)).await, before);
    within(server.terminate()).await;
    assert_eq!(status(&server).await, rows);
}

#[tokio::test]
async fn read_models_that_are_no_database_are_made_anew() {
    let mut server = server().await;
    within(story(&server)).await;
    let before = within(list(&server)).await;
    within(server.terminate()).await;
    for file in views(&server) {
        std::fs::write(
            file,
            b"these are no read models at all, and longer than a header of a database would be: ".repeat(4),
        )
        .expect("it can be written");
    }
    within(server.restart()).await;
    assert_eq!(within(list(&server)).await, before);
}

/// Puts other files of read models in the place of a server's own.
fn replace_views(server: &Server, other: &std::path::Path) {
    for file in views(server) {
        std::fs::remove_file(file).expect("it can be removed");
    }
    std::fs::copy(other, server.folder().join("assent.db.views")).expect("it can be copied");
}

#[tokio::test]
async fn read_models_of_another_ledger_are_not_believed() {
    let (mut one, mut other) = (server().await, server().await);
    within(story(&one)).await;
    within(other.accepted("northwind", "a")).await;
    within(other.terminate()).await;
    let before = within(list(&one)).await;
    within(one.terminate()).await;
    replace_views(&one, &other.folder().join("assent.db.views"));
    within(one.restart()).await;
    assert_eq!(within(list(&one)).await, before);
}

#[tokio::test]
async fn read_models_that_are_ahead_of_a_restored_log_are_not_believed() {
    let mut server = server().await;
    within(story(&server)).await;
    let before = within(list(&server)).await;
    within(server.terminate()).await;
    let backup = std::fs::read(server.database_file()).expect("it can be read");
    within(server.restart()).await;
    let later = ConfirmAcceptanceRequest {
        accepted_on: Some("2026-02-17".to_owned()),
        ..requests::confirm("northwind", "fabrikam")
    };
    within(server.acceptance().confirm_acceptance(later)).await.expect("it is confirmed");
    within(server.terminate()).await;
    std::fs::write(server.database_file(), backup).expect("it can be restored");
    within(server.restart()).await;
    assert_eq!(within(list(&server)).await, before);
}

#[tokio::test]
async fn a_rebuild_finds_no_difference_and_makes_the_same_rows() {
    let mut server = server().await;
    within(story(&server)).await;
    let before = within(list(&server)).await;
    within(server.terminate()).await;
    let rows = status(&server).await;
    let rebuilt =
        run(["projections", "rebuild", "--output", "json", "--database", &server.database_url()]).await;
    assert_eq!(rebuilt.code, Some(0), "{rebuilt:?}");
    let report: serde_json::Value = serde_json::from_str(&rebuilt.stdout).expect("it is JSON");
    assert_eq!(report["differences"], 0);
    assert!(report["events"].as_u64().is_some_and(|it| it > 20), "{report}");
    assert_eq!(status(&server).await, rows);
    within(server.restart()).await;
    assert_eq!(within(list(&server)).await, before);
}

#[tokio::test]
async fn a_rebuild_beside_a_running_server_is_refused() {
    let server = server().await;
    within(server.accepted("contoso", "fabrikam")).await;
    let refused = run(["projections", "rebuild", "--database", &server.database_url()]).await;
    assert_eq!(refused.code, Some(3), "{refused:?}");
    assert!(refused.stderr.contains("in use by a server: stop it, run this again"), "{refused:?}");
    within(server.decide(requests::order("contoso", "fabrikam"))).await;
}
