//! What was erased is nowhere to be seen, and everything else is as it was (rule C14).

#![expect(
    clippy::unwrap_used,
    reason = "a test that unwraps in vain has failed, whichever function it unwraps in"
)]

use assent_proto::v1::*;
use assent_testing::{reason, requests};

use super::ground::*;
use crate::support::{events, head, read, run, within};

on_both! {
    a_contact_is_erased_with_its_corrections_and_its_evidence_and_nobody_elses,
    a_customers_erasure_leaves_no_row_of_it_in_the_vault,
    a_second_erasure_of_a_customer_records_nothing_and_a_worthwhile_one_takes_the_reason_of_the_first,
    an_erasure_changes_no_byte_of_the_log_and_no_answer,
    an_erasure_is_carried_out_once,
    the_same_contact_counts_as_new_and_a_request_id_replays_without_comparing,
    after_an_erasure_a_request_id_is_still_of_one_customer_and_one_order,
    whom_nobody_knows_cannot_be_erased,
}

async fn a_contact_is_erased_with_its_corrections_and_its_evidence_and_nobody_elses(ground: Ground) {
    let server = ground.server();
    let records = records(server).await;
    // Whichever acceptance of the chain is named.
    let erased = erase(server, Some(&records.first)).await;
    assert_eq!(erased.erased, 7, "three contacts, three URIs, the reason of the correction");
    for id in [&records.first, &records.corrected] {
        assert!(!has_contact(server, id).await);
        let shown = shown(server, id).await;
        assert_eq!(shown.evidence.map(|it| it.uri), Some(String::new()));
    }
    assert_eq!(
        shown(server, &records.corrected).await.recorded_by.and_then(|it| it.employee).as_deref(),
        Some("Ottokar"),
        "who recorded it is another person"
    );
    assert!(has_contact(server, &records.his).await);
    assert!(has_contact(server, &records.elsewhere).await);
    let evidence = ListEvidenceRequest { partner_id: "northwind".to_owned(), ..Default::default() };
    let evidence = within(server.acceptance().list_evidence(evidence)).await.unwrap().into_inner().evidence;
    assert!(evidence[0].contact.is_none() && evidence[0].contact_erased, "{evidence:?}");
    let status = requests::status("northwind", "fabrikam");
    let status = within(server.acceptance().get_acceptance_status(status)).await.unwrap().into_inner();
    let current = status.agreements.into_iter().find_map(|it| it.acceptance).unwrap();
    assert_eq!(current.acceptance_id, records.his, "the later date counts");
    assert!(current.contact.is_none(), "a status never shows contacts");
    assert_eq!(found(server, HER, 10).await, [records.elsewhere]);
    assert_eq!(found(server, HIM, 10).await, [records.his]);
}

async fn a_customers_erasure_leaves_no_row_of_it_in_the_vault(ground: Ground) {
    let server = ground.server();
    let records = records(server).await;
    let rows = ground.sql("SELECT COUNT(*) FROM vault").await;
    // Hers at the other customer, the registration of that one, and the reason of the erasure.
    let erased = erase(server, None).await;
    let left = ground.sql("SELECT COUNT(*) FROM vault").await;
    let number = |text: &str| text.parse::<u32>().unwrap();
    assert_eq!(number(&left), number(&rows) - erased.erased + 1, "its own reason came with it");
    assert_eq!(left, "3");
    for id in [&records.first, &records.corrected, &records.his] {
        let shown = shown(server, id).await;
        assert!(shown.contact_erased && shown.recorded_by.unwrap().employee.is_none());
    }
    assert!(has_contact(server, &records.elsewhere).await);
    assert_eq!(found(server, HIM, 10).await, Vec::<String>::new());
}

async fn a_second_erasure_of_a_customer_records_nothing_and_a_worthwhile_one_takes_the_reason_of_the_first(
    ground: Ground,
) {
    let server = ground.server();
    records(server).await;
    erase(server, None).await;
    let before = head(server).await;
    for _ in 0..2 {
        let again = erase(server, None).await;
        assert_eq!((again.erased, again.position), (0, before));
        assert_eq!(head(server).await, before, "nothing was recorded");
    }
    let anew =
        ConfirmAcceptanceRequest { contact: contact(HIM), ..requests::confirm("northwind", "fabrikam") };
    within(server.acceptance().confirm_acceptance(anew)).await.unwrap();
    assert_eq!(erase(server, None).await.erased, 2, "the new contact, and the reason of the first erasure");
    assert_eq!(erase(server, None).await.erased, 0);
}

async fn an_erasure_changes_no_byte_of_the_log_and_no_answer(ground: Ground) {
    let server = ground.server();
    let records = records(server).await;
    let (before, position) = (events(server).await, head(server).await);
    let order = || requests::order("northwind", "fabrikam");
    let answered = server.decide(order()).await;
    erase(server, Some(&records.his)).await;
    erase(server, None).await;
    let after = read(server, ReadEventsRequest { to_position: Some(position), ..Default::default() }).await;
    assert_eq!(after, before);
    let mut again = server.decide(order()).await;
    assert_eq!(again.position, position + 2, "two erasures");
    (again.position, again.evaluated_at) = (answered.position, answered.evaluated_at);
    assert_eq!(again, answered);
    let verified = run(["verify", "--database", &ground.fleet.url()]).await;
    assert_eq!(verified.code, Some(0), "{verified:?}");
    let replayed = run(["replay", "--server", &server.url()]).await;
    assert!(replayed.stdout.contains("was erased"), "{replayed:?}");
}

async fn an_erasure_is_carried_out_once(ground: Ground) {
    let server = ground.server();
    let records = records(server).await;
    let request_id = Some("c0ffee00-0000-4000-8000-0000000000bb".to_owned());
    let request = ErasePersonalDataRequest { request_id, ..erasure(Some(&records.his)) };
    let mut privacy = server.privacy();
    let first = within(privacy.erase_personal_data(request.clone())).await.unwrap().into_inner();
    let again = within(privacy.erase_personal_data(request)).await.unwrap().into_inner();
    assert_eq!((first.erased, first.replayed), (2, false), "his contact and his proof's URI");
    assert_eq!(again, ErasePersonalDataResponse { replayed: true, ..first });
    let before = head(server).await;
    let nothing_left = erase(server, Some(&records.his)).await;
    assert_eq!((nothing_left.erased, nothing_left.position), (0, before));
    assert_eq!(head(server).await, before, "nothing was recorded");
}

async fn the_same_contact_counts_as_new_and_a_request_id_replays_without_comparing(ground: Ground) {
    let server = ground.server();
    let records = records(server).await;
    let unnamed = || ConfirmAcceptanceRequest { request_id: None, ..his_confirmation() };
    let other =
        || ConfirmAcceptanceRequest { contact: contact("else@fabrikam.example"), ..his_confirmation() };
    let mut acceptance = server.acceptance();
    let refused = within(acceptance.confirm_acceptance(unnamed())).await.unwrap_err();
    assert_eq!(reason(&refused), "ACCEPTANCE_ALREADY_CONFIRMED");
    let refused = within(acceptance.confirm_acceptance(other())).await.unwrap_err();
    assert_eq!(reason(&refused), "REQUEST_ID_REUSED");
    erase(server, Some(&records.his)).await;
    let replayed = within(acceptance.confirm_acceptance(other())).await.unwrap().into_inner();
    let replayed_acceptance = replayed.acceptance.unwrap();
    assert!(replayed.replayed && replayed_acceptance.contact_erased);
    assert_eq!(replayed_acceptance.acceptance_id, records.his);
    let anew = within(acceptance.confirm_acceptance(unnamed())).await.unwrap().into_inner();
    assert_ne!(anew.acceptance.unwrap().acceptance_id, records.his);
    // An erased contact has to be given anew where it is needed again.
    let correction = |contact| CorrectAcceptanceRequest {
        acceptance_id: records.his.clone(),
        reason: "the date".to_owned(),
        accepted_on: Some("2026-01-10".to_owned()),
        contact,
        ..Default::default()
    };
    let refused = within(acceptance.correct_acceptance(correction(None))).await.unwrap_err();
    assert_eq!(crate::support::fields(&refused), ["contact"]);
    within(acceptance.correct_acceptance(correction(contact(HIM)))).await.unwrap();
}

async fn after_an_erasure_a_request_id_is_still_of_one_customer_and_one_order(ground: Ground) {
    let server = ground.server();
    records(server).await;
    let order = |customer: &str, order_ref: &str| AuthorizeOrderRequest {
        record: Some(true),
        request_id: Some("c0ffee00-0000-4000-8000-0000000000cc".to_owned()),
        order_ref: Some(order_ref.to_owned()),
        ..requests::order("northwind", customer)
    };
    let ask = async |order| within(server.authorization().authorize_order(order)).await;
    let recorded = ask(order("fabrikam", "one")).await.unwrap().into_inner();
    erase(server, None).await;
    let replayed = ask(order("fabrikam", "one")).await.unwrap().into_inner();
    assert_eq!(replayed.recorded_position, recorded.recorded_position);
    assert!(replayed.replayed && replayed.order_ref.as_deref() == Some("one"));
    for other in [
        order("somebody-else", "one"),
        order("fabrikam", "two"),
        AuthorizeOrderRequest { transaction: TransactionKind::Renewal.into(), ..order("fabrikam", "one") },
    ] {
        assert_eq!(reason(&ask(other).await.unwrap_err()), "REQUEST_ID_REUSED");
    }
    let another = "somebody-else".to_owned();
    let elsewhere = ConfirmAcceptanceRequest { customer_id: another, ..his_confirmation() };
    let refused = within(server.acceptance().confirm_acceptance(elsewhere)).await.unwrap_err();
    assert_eq!(reason(&refused), "REQUEST_ID_REUSED");
}

async fn whom_nobody_knows_cannot_be_erased(ground: Ground) {
    let server = ground.server();
    let records = records(server).await;
    let refuse = |request| async {
        let refused = within(server.privacy().erase_personal_data(request)).await.unwrap_err();
        reason(&refused)
    };
    let unknown = ErasePersonalDataRequest { customer_id: "nobody".to_owned(), ..erasure(None) };
    assert_eq!(refuse(unknown).await, "CUSTOMER_UNKNOWN");
    for (acceptance, why) in [
        (records.elsewhere.as_str(), "ACCEPTANCE_UNKNOWN"),
        (records.evidence.as_str(), "ACCEPTANCE_UNKNOWN"),
        ("c0ffee00-0000-4000-8000-0000000000cc", "ACCEPTANCE_UNKNOWN"),
        ("his", "FIELD_INVALID"),
    ] {
        assert_eq!(refuse(erasure(Some(acceptance))).await, why, "{acceptance}");
    }
    let unexplained = ErasePersonalDataRequest { reason: String::new(), ..erasure(None) };
    assert_eq!(refuse(unexplained).await, "FIELD_INVALID");
    assert!(has_contact(server, &records.his).await);
}
