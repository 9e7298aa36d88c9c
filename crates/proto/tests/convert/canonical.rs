//! The form whose keyed hash is stored beside a request id, for ever: none of these may ever change.

use assent_proto::convert::intent;
use assent_proto::v1;
use assent_proto::v1::export_inquiry_request::Scope;
use prost_types::Timestamp;

use crate::requests::{
    EVENT, attest, confirm, correct, direct, order, outcome, publish_policy, publish_version,
    register_partner, submit,
};

/// The form as the documentation of `Intent::canonical` describes it, from tags and values.
fn form(values: &[(u8, &[u8])]) -> Vec<u8> {
    let mut form = vec![1];
    for (tag, value) in values {
        form.push(*tag);
        form.extend_from_slice(&u32::try_from(value.len()).unwrap().to_be_bytes());
        form.extend_from_slice(value);
    }
    form
}

const AT_MICROS: [u8; 8] = 1_570_005_000_123_456_i64.to_be_bytes();
const CUSTOMER: &[u8] = b"117a77b0-9360-443b-8795-c6dedc750cf9";
const AGREEMENT: &[u8] = b"microsoft-customer-agreement";
const EVENT_BYTES: [u8; 16] = hex_16("018bcfe5687b79699a5a5a123456789a");

const fn hex_16(text: &str) -> [u8; 16] {
    match u128::from_str_radix(text, 16) {
        Ok(value) => value.to_be_bytes(),
        Err(_) => panic!("not hexadecimal"),
    }
}

#[test]
fn the_form_of_a_confirmation() {
    let expected = form(&[
        (1, b"ConfirmAcceptance"),
        (2, b"contoso"),
        (3, CUSTOMER),
        (5, AGREEMENT),
        (6, b"2019-10"),
        (7, b"DE"),
        (8, b"de-de"),
        (9, "Zoë".as_bytes()),
        (10, "Nguyễn".as_bytes()),
        (11, b"zoe@Fabrikam.example"),
        (12, b"+49 30 1234"),
        (13, &AT_MICROS),
        (16, b"DASHBOARD"),
        (18, b"https://contoso.example/proof/1"),
        (19, &[7; 32]),
        (20, b"application/pdf"),
        (17, b"Ann Employee"),
    ]);
    assert_eq!(intent::confirm_acceptance(confirm()).unwrap().canonical(), expected);
}

#[test]
fn the_form_of_an_attestation_and_of_a_direct_acceptance() {
    let intent = intent::attest_acceptance(v1::AttestAcceptanceRequest {
        version: None,
        template: None,
        evidence: None,
        employee: None,
        channel: 0,
        ..attest()
    });
    let expected = form(&[
        (1, b"AttestAcceptance"),
        (2, b"contoso"),
        (3, CUSTOMER),
        (5, AGREEMENT),
        (9, "Zoë".as_bytes()),
        (10, "Nguyễn".as_bytes()),
        (11, b"zoe@Fabrikam.example"),
        (12, b"+49 30 1234"),
        (14, b"2019-10-02"),
        (16, b"API"),
        (21, b"NEW_PARTNER"),
    ]);
    assert_eq!(intent.unwrap().canonical(), expected);
    let expected = form(&[
        (1, b"RecordDirectAcceptance"),
        (2, b"contoso"),
        (3, CUSTOMER),
        (5, AGREEMENT),
        (13, &AT_MICROS),
        (16, b"API"),
    ]);
    assert_eq!(intent::record_direct_acceptance(direct()).unwrap().canonical(), expected);
}

#[test]
fn the_form_of_a_backfilled_row_has_its_confirming_instant() {
    let record = Some(v1::import_acceptances_request::Record::Direct(direct()));
    let confirmed_at = Some(prost_types::Timestamp { seconds: 1_600_000_000, nanos: 0 });
    let (row, intent) = intent::import_row(v1::ImportAcceptancesRequest { row: 9, confirmed_at, record });
    let mut expected = intent::record_direct_acceptance(direct()).unwrap().canonical();
    expected.extend_from_slice(&form(&[(15, &1_600_000_000_000_000_i64.to_be_bytes())])[1..]);
    assert_eq!((row, intent.unwrap().canonical()), (9, expected));
}

#[test]
fn the_forms_of_evidence() {
    let request = v1::SubmitEvidenceRequest {
        version: None,
        template: None,
        evidence: None,
        contact: Some(v1::Contact { phone_number: None, ..crate::requests::contact() }),
        employee: None,
        ..submit()
    };
    let expected = form(&[
        (1, b"SubmitEvidence"),
        (2, b"contoso"),
        (3, CUSTOMER),
        (4, b"reseller-1"),
        (5, AGREEMENT),
        (9, "Zoë".as_bytes()),
        (10, "Nguyễn".as_bytes()),
        (11, b"zoe@Fabrikam.example"),
        (13, &AT_MICROS),
        (16, b"DASHBOARD"),
    ]);
    assert_eq!(intent::submit_evidence(request).unwrap().canonical(), expected);
    let request = v1::ConfirmEvidenceRequest {
        evidence_id: EVENT.to_owned(),
        version: Some("2023-04".to_owned()),
        ..Default::default()
    };
    let expected = form(&[(1, b"ConfirmEvidence"), (23, &EVENT_BYTES), (6, b"2023-04"), (16, b"API")]);
    assert_eq!(intent::confirm_evidence(request).unwrap().canonical(), expected);
    let request = v1::RejectEvidenceRequest {
        evidence_id: EVENT.to_owned(),
        reason: "Unreadable.".to_owned(),
        ..Default::default()
    };
    let expected = form(&[(1, b"RejectEvidence"), (23, &EVENT_BYTES), (26, b"Unreadable.")]);
    assert_eq!(intent::reject_evidence(request).unwrap().canonical(), expected);
}

#[test]
fn the_forms_of_what_follows_an_acceptance() {
    let request = v1::CorrectAcceptanceRequest { contact: None, ..correct() };
    let reason = (26, b"The name was misspelt.".as_slice());
    let expected = form(&[(1, b"CorrectAcceptance"), (22, &EVENT_BYTES), (14, b"2019-10-03"), reason]);
    assert_eq!(intent::correct_acceptance(request).unwrap().canonical(), expected);

    let void = |record| v1::VoidRecordRequest {
        reason: "The name was misspelt.".to_owned(),
        record: Some(record),
        ..Default::default()
    };
    let acceptance = void(v1::void_record_request::Record::AcceptanceId(EVENT.to_owned()));
    let expected = form(&[(1, b"VoidRecord"), (22, &EVENT_BYTES), reason]);
    assert_eq!(intent::void_record(acceptance).unwrap().canonical(), expected);
    let withdrawal = void(v1::void_record_request::Record::WithdrawalEventId(EVENT.to_owned()));
    let expected = form(&[(1, b"VoidRecord"), (24, &EVENT_BYTES), reason]);
    assert_eq!(intent::void_record(withdrawal).unwrap().canonical(), expected);

    let request = v1::WithdrawAcceptanceRequest {
        partner_id: "contoso".to_owned(),
        customer_id: "fabrikam".to_owned(),
        agreement_id: "a".to_owned(),
        withdrawn_at: Some(crate::requests::AT),
        reason: "The name was misspelt.".to_owned(),
        ..Default::default()
    };
    let expected = form(&[
        (1, b"WithdrawAcceptance"),
        (2, b"contoso"),
        (3, b"fabrikam"),
        (5, b"a"),
        (27, &AT_MICROS),
        reason,
    ]);
    assert_eq!(intent::withdraw_acceptance(request).unwrap().canonical(), expected);
    let request = v1::RecordCancellationRequest {
        obligation_id: EVENT.to_owned(),
        cancelled_at: Some(crate::requests::AT),
        note: Some("Done.".to_owned()),
        ..Default::default()
    };
    let expected = form(&[(1, b"RecordCancellation"), (25, &EVENT_BYTES), (28, &AT_MICROS), (26, b"Done.")]);
    assert_eq!(intent::record_cancellation(request).unwrap().canonical(), expected);
}

#[test]
fn the_forms_of_the_directory() {
    let expected = form(&[
        (1, b"RegisterPartner"),
        (2, b"contoso"),
        (29, b"DIRECT_BILL"),
        (7, b"DE"),
        (30, b"contoso.example"),
        (30, b"xn--bcher-kva.example"),
    ]);
    assert_eq!(intent::register_partner(register_partner()).unwrap().canonical(), expected);
    let customer = |has_purchases| v1::RegisterCustomerRequest {
        customer_id: "fabrikam".to_owned(),
        country: "US".to_owned(),
        cloud: v1::Cloud::UsGovernment as i32,
        has_purchases,
        ..Default::default()
    };
    let without = [(1, b"RegisterCustomer".as_slice()), (3, b"fabrikam"), (7, b"US"), (31, b"US_GOVERNMENT")];
    assert_eq!(intent::register_customer(customer(false)).unwrap().canonical(), form(&without));
    let with = [&without[..], &[(32, &[1])]].concat();
    assert_eq!(intent::register_customer(customer(true)).unwrap().canonical(), form(&with));
    let request = v1::SetPartnerStatusRequest {
        partner_id: "contoso".to_owned(),
        status: v1::PartnerStatus::Inactive as i32,
        ..Default::default()
    };
    let expected = form(&[(1, b"SetPartnerStatus"), (2, b"contoso"), (33, b"INACTIVE")]);
    assert_eq!(intent::set_partner_status(request).unwrap().canonical(), expected);
    let establish = v1::EstablishRelationshipRequest {
        partner_id: "contoso".to_owned(),
        other: Some(v1::establish_relationship_request::Other::CustomerId("fabrikam".to_owned())),
        ..Default::default()
    };
    let expected = form(&[(1, b"EstablishRelationship"), (2, b"contoso"), (3, b"fabrikam")]);
    assert_eq!(intent::establish_relationship(establish).unwrap().canonical(), expected);
    let end = v1::EndRelationshipRequest {
        partner_id: "contoso".to_owned(),
        other: Some(v1::end_relationship_request::Other::ResellerId("reseller-1".to_owned())),
        ..Default::default()
    };
    let expected = form(&[(1, b"EndRelationship"), (2, b"contoso"), (4, b"reseller-1")]);
    assert_eq!(intent::end_relationship(end).unwrap().canonical(), expected);
}

#[test]
fn the_forms_of_the_catalogue() {
    let until = 1_570_005_001_000_000_i64.to_be_bytes();
    let first: &[(u8, &[u8])] =
        &[(7, b"DE"), (8, b"de-de"), (37, b"https://example.com/mca"), (35, &[1; 32])];
    let second: &[(u8, &[u8])] = &[(7, b"DE"), (8, b"en-us"), (37, b"")];
    let available: &[(u8, &[u8])] = &[(39, b"PRODUCTION"), (40, &AT_MICROS), (41, &until)];
    let expected = form(&[
        (1, b"PublishAgreementVersion"),
        (5, AGREEMENT),
        (6, b"2023-04"),
        (34, &AT_MICROS),
        (35, &[2; 32]),
        (36, &form(first)[1..]),
        (36, &form(second)[1..]),
        (38, &form(available)[1..]),
        (42, b"next"),
        (43, CUSTOMER),
    ]);
    assert_eq!(intent::publish_agreement_version(publish_version()).unwrap().canonical(), expected);
    let request = v1::RetireAgreementRequest {
        agreement_id: "a".to_owned(),
        environment: v1::Environment::Sandbox as i32,
        channel: v1::Channel::Api as i32,
        retired_at: Some(crate::requests::AT),
        successor: Some("next".to_owned()),
        ..Default::default()
    };
    let expected = form(&[
        (1, b"RetireAgreement"),
        (5, b"a"),
        (39, b"SANDBOX"),
        (16, b"API"),
        (44, &AT_MICROS),
        (42, b"next"),
    ]);
    assert_eq!(intent::retire_agreement(request).unwrap().canonical(), expected);
    let document = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, crate::requests::POLICY.as_bytes());
    let expected = form(&[
        (1, b"PublishPolicy"),
        (35, document.as_ref()),
        (45, &2_u32.to_be_bytes()),
        (26, b"A date moved."),
        (46, &[1]),
    ]);
    let request = v1::PublishPolicyRequest { validate_only: true, ..publish_policy() };
    assert_eq!(intent::publish_policy(request).unwrap().canonical(), expected);
}

#[test]
fn the_forms_of_orders() {
    let expected = form(&[
        (1, b"AuthorizeOrder"),
        (2, CUSTOMER),
        (3, b"fabrikam"),
        (4, b"reseller-1"),
        (47, b"NEW_PURCHASE"),
        (16, b"API"),
        (48, b"azure-plan"),
        (50, &AT_MICROS),
        (49, b"order-4711"),
    ]);
    let request = v1::AuthorizeOrderRequest { record: Some(true), known_at: None, ..order() };
    assert_eq!(intent::record_decision(request).unwrap().canonical(), expected);
    let expected = form(&[
        (1, b"RecordOrderOutcome"),
        (2, b"contoso"),
        (3, b"fabrikam"),
        (4, b"reseller-1"),
        (47, b"RENEWAL"),
        (48, b"azure-plan"),
        (51, b"PLACED"),
        (52, &AT_MICROS),
        (49, b"order-4711"),
        (53, &12_u64.to_be_bytes()),
    ]);
    assert_eq!(intent::record_order_outcome(outcome()).unwrap().canonical(), expected);
}

#[test]
fn the_same_content_has_the_same_form_however_it_was_written() {
    let mut other = confirm();
    other.customer_id = other.customer_id.to_lowercase();
    other.contact.as_mut().unwrap().first_name = "Zoë".to_owned();
    other.template.as_mut().unwrap().language = "DE-de".to_owned();
    other.accepted_at.as_mut().unwrap().nanos = 123_456_000;
    (other.request_id, other.with_proof, other.expected_revision) = (None, None, None);
    let form = |request| intent::confirm_acceptance(request).unwrap().canonical();
    assert_eq!(form(other), form(confirm()));
    let mut other = confirm();
    other.version = None;
    assert_ne!(form(other), form(confirm()));
}

#[test]
fn the_form_of_an_erasure_and_of_inquiries() {
    let erase = |acceptance_id| v1::ErasePersonalDataRequest {
        customer_id: "117A77B0-9360-443B-8795-C6DEDC750CF9".to_owned(),
        acceptance_id,
        reason: "they asked".to_owned(),
        ..Default::default()
    };
    let reason = (26, b"they asked".as_slice());
    let expected = form(&[(1, b"ErasePersonalData"), (3, CUSTOMER), reason]);
    assert_eq!(intent::erase_personal_data(erase(None)).unwrap().canonical(), expected);
    let expected = form(&[(1, b"ErasePersonalData"), (3, CUSTOMER), (22, &EVENT_BYTES), reason]);
    assert_eq!(intent::erase_personal_data(erase(Some(EVENT.to_owned()))).unwrap().canonical(), expected);

    let open = |scope, with_contacts| {
        let request = v1::ExportInquiryRequest {
            scope: Some(scope),
            purpose: "they asked".to_owned(),
            with_contacts,
            ..Default::default()
        };
        match intent::export_inquiry(request).unwrap() {
            intent::Export::Begin(intent) => intent.canonical(),
            going_on @ intent::Export::GoOn { .. } => panic!("it is a new one: {going_on:?}"),
        }
    };
    let agreement = Scope::AgreementId("microsoft-customer-agreement".to_owned());
    let expected = form(&[(1, b"ExportInquiry"), (5, AGREEMENT), (54, &[1]), reason]);
    assert_eq!(open(agreement, true), expected);
    let until = Some(Timestamp { seconds: 1_570_005_000, nanos: 123_456_000 });
    let expected = form(&[(1, b"ExportInquiry"), (41, &AT_MICROS), reason]);
    assert_eq!(open(Scope::Period(v1::RecordedPeriod { from: None, until }), false), expected);
}
