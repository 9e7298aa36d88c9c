//! What partners are told of an erasure, and what its request ids are still good for.

use assent_proto::v1::*;
use assent_testing::{Caller, reason, requests};

use super::ground::{Ground, confirmation};
use super::hidden::kind;
use crate::support::within;

const WHY: &str = "case 4711";

async fn erase(ground: &Ground) {
    let erase = ErasePersonalDataRequest {
        customer_id: ground.own.customer.clone(),
        reason: WHY.to_owned(),
        ..Default::default()
    };
    within(ground.operator().privacy().erase_personal_data(erase)).await.expect("it is erased");
}

async fn erasures(caller: &Caller, partner: &str) -> Vec<HistoryItem> {
    let (partner_id, customer_id) = (partner.to_owned(), "fabrikam".to_owned());
    let request = GetHistoryRequest { partner_id, customer_id, ..Default::default() };
    let history = within(caller.audit().get_history(request)).await.expect("it is told").into_inner();
    history.items.into_iter().filter(|it| it.summary.contains("erased")).collect()
}

#[tokio::test]
async fn a_partner_is_told_that_its_customer_was_erased_and_neither_why_nor_by_whom_and_others_nothing() {
    let ground = Ground::new().await;
    erase(&ground).await;
    let own = erasures(&ground.caller(kind("admin-agent")), "contoso").await;
    let [own] = &own[..] else { panic!("it is told once: {own:#?}") };
    assert!(own.event.is_none(), "the entry names whoever erased, and the keys of other partners' records");
    for hidden in [WHY, "operator", "key", "item"] {
        assert!(!own.account.contains(hidden) && !own.summary.contains(hidden), "{hidden}: {own:#?}");
    }
    let other = erasures(&ground.caller(kind("user-of-another-partner")), "adatum").await;
    assert!(other.is_empty(), "it never sold to the customer: {other:#?}");
    let every = erasures(&ground.operator(), "contoso").await;
    assert!(every.len() == 1 && every[0].event.is_some() && every[0].account.contains(WHY), "{every:#?}");
}

#[tokio::test]
async fn an_erased_request_id_is_taken_for_every_other_kind_of_request() {
    let ground = Ground::new().await;
    let request_id = Some("0190b6a0-0000-7000-8000-000000000002".to_owned());
    let withdrawal = WithdrawAcceptanceRequest {
        request_id: request_id.clone(),
        ..requests::withdraw(&ground.own.partner, &ground.own.customer)
    };
    let mut acceptance = ground.caller(kind("admin-agent")).acceptance();
    within(acceptance.withdraw_acceptance(withdrawal.clone())).await.expect("it is withdrawn");
    erase(&ground).await;
    let order = AuthorizeOrderRequest {
        record: Some(true),
        request_id: request_id.clone(),
        ..requests::order(&ground.own.partner, &ground.own.customer)
    };
    let mut service = ground.caller(kind("commerce-service")).authorization();
    let refusal = within(service.authorize_order(order)).await.expect_err("it is taken");
    assert_eq!(reason(&refusal), "REQUEST_ID_REUSED");
    let confirmation =
        ConfirmAcceptanceRequest { request_id, ..confirmation(&ground.own.partner, &ground.own.customer) };
    let refusal = within(acceptance.confirm_acceptance(confirmation)).await.expect_err("it is taken");
    assert_eq!(reason(&refusal), "REQUEST_ID_REUSED");
    let again = within(acceptance.withdraw_acceptance(withdrawal)).await.expect("it was carried out");
    assert!(again.into_inner().replayed);
}
