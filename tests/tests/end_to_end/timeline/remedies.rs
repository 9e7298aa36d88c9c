//! A program that knows nothing but the remedies of a denial gets to ALLOWED (rule O9).

use assent_proto::v1::*;
use assent_testing::{Server, requests};

use crate::support::{backfill, import, server, within};

/// More rounds than this, and the remedies lead nowhere.
const ROUNDS_MAX: usize = 3;

/// Carries out what a denial asks for, taking everything from the remedy itself.
async fn carry_out(server: &Server, remedy: &Remediation) {
    let partner_id = || remedy.partner_id.clone().expect("it names the partner");
    let customer_id = || remedy.customer_id.clone().expect("it names the customer");
    let mut directory = server.directory();
    match remedy.action() {
        RemediationAction::RegisterPartner => {
            let program = if remedy.reseller_id.is_some() {
                Program::IndirectReseller
            } else {
                Program::IndirectProvider
            };
            directory
                .register_partner(requests::partner(&partner_id(), program))
                .await
                .expect("it is registered");
        }
        RemediationAction::ActivatePartner => {
            let status = PartnerStatus::Active.into();
            let request = SetPartnerStatusRequest { partner_id: partner_id(), status, ..Default::default() };
            directory.set_partner_status(request).await.expect("it is active");
        }
        RemediationAction::RegisterCustomer => {
            directory.register_customer(requests::customer(&customer_id())).await.expect("it is registered");
        }
        RemediationAction::EstablishRelationship => {
            let request = match &remedy.reseller_id {
                Some(reseller) => requests::link(&partner_id(), reseller),
                None => requests::relationship(&partner_id(), &customer_id()),
            };
            directory.establish_relationship(request).await.expect("it is established");
        }
        RemediationAction::ConfirmAcceptance
        | RemediationAction::ReconfirmCurrentVersion
        | RemediationAction::AcceptOtherAgreement => {
            assert_eq!(remedy.call.as_deref(), Some("assent.v1.AcceptanceService/ConfirmAcceptance"));
            let request = ConfirmAcceptanceRequest {
                agreement_id: remedy.agreement_id.clone().expect("it names the agreement"),
                version: remedy.version.clone(),
                accepted_on: None,
                accepted_at: Some(now(server).await),
                ..requests::confirm(&partner_id(), &customer_id())
            };
            server.acceptance().confirm_acceptance(request).await.expect("it is confirmed");
        }
        // It is what a withdrawal asks for besides, and allows nothing by itself.
        RemediationAction::CancelSubscriptions => {}
        RemediationAction::OrderThroughProvider | RemediationAction::Unspecified => {
            panic!("nobody can carry this out: {remedy:?}")
        }
    }
}

/// The server's own clock: what an answer of now was evaluated at.
async fn now(server: &Server) -> prost_types::Timestamp {
    server.decide(requests::order("nobody", "nobody")).await.evaluated_at.expect("an answer has its instant")
}

/// Asks, carries out all remedies, and asks again, until it is allowed; gives the reasons of the first answer.
async fn until_allowed(server: &Server, order: AuthorizeOrderRequest) -> Vec<ReasonCode> {
    let mut first = None;
    for _ in 0..ROUNDS_MAX {
        let answer = within(server.decide(order.clone())).await;
        first.get_or_insert_with(|| answer.reasons.iter().map(|it| it.code()).collect());
        if answer.decision() == Decision::Allowed {
            return first.expect("it was just set");
        }
        for remedy in &answer.remediations {
            within(carry_out(server, remedy)).await;
        }
    }
    panic!("the remedies of {order:?} lead nowhere");
}

#[tokio::test]
async fn who_carries_out_every_remedy_is_allowed() {
    let server = server().await;
    let of_strangers = requests::order("stranger", "unheard-of");
    assert_eq!(
        until_allowed(&server, of_strangers).await,
        [
            ReasonCode::PartnerUnknown,
            ReasonCode::CustomerUnknown,
            ReasonCode::RelationshipMissing,
            ReasonCode::AcceptanceMissing
        ]
    );
    let through_a_stranger = AuthorizeOrderRequest {
        reseller_id: Some("strange-reseller".to_owned()),
        ..requests::order("stranger", "unheard-of")
    };
    assert_eq!(until_allowed(&server, through_a_stranger).await, [ReasonCode::ResellerNotLinked]);

    within(server.registered("contoso", "old")).await;
    let old = ConfirmAcceptanceRequest {
        accepted_on: Some("2020-05-05".to_owned()),
        ..requests::confirm("contoso", "old")
    };
    import(&server, vec![backfill(1, "2020-05-06", old)]).await;
    assert_eq!(
        until_allowed(&server, requests::order("contoso", "old")).await,
        [ReasonCode::AcceptanceStale]
    );

    within(server.accepted("fabrikam", "leaver")).await;
    within(server.acceptance().withdraw_acceptance(requests::withdraw("fabrikam", "leaver"))).await.unwrap();
    assert_eq!(
        until_allowed(&server, requests::order("fabrikam", "leaver")).await,
        [ReasonCode::AcceptanceWithdrawn]
    );

    let inactive = SetPartnerStatusRequest {
        partner_id: "fabrikam".to_owned(),
        status: PartnerStatus::Inactive.into(),
        ..Default::default()
    };
    within(server.directory().set_partner_status(inactive)).await.unwrap();
    assert_eq!(
        until_allowed(&server, requests::order("fabrikam", "leaver")).await,
        [ReasonCode::PartnerInactive]
    );
}
