//! Evidence that a reseller collects, and what the provider makes of it (rules W1, W2).

use assent_proto::v1::*;
use assent_testing::{Server, reason, requests};
use tonic::Code;

use crate::support::{head, metadata, server, within};

fn evidence(customer: &str, reseller: &str) -> SubmitEvidenceRequest {
    SubmitEvidenceRequest {
        partner_id: "northwind".to_owned(),
        customer_id: customer.to_owned(),
        agreement_id: requests::CUSTOMER_AGREEMENT.to_owned(),
        contact: Some(requests::contact(customer)),
        accepted_on: Some(requests::ACCEPTED_ON.to_owned()),
        reseller_id: reseller.to_owned(),
        evidence: Some(Evidence {
            uri: "urn:scan:17".to_owned(),
            sha256: Some(vec![7; 32].into()),
            media_type: None,
        }),
        ..Default::default()
    }
}

async fn submitted(server: &Server, customer: &str) -> String {
    within(server.acceptance().submit_evidence(evidence(customer, "adatum")))
        .await
        .expect("it is answered")
        .into_inner()
        .evidence_id
}

async fn states(server: &Server) -> Vec<EvidenceState> {
    let list = ListEvidenceRequest { partner_id: "northwind".to_owned(), ..Default::default() };
    let listed =
        within(server.acceptance().list_evidence(list)).await.expect("it is answered").into_inner().evidence;
    assert!(
        listed.iter().all(|it| it.reseller_id == "adatum" && it.contact.is_some() && it.evidence.is_some())
    );
    listed.iter().map(|it| it.state()).collect()
}

#[tokio::test]
async fn evidence_satisfies_nothing_until_the_provider_confirms_it() {
    let server = server().await;
    within(server.registered_through_provider("northwind", "adatum", "fabrikam")).await;
    let (first, second) = (submitted(&server, "fabrikam").await, submitted(&server, "fabrikam").await);
    assert_eq!(states(&server).await, [EvidenceState::Pending; 2]);
    let order = AuthorizeOrderRequest {
        reseller_id: Some("adatum".to_owned()),
        ..requests::order("northwind", "fabrikam")
    };
    assert_eq!(within(server.reasons(order.clone())).await, [ReasonCode::AcceptanceMissing]);

    let confirm = ConfirmEvidenceRequest {
        evidence_id: first.clone(),
        accepted_on: Some("2026-01-13".to_owned()),
        ..Default::default()
    };
    let confirmed = within(server.acceptance().confirm_evidence(confirm.clone())).await.unwrap().into_inner();
    let acceptance = confirmed.acceptance.expect("it became an acceptance");
    assert_eq!(acceptance.evidence_id.as_deref(), Some(first.as_str()));
    assert_eq!(
        (acceptance.method(), acceptance.accepted_on.as_deref()),
        (Method::Confirmed, Some("2026-01-13"))
    );
    assert_eq!(acceptance.contact, Some(requests::contact("fabrikam")));
    assert_eq!(acceptance.evidence.expect("it keeps the proof").uri, "urn:scan:17");
    assert_eq!(within(server.reasons(order)).await, [ReasonCode::AcceptanceInForce]);

    let reject = RejectEvidenceRequest {
        evidence_id: second.clone(),
        reason: "the signature is missing".to_owned(),
        ..Default::default()
    };
    within(server.acceptance().reject_evidence(reject.clone())).await.unwrap();
    assert_eq!(states(&server).await, [EvidenceState::Confirmed, EvidenceState::Rejected]);

    let before = head(&server).await;
    let again = [
        within(server.acceptance().confirm_evidence(confirm)).await.map(|_| ()),
        within(
            server
                .acceptance()
                .confirm_evidence(ConfirmEvidenceRequest { evidence_id: second, ..Default::default() }),
        )
        .await
        .map(|_| ()),
        within(server.acceptance().reject_evidence(RejectEvidenceRequest { evidence_id: first, ..reject }))
            .await
            .map(|_| ()),
    ];
    assert!(again.iter().all(Result::is_err), "what is settled is not settled again: {again:?}");
    assert_eq!(head(&server).await, before);
}

#[tokio::test]
async fn a_reseller_neither_confirms_nor_submits_to_a_provider_that_is_not_its_own() {
    let server = server().await;
    within(server.registered_through_provider("northwind", "adatum", "fabrikam")).await;
    within(server.register_partner("litware", Program::IndirectReseller)).await;
    within(server.establish("adatum", "fabrikam")).await;
    let before = head(&server).await;
    let refusal = within(server.acceptance().confirm_acceptance(requests::confirm("adatum", "fabrikam")))
        .await
        .unwrap_err();
    assert_eq!(
        (refusal.code(), reason(&refusal).as_str()),
        (Code::FailedPrecondition, "RESELLER_CANNOT_CONFIRM")
    );
    assert_eq!(metadata(&refusal, "providers").as_deref(), Some("northwind"));
    let refusal = within(server.acceptance().attest_acceptance(requests::attest("adatum", "fabrikam")))
        .await
        .unwrap_err();
    assert_eq!(reason(&refusal), "RESELLER_CANNOT_CONFIRM");
    for (reseller, expected) in [("litware", "RESELLER_NOT_LINKED"), ("northwind", "FIELD_INVALID")] {
        let refusal =
            within(server.acceptance().submit_evidence(evidence("fabrikam", reseller))).await.unwrap_err();
        assert_eq!(reason(&refusal), expected, "{reseller}: {refusal:?}");
    }
    // A reseller's staff are no contacts of the customer either (rule W3).
    let mut own_staff = evidence("fabrikam", "adatum");
    own_staff.contact.as_mut().expect("it has one").email = "eva@Adatum.example".to_owned();
    let refusal = within(server.acceptance().submit_evidence(own_staff)).await.unwrap_err();
    assert_eq!(reason(&refusal), "CONTACT_IS_PARTNER");
    assert_eq!(head(&server).await, before);
}
