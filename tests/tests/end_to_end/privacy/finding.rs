//! Finding whose data is held (rule C14).

#![expect(
    clippy::unwrap_used,
    reason = "a test that unwraps in vain has failed, whichever function it unwraps in"
)]

use assent_proto::event::event::Payload;
use assent_proto::v1::*;
use assent_testing::{reason, requests};

use super::ground::*;
use crate::support::{decoded, events, head, within};

on_both! {
    a_person_is_found_by_e_mail_address_wherever_it_was_recorded,
    a_look_up_is_recorded_before_it_answers_and_holds_no_address,
}

async fn a_person_is_found_by_e_mail_address_wherever_it_was_recorded(ground: Ground) {
    let server = ground.server();
    let records = records(server).await;
    let mut hers = vec![records.evidence, records.first, records.corrected, records.elsewhere];
    let mut acceptance = server.acceptance();
    for day in 1..=9 {
        let confirmation = ConfirmAcceptanceRequest {
            contact: contact("Anna.BERG@Fabrikam.example"),
            accepted_on: Some(format!("2026-02-0{day}")),
            ..requests::confirm("northwind", "litware")
        };
        let confirmed = within(acceptance.confirm_acceptance(confirmation)).await.unwrap().into_inner();
        hers.push(confirmed.acceptance.unwrap().acceptance_id);
    }
    hers.sort();
    for page_size in [1, 4, 13, 100] {
        assert_eq!(found(server, HER, page_size).await, hers, "in pages of {page_size}");
    }
    assert_eq!(found(server, HIM, 10).await, [records.his]);
    assert_eq!(found(server, "nobody@fabrikam.example", 10).await, Vec::<String>::new());
}

async fn a_look_up_is_recorded_before_it_answers_and_holds_no_address(ground: Ground) {
    let server = ground.server();
    let records = records(server).await;
    let before = head(server).await;
    found(server, HIM, 10).await;
    let recorded = decoded(events(server).await.last().unwrap());
    assert_eq!(recorded.position, before + 1);
    let Some(Payload::PersonLookedUp(looked_up)) = recorded.payload else { panic!("{recorded:?}") };
    assert_eq!(looked_up.record_ids, [records.his]);
    assert!(looked_up.purpose.is_some());
    let ask = |email: &str, reason: &str, page_token: &str| FindPersonRequest {
        email: email.to_owned(),
        reason: reason.to_owned(),
        page_token: page_token.to_owned(),
        ..Default::default()
    };
    for request in [ask("", "why", ""), ask("no address", "why", ""), ask(HIM, "", ""), ask(HIM, "why", "00")]
    {
        let refused = within(server.privacy().find_person(request)).await.unwrap_err();
        assert_eq!(reason(&refused), "FIELD_INVALID");
    }
    assert_eq!(head(server).await, before + 1, "what is refused is not recorded");
}
