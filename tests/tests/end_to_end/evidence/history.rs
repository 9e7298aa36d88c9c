//! A relationship's whole life, as a lawyer reads it.

#![expect(
    clippy::unwrap_used,
    reason = "a test that unwraps in vain has failed, whichever function it unwraps in"
)]

use assent_proto::v1::{CorrectAcceptanceRequest, ErasePersonalDataRequest, GetHistoryRequest};
use assent_testing::Server;

use crate::support::{server, within};

async fn accounts(server: &Server) -> Vec<String> {
    let request = GetHistoryRequest {
        partner_id: "contoso".to_owned(),
        customer_id: "fabrikam".to_owned(),
        ..Default::default()
    };
    let history = within(server.audit().get_history(request)).await.unwrap().into_inner();
    history.items.into_iter().map(|it| it.account).collect()
}

#[tokio::test]
async fn a_history_says_who_did_what_what_it_corrects_and_why_and_which_text_was_accepted() {
    let server = server().await;
    within(server.registered("contoso", "fabrikam")).await;
    let acceptance = within(server.accepted("contoso", "fabrikam")).await;
    let correction = CorrectAcceptanceRequest {
        acceptance_id: acceptance.acceptance_id.clone(),
        reason: "the date was misread".to_owned(),
        accepted_on: Some("2024-01-13".to_owned()),
        ..Default::default()
    };
    within(server.acceptance().correct_acceptance(correction)).await.unwrap();
    let told = accounts(&server).await;
    let (corrected, confirmed) = (&told[0], &told[1]);
    for part in ["done by", "the date was misread", "accepted on: 2024-01-13", &acceptance.acceptance_id] {
        assert!(corrected.contains(part), "{part}: {corrected}");
    }
    let contact = assent_testing::requests::contact("fabrikam");
    for part in [contact.last_name.as_str(), &acceptance.version, "microsoft-customer-agreement"] {
        assert!(confirmed.contains(part), "{part}: {confirmed}");
    }

    let erase = ErasePersonalDataRequest {
        customer_id: "fabrikam".to_owned(),
        reason: "they asked".to_owned(),
        ..Default::default()
    };
    within(server.privacy().erase_personal_data(erase)).await.unwrap();
    let after = accounts(&server).await;
    assert_eq!(
        after.len(),
        told.len() + 1,
        "the customer's erasure is told where what it erased is: {after:?}"
    );
    for account in after {
        assert!(!account.contains("misread") && !account.contains(&contact.last_name), "{account}");
    }
}
