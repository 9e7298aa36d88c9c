//! ListCustomersNeedingAcceptance: today, at another instant, and under a text or a policy that is still to come.

use assent_proto::v1::*;
use assent_testing::{Server, requests};

use crate::support::{backfill, import, run, server, within};

async fn registered() -> Server {
    let server = server().await;
    within(server.register_partner("contoso", Program::DirectBill)).await;
    for customer in ["current", "nothing", "old-text", "withdrawn"] {
        within(server.register_customer(customer)).await;
        within(server.establish("contoso", customer)).await;
    }
    within(server.register_customer_in("national", Cloud::Germany)).await;
    within(server.establish("contoso", "national")).await;
    within(server.register_customer("of-nobody")).await;
    for customer in ["current", "withdrawn"] {
        within(server.acceptance().confirm_acceptance(requests::confirm("contoso", customer)))
            .await
            .expect("it is answered");
    }
    let old = ConfirmAcceptanceRequest {
        accepted_on: Some("2020-05-05".to_owned()),
        ..requests::confirm("contoso", "old-text")
    };
    import(&server, vec![backfill(1, "2020-05-06", old)]).await;
    let withdrawal = WithdrawAcceptanceRequest {
        withdrawn_at: Some(requests::at("2026-03-01")),
        ..requests::withdraw("contoso", "withdrawn")
    };
    within(server.acceptance().withdraw_acceptance(withdrawal)).await.expect("it is answered");
    server
}

async fn needing(
    server: &Server,
    at: Option<&str>,
    transaction: TransactionKind,
) -> Vec<CustomerNeedingAcceptance> {
    let request = ListCustomersNeedingAcceptanceRequest {
        effective_at: at.map(requests::at),
        transaction: transaction.into(),
        ..requests::needing_acceptance("contoso")
    };
    within(server.acceptance().list_customers_needing_acceptance(request))
        .await
        .expect("it is answered")
        .into_inner()
        .customers
}

fn names(customers: &[CustomerNeedingAcceptance]) -> Vec<&str> {
    customers.iter().map(|it| it.customer_id.as_str()).collect()
}

#[tokio::test]
async fn it_names_who_needs_one_at_an_instant_with_reasons_and_remedies() {
    let server = registered().await;
    let today = needing(&server, None, TransactionKind::NewPurchase).await;
    assert_eq!(names(&today), ["nothing", "old-text", "withdrawn"]);
    let codes: Vec<_> = today.iter().map(|it| it.reasons[0].code()).collect();
    assert_eq!(
        codes,
        [ReasonCode::AcceptanceMissing, ReasonCode::AcceptanceStale, ReasonCode::AcceptanceWithdrawn]
    );
    assert!(today.iter().all(|it| !it.remediations.is_empty()));

    for (at, transaction, expected) in [
        ("2018-01-01", TransactionKind::NewPurchase, &[][..]),
        ("2026-01-04", TransactionKind::NewPurchase, &["current", "nothing", "withdrawn"]),
        ("2026-01-12", TransactionKind::NewPurchase, &["nothing", "old-text"]),
        ("2026-02-28", TransactionKind::Renewal, &["nothing", "old-text"]),
        ("2026-03-01", TransactionKind::Renewal, &["nothing", "old-text", "withdrawn"]),
        ("2040-01-01", TransactionKind::NewPurchase, &["nothing", "old-text", "withdrawn"]),
        ("2040-01-01", TransactionKind::AutoRenewal, &[]),
    ] {
        assert_eq!(
            names(&needing(&server, Some(at), transaction).await),
            expected,
            "{transaction:?} at {at}"
        );
    }
}

#[tokio::test]
async fn a_text_and_a_policy_that_are_still_to_come_are_asked_about_at_their_instants() {
    let server = registered().await;
    let text = PublishAgreementVersionRequest {
        agreement_id: requests::CUSTOMER_AGREEMENT.to_owned(),
        version: "2031-05".to_owned(),
        in_force_from: Some(requests::at("2031-05-01")),
        ..Default::default()
    };
    within(server.catalog().publish_agreement_version(text)).await.unwrap();
    let renewal = TransactionKind::Renewal;
    let before = needing(&server, Some("2031-04-30T23:59:59.999999Z"), renewal).await;
    assert_eq!(names(&before), ["nothing", "old-text", "withdrawn"]);
    let after = needing(&server, Some("2031-05-01"), renewal).await;
    assert_eq!(names(&after), ["current", "nothing", "old-text", "withdrawn"]);
    let wanted =
        after[0].remediations.iter().find(|it| it.action() == RemediationAction::ReconfirmCurrentVersion);
    assert_eq!(wanted.and_then(|it| it.version.as_deref()), Some("2031-05"));

    // A candidate of a policy: from 2030 on, an acceptance has to be of 2029 or later.
    let shipped = run(["policy", "show", "--builtin"]).await.stdout;
    let (earlier, last) =
        shipped.split_once("  - id: customer-agreement-2023-any").expect("the policy has this line");
    let last = last.replace("from: 2026-01-05", "from: 2026-01-05\n    until: 2030-01-01");
    let candidate = format!(
        "{earlier}  - id: customer-agreement-2023-any{last}
  - id: customer-agreement-2029
    source: \"OURS: a candidate\"
    from: 2030-01-01
    channels: [DASHBOARD, API]
    transactions: [NEW_PURCHASE, SEAT_INCREASE, SEAT_DECREASE, RENEWAL, SUBSCRIPTION_CHANGE]
    any_of:
      - {{ agreement_id: microsoft-customer-agreement, version: any, accepted_from: 2029-01-01 }}
"
    );
    let publish = PublishPolicyRequest {
        document: candidate.into(),
        reason: "from 2030 on".to_owned(),
        ..Default::default()
    };
    within(server.catalog().publish_policy(publish)).await.unwrap();
    let purchase = TransactionKind::NewPurchase;
    assert_eq!(
        names(&needing(&server, Some("2029-12-31"), purchase).await),
        ["nothing", "old-text", "withdrawn"]
    );
    assert_eq!(
        names(&needing(&server, Some("2030-01-01"), purchase).await),
        ["current", "nothing", "old-text", "withdrawn"]
    );
}
