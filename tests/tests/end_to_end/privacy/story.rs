//! A run in which personal data come in by every way there is, good and bad, and go out again.

use assent_proto::v1::acceptance_service_client::AcceptanceServiceClient;
use assent_proto::v1::audit_service_client::AuditServiceClient;
use assent_proto::v1::catalog_service_client::CatalogServiceClient;
use assent_proto::v1::directory_service_client::DirectoryServiceClient;
use assent_proto::v1::privacy_service_client::PrivacyServiceClient;
use assent_proto::v1::*;
use assent_testing::{reason, requests};
use tonic::transport::Channel;
use uuid::Uuid;

use super::secrets::*;
use super::traced::Traced;
use crate::support::{run, within};

type Acceptances = AcceptanceServiceClient<Channel>;

pub(super) async fn play(server: &Traced) {
    let mut acceptance = AcceptanceServiceClient::new(server.channel());
    within(directory(&mut DirectoryServiceClient::new(server.channel()))).await;
    let confirmed = within(recorded(&mut acceptance)).await;
    within(evidence(&mut acceptance)).await;
    within(refused(&mut acceptance)).await;
    within(changed(&mut acceptance, &confirmed)).await;
    within(read(&mut acceptance, &confirmed)).await;
    let shipped = run(["policy", "show", "--builtin"]).await.stdout;
    let publish = PublishPolicyRequest {
        document: shipped.replace("2026-01-05", "2026-01-21").into(),
        reason: PUBLISHED_BECAUSE.to_owned(),
        ..Default::default()
    };
    within(CatalogServiceClient::new(server.channel()).publish_policy(publish))
        .await
        .expect("it is published");
    let mut audit = AuditServiceClient::new(server.channel());
    let mut events =
        within(audit.read_events(ReadEventsRequest::default())).await.expect("it is read").into_inner();
    while within(events.message()).await.expect("it goes on to its end").is_some() {}
    let history = GetHistoryRequest {
        partner_id: "contoso".to_owned(),
        customer_id: "a".to_owned(),
        ..Default::default()
    };
    within(audit.get_history(history)).await.expect("it is read");
    within(found_and_erased(&mut PrivacyServiceClient::new(server.channel()), &confirmed)).await;
}

async fn found_and_erased(privacy: &mut PrivacyServiceClient<Channel>, confirmed: &str) {
    let find = |email: &str| FindPersonRequest {
        email: email.to_owned(),
        page_size: 1,
        reason: FOUND_BECAUSE.to_owned(),
        ..Default::default()
    };
    let found = privacy.find_person(find(EMAIL)).await.expect("she is found").into_inner();
    assert!(found.acceptance_ids.len() == 1 && !found.next_page_token.is_empty());
    privacy.find_person(find(BAD_EMAIL)).await.expect_err("it is no address");
    let erase = |acceptance_id| ErasePersonalDataRequest {
        customer_id: "a".to_owned(),
        acceptance_id,
        reason: ERASED_BECAUSE.to_owned(),
        ..Default::default()
    };
    for acceptance in [Some(confirmed.to_owned()), None] {
        let erased = privacy.erase_personal_data(erase(acceptance)).await.expect("it is erased").into_inner();
        assert!(erased.erased > 0);
    }
}

async fn directory(directory: &mut DirectoryServiceClient<Channel>) {
    for (partner, program) in [
        ("contoso", Program::DirectBill),
        ("northwind", Program::IndirectProvider),
        ("adatum", Program::IndirectReseller),
    ] {
        directory.register_partner(requests::partner(partner, program)).await.expect("it is registered");
    }
    directory.establish_relationship(requests::link("northwind", "adatum")).await.expect("it is linked");
    for (partner, customer) in [("contoso", "a"), ("contoso", "b"), ("contoso", "c"), ("northwind", "d")] {
        directory.register_customer(requests::customer(customer)).await.expect("it is registered");
        directory
            .establish_relationship(requests::relationship(partner, customer))
            .await
            .expect("it is put in touch");
    }
}

fn contact(email: &str) -> Option<Contact> {
    let (first_name, last_name) = (FIRST_NAME.to_owned(), LAST_NAME.to_owned());
    Some(Contact {
        first_name,
        last_name,
        email: email.to_owned(),
        phone_number: Some(PHONE_NUMBER.to_owned()),
    })
}

fn proof() -> Option<Evidence> {
    Some(Evidence { uri: URI.to_owned(), sha256: Some(vec![1; 32].into()), media_type: None })
}

fn confirmation(customer: &str) -> ConfirmAcceptanceRequest {
    ConfirmAcceptanceRequest {
        contact: contact(EMAIL),
        employee: Some(EMPLOYEE.to_owned()),
        evidence: proof(),
        request_id: Some(Uuid::from_u128(customer.len() as u128 + 4).to_string()),
        ..requests::confirm("contoso", customer)
    }
}

async fn recorded(acceptance: &mut Acceptances) -> String {
    let confirmed =
        acceptance.confirm_acceptance(confirmation("a")).await.expect("it is stored").into_inner();
    let again = acceptance.confirm_acceptance(confirmation("a")).await.expect("it is replayed").into_inner();
    assert!(again.replayed);
    let attestation = AttestAcceptanceRequest {
        contact: contact(OTHER_EMAIL),
        employee: Some(EMPLOYEE.to_owned()),
        evidence: proof(),
        ..requests::attest("contoso", "b")
    };
    acceptance.attest_acceptance(attestation).await.expect("it is stored");
    let direct =
        RecordDirectAcceptanceRequest { contact: contact(EMAIL), ..requests::direct("contoso", "c") };
    acceptance.record_direct_acceptance(direct).await.expect("it is stored");
    let mut rows = Vec::new();
    for day in 1..=9 {
        let mut row = ConfirmAcceptanceRequest {
            accepted_on: Some(format!("2026-02-0{day}")),
            request_id: None,
            ..confirmation("b")
        };
        row.contact.as_mut().expect("it has one").first_name = CYRILLIC_NAME.to_owned();
        rows.push(requests::row(day, row));
    }
    rows.push(requests::row(
        10,
        ConfirmAcceptanceRequest { contact: contact(BAD_EMAIL), ..confirmation("b") },
    ));
    let mut outcomes =
        acceptance.import_acceptances(tokio_stream::iter(rows)).await.expect("it begins").into_inner();
    while outcomes.message().await.expect("every row has its outcome").is_some() {}
    confirmed.acceptance.expect("it is answered").acceptance_id
}

async fn evidence(acceptance: &mut Acceptances) {
    let submission = |accepted_on: &str| SubmitEvidenceRequest {
        partner_id: "northwind".to_owned(),
        customer_id: "d".to_owned(),
        agreement_id: requests::CUSTOMER_AGREEMENT.to_owned(),
        contact: contact(EMAIL),
        accepted_on: Some(accepted_on.to_owned()),
        employee: Some(EMPLOYEE.to_owned()),
        evidence: proof(),
        reseller_id: "adatum".to_owned(),
        ..Default::default()
    };
    let first = acceptance
        .submit_evidence(submission("2026-02-01"))
        .await
        .expect("it is stored")
        .into_inner()
        .evidence_id;
    let second = acceptance
        .submit_evidence(submission("2026-02-02"))
        .await
        .expect("it is stored")
        .into_inner()
        .evidence_id;
    let confirm =
        ConfirmEvidenceRequest { evidence_id: first, contact: contact(OTHER_EMAIL), ..Default::default() };
    acceptance.confirm_evidence(confirm).await.expect("it is stored");
    let reject = RejectEvidenceRequest {
        evidence_id: second,
        reason: REJECTED_BECAUSE.to_owned(),
        ..Default::default()
    };
    acceptance.reject_evidence(reject).await.expect("it is stored");
}

/// What is refused must not be written down anywhere either.
async fn refused(acceptance: &mut Acceptances) {
    let mut bad_name = confirmation("a");
    bad_name.contact.as_mut().expect("it has one").first_name = BAD_NAME.to_owned();
    let unnamed = || ConfirmAcceptanceRequest { request_id: None, ..confirmation("a") };
    let refusals = [
        (bad_name, "FIELD_INVALID"),
        (ConfirmAcceptanceRequest { contact: contact(BAD_EMAIL), ..unnamed() }, "FIELD_INVALID"),
        (ConfirmAcceptanceRequest { contact: contact(STAFF_EMAIL), ..unnamed() }, "CONTACT_IS_PARTNER"),
        (unnamed(), "ACCEPTANCE_ALREADY_CONFIRMED"),
        (
            ConfirmAcceptanceRequest { contact: contact(OTHER_EMAIL), ..confirmation("a") },
            "REQUEST_ID_REUSED",
        ),
        (ConfirmAcceptanceRequest { customer_id: "nobody".to_owned(), ..unnamed() }, "CUSTOMER_UNKNOWN"),
    ];
    for (request, expected) in refusals {
        let refusal = acceptance.confirm_acceptance(request).await.expect_err(expected);
        assert_eq!(reason(&refusal), expected);
    }
}

async fn changed(acceptance: &mut Acceptances, confirmed: &str) {
    let correction = CorrectAcceptanceRequest {
        acceptance_id: confirmed.to_owned(),
        reason: CORRECTED_BECAUSE.to_owned(),
        contact: contact(OTHER_EMAIL),
        employee: Some(EMPLOYEE.to_owned()),
        ..Default::default()
    };
    let corrected = acceptance.correct_acceptance(correction).await.expect("it is corrected").into_inner();
    let corrected = corrected.acceptance.expect("it is answered").acceptance_id;
    let withdrawal = WithdrawAcceptanceRequest {
        reason: WITHDRAWN_BECAUSE.to_owned(),
        ..requests::withdraw("contoso", "a")
    };
    let withdrawn = acceptance.withdraw_acceptance(withdrawal).await.expect("it is withdrawn").into_inner();
    let obligation_id = withdrawn.obligation.expect("it opens one").obligation_id;
    let cancellation =
        RecordCancellationRequest { obligation_id, note: Some(NOTE.to_owned()), ..Default::default() };
    acceptance.record_cancellation(cancellation).await.expect("it is cancelled");
    let void = VoidRecordRequest {
        reason: VOIDED_BECAUSE.to_owned(),
        record: Some(void_record_request::Record::AcceptanceId(corrected)),
        ..Default::default()
    };
    acceptance.void_record(void).await.expect("it is voided");
}

async fn read(acceptance: &mut Acceptances, confirmed: &str) {
    let get = GetAcceptanceRequest { acceptance_id: confirmed.to_owned() };
    let shown = acceptance.get_acceptance(get).await.expect("it is shown").into_inner().acceptance;
    assert_eq!(shown.and_then(|it| it.contact), contact(EMAIL), "who may see it, sees it");
    for partner in ["contoso", "northwind"] {
        let list = ListAcceptancesRequest { partner_id: partner.to_owned(), ..Default::default() };
        assert!(
            !acceptance
                .list_acceptances(list)
                .await
                .expect("it is listed")
                .into_inner()
                .acceptances
                .is_empty()
        );
        let list = ListEvidenceRequest { partner_id: partner.to_owned(), ..Default::default() };
        acceptance.list_evidence(list).await.expect("it is listed");
    }
    acceptance.get_acceptance_status(requests::status("contoso", "a")).await.expect("it is shown");
}
