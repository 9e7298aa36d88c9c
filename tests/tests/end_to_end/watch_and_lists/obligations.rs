//! Obligations to cancel, from OPEN to each of their ends (rule C13).

use assent_proto::v1::*;
use assent_testing::{Server, reason, requests};
use tonic::Code;

use crate::support::{head, server, within};

async fn withdrawn(server: &Server, customer: &str) -> Obligation {
    within(server.register_customer(customer)).await;
    within(server.establish("contoso", customer)).await;
    within(server.acceptance().confirm_acceptance(requests::confirm("contoso", customer)))
        .await
        .expect("it is answered");
    let withdrawn =
        within(server.acceptance().withdraw_acceptance(requests::withdraw("contoso", customer))).await;
    let obligation =
        withdrawn.expect("it is answered").into_inner().obligation.expect("a withdrawal opens one");
    assert_eq!(obligation.state(), ObligationState::Open);
    assert_eq!(obligation.obligation_id, obligation.withdrawal_event_id);
    obligation
}

async fn listed(server: &Server, state: ObligationState, customer: Option<&str>) -> Vec<Obligation> {
    let request = ListObligationsRequest {
        partner_id: "contoso".to_owned(),
        customer_id: customer.map(str::to_owned),
        state: state.into(),
        ..Default::default()
    };
    within(server.acceptance().list_obligations(request))
        .await
        .expect("it is answered")
        .into_inner()
        .obligations
}

fn states(obligations: &[Obligation]) -> Vec<(&str, ObligationState)> {
    obligations.iter().map(|it| (it.customer_id.as_str(), it.state())).collect()
}

#[tokio::test]
async fn an_obligation_is_open_until_it_is_restored_cancelled_or_voided() {
    let server = server().await;
    within(server.register_partner("contoso", Program::DirectBill)).await;
    let mut ids = Vec::new();
    for customer in ["open", "restored", "cancelled", "voided"] {
        ids.push(withdrawn(&server, customer).await.obligation_id);
    }
    let all = listed(&server, ObligationState::Unspecified, None).await;
    assert_eq!(all.iter().map(|it| it.state()).collect::<Vec<_>>(), [ObligationState::Open; 4]);
    assert_eq!(all.iter().map(|it| it.obligation_id.clone()).collect::<Vec<_>>(), ids);

    // The day of the withdrawal is today, and a new acceptance has to lie after its instant.
    let again = ConfirmAcceptanceRequest {
        accepted_on: None,
        accepted_at: Some(after(all[1].opened_at.expect("it was opened"))),
        ..requests::confirm("contoso", "restored")
    };
    within(server.acceptance().confirm_acceptance(again)).await.unwrap();
    let cancellation = RecordCancellationRequest { obligation_id: ids[2].clone(), ..Default::default() };
    let cancelled =
        within(server.acceptance().record_cancellation(cancellation.clone())).await.unwrap().into_inner();
    assert_eq!(cancelled.obligation.expect("it is answered").state(), ObligationState::Cancelled);
    let void = VoidRecordRequest {
        reason: "they never withdrew".to_owned(),
        record: Some(void_record_request::Record::WithdrawalEventId(ids[3].clone())),
        ..Default::default()
    };
    within(server.acceptance().void_record(void)).await.unwrap();

    let (open, restored) = (ObligationState::Open, ObligationState::Restored);
    let (done, voided) = (ObligationState::Cancelled, ObligationState::Voided);
    let all = listed(&server, ObligationState::Unspecified, None).await;
    assert_eq!(
        states(&all),
        [("open", open), ("restored", restored), ("cancelled", done), ("voided", voided)]
    );
    for (customer, state) in states(&all) {
        assert_eq!(states(&listed(&server, state, None).await), [(customer, state)], "the filter of states");
        assert_eq!(states(&listed(&server, state, Some(customer)).await), [(customer, state)]);
    }
    assert!(listed(&server, open, Some("voided")).await.is_empty());
    assert!(all[0].closed_by.is_none() && all[1..].iter().all(|it| it.closed_by.is_some()), "{all:?}");

    let codes = |customer: &str| server.reasons(requests::order("contoso", customer));
    assert_eq!(within(codes("open")).await, [ReasonCode::AcceptanceWithdrawn]);
    assert_eq!(within(codes("restored")).await, [ReasonCode::AcceptanceInForce]);
    assert_eq!(within(codes("cancelled")).await, [ReasonCode::AcceptanceWithdrawn]);
    assert_eq!(within(codes("voided")).await, [ReasonCode::AcceptanceInForce]);

    let before = head(&server).await;
    let again = within(server.acceptance().record_cancellation(cancellation)).await;
    let nothing = within(server.acceptance().withdraw_acceptance(requests::withdraw("contoso", "open")))
        .await
        .unwrap_err();
    assert_eq!(
        (nothing.code(), reason(&nothing).as_str()),
        (Code::FailedPrecondition, "NOTHING_TO_WITHDRAW")
    );
    assert_eq!(head(&server).await, before, "what is closed is not closed again: {again:?}");
}

/// A moment later.
fn after(at: prost_types::Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: at.seconds + 1, ..at }
}
