//! Each kind of bad field, by what it does to an otherwise valid request.

use assent_proto::convert::intent::{self, EMAIL_DOMAINS_MAX, TEMPLATES_MAX};
use assent_proto::convert::{Invalid, Violations};
use assent_proto::v1;
use bytes::Bytes;
use prost_types::Timestamp;

use crate::requests::{
    AT, attest, bad_fields, bad_or_policy, confirm, contact, correct, direct, outcome, publish_policy,
    publish_version, register_partner, submit,
};

/// What a change makes bad in a valid confirmation.
fn bad_in_confirm(change: impl FnOnce(&mut v1::ConfirmAcceptanceRequest)) -> Vec<String> {
    let mut request = confirm();
    change(&mut request);
    bad_fields(intent::confirm_acceptance(request))
}

fn bad_contact(change: impl FnOnce(&mut v1::Contact)) -> Vec<String> {
    let mut contact = contact();
    change(&mut contact);
    bad_in_confirm(|it| it.contact = Some(contact))
}

#[test]
fn a_valid_request_has_no_bad_field() {
    assert_eq!(bad_in_confirm(|_| ()), [""; 0]);
}

#[test]
fn every_bad_field_of_an_empty_request_is_named_at_once() {
    let contact = ["contact.first_name", "contact.last_name", "contact.email"];
    let head = ["partner_id", "customer_id", "agreement_id"];
    let of_confirm = [&head[..], &contact, &["accepted_at"]].concat();
    assert_eq!(bad_fields(intent::confirm_acceptance(v1::ConfirmAcceptanceRequest::default())), of_confirm);
    let of_attest = [&of_confirm[..], &["scenario"]].concat();
    assert_eq!(bad_fields(intent::attest_acceptance(v1::AttestAcceptanceRequest::default())), of_attest);
    let of_submit = [&of_confirm[..], &["reseller_id"]].concat();
    assert_eq!(bad_fields(intent::submit_evidence(v1::SubmitEvidenceRequest::default())), of_submit);
    let of_direct = [&head[..], &["accepted_at"]].concat();
    let parsed = intent::record_direct_acceptance(v1::RecordDirectAcceptanceRequest::default());
    assert_eq!(bad_fields(parsed), of_direct);
}

#[test]
fn a_missing_contact_and_an_empty_one_are_the_same() {
    let missing = bad_in_confirm(|it| it.contact = None);
    assert_eq!(missing, ["contact.first_name", "contact.last_name", "contact.email"]);
    assert_eq!(bad_in_confirm(|it| it.contact = Some(v1::Contact::default())), missing);
}

#[test]
fn a_direct_acceptance_needs_no_contact_but_a_whole_one_where_it_is_given() {
    assert_eq!(bad_fields(intent::record_direct_acceptance(direct())), [""; 0]);
    let mut request = direct();
    request.contact = Some(v1::Contact { last_name: "Nguyễn".to_owned(), ..Default::default() });
    assert_eq!(
        bad_fields(intent::record_direct_acceptance(request)),
        ["contact.first_name", "contact.email"]
    );
}

#[test]
fn a_name_is_trimmed_and_must_not_be_blank_long_or_hold_control_characters() {
    for name in [" \u{3000}", "a\nb", &"x".repeat(257), &"x".repeat(2_000_000)] {
        assert_eq!(bad_contact(|it| it.first_name = name.to_owned()), ["contact.first_name"]);
        assert_eq!(bad_in_confirm(|it| it.employee = Some(name.to_owned())), ["employee"]);
    }
    assert_eq!(bad_contact(|it| it.last_name = format!("  {} ", "x".repeat(256))), [""; 0]);
}

#[test]
fn an_email_address_is_checked_for_its_format_and_never_trimmed() {
    for email in [" ", "zoe", "zoe@", " zoe@fabrikam.example", "Zoe <zoe@fabrikam.example>", "zoe@[10.0.0.1]"]
    {
        assert_eq!(bad_contact(|it| it.email = email.to_owned()), ["contact.email"], "{email}");
    }
}

#[test]
fn a_phone_number_may_be_empty_but_not_long() {
    assert_eq!(bad_contact(|it| it.phone_number = Some(String::new())), [""; 0]);
    assert_eq!(bad_contact(|it| it.phone_number = Some("1".repeat(65))), ["contact.phone_number"]);
}

#[test]
fn an_id_has_1_to_64_plain_characters() {
    for id in ["", "a b", "ü", "a/b", &"x".repeat(65), &"x".repeat(2_000_000)] {
        assert_eq!(bad_in_confirm(|it| it.partner_id = id.to_owned()), ["partner_id"]);
        assert_eq!(bad_in_confirm(|it| it.customer_id = id.to_owned()), ["customer_id"]);
        assert_eq!(bad_in_confirm(|it| it.agreement_id = id.to_owned()), ["agreement_id"]);
    }
}

#[test]
fn an_optional_field_is_left_out_or_valid_but_not_blank() {
    assert_eq!(bad_in_confirm(|it| it.version = Some(String::new())), ["version"]);
    assert_eq!(bad_in_confirm(|it| it.employee = Some(String::new())), ["employee"]);
    assert_eq!(bad_in_confirm(|it| it.request_id = Some(String::new())), ["request_id"]);
    assert_eq!(bad_in_confirm(|it| it.accepted_on = Some(String::new())), ["accepted_on"]);
}

#[test]
fn a_request_id_is_a_uuid_and_not_the_zero_one() {
    for id in ["4711", "00000000-0000-0000-0000-000000000000"] {
        assert_eq!(bad_in_confirm(|it| it.request_id = Some(id.to_owned())), ["request_id"]);
    }
}

#[test]
fn an_instant_lies_in_the_years_1970_to_9999() {
    let last = 253_402_300_799;
    for (seconds, nanos) in
        [(-1, 0), (0, -1), (0, 1_000_000_000), (last + 1, 0), (i64::MIN, i32::MIN), (i64::MAX, 0)]
    {
        let at = Timestamp { seconds, nanos };
        assert_eq!(bad_in_confirm(|it| it.accepted_at = Some(at)), ["accepted_at"], "{at:?}");
    }
    for at in [Timestamp::default(), Timestamp { seconds: last, nanos: 999_999_999 }] {
        assert_eq!(bad_in_confirm(|it| it.accepted_at = Some(at)), [""; 0]);
    }
}

#[test]
fn exactly_one_of_instant_and_date_is_given() {
    assert_eq!(bad_in_confirm(|it| it.accepted_at = None), ["accepted_at"]);
    assert_eq!(bad_in_confirm(|it| it.accepted_on = Some("2019-10-02".to_owned())), ["accepted_on"]);
    let only_date =
        |text: &str| bad_in_confirm(|it| (it.accepted_at, it.accepted_on) = (None, Some(text.to_owned())));
    assert_eq!(only_date("2019-10-02"), [""; 0]);
    for text in ["2019-10-2", "02.10.2019", "2019-02-30", "1969-12-31", "10000-01-01"] {
        assert_eq!(only_date(text), ["accepted_on"], "{text}");
    }
}

#[test]
fn a_correction_may_leave_out_the_instant_but_not_give_both() {
    let bad = |change: fn(&mut v1::CorrectAcceptanceRequest)| {
        let mut request = correct();
        change(&mut request);
        bad_fields(intent::correct_acceptance(request))
    };
    assert_eq!(bad(|it| it.accepted_on = None), [""; 0]);
    assert_eq!(bad(|it| it.accepted_at = Some(AT)), ["accepted_on"]);
    assert_eq!(bad(|it| it.acceptance_id = "x".to_owned()), ["acceptance_id"]);
    assert_eq!(bad(|it| it.contact = Some(v1::Contact::default())).len(), 3);
}

#[test]
fn a_reason_is_required_trimmed_and_at_most_4096_bytes() {
    let bad = |reason: &str| {
        let reason = reason.to_owned();
        bad_fields(intent::correct_acceptance(v1::CorrectAcceptanceRequest { reason, ..correct() }))
    };
    assert_eq!(bad(&format!("\n{} ", "x".repeat(4_096))), [""; 0]);
    assert_eq!(bad("two\r\n\tlines"), [""; 0]);
    for reason in ["", " \n", &"x".repeat(4_097), "\u{1b}[2J"] {
        assert_eq!(bad(reason), ["reason"]);
    }
    let note = |note: &str| v1::RecordCancellationRequest {
        obligation_id: crate::requests::EVENT.to_owned(),
        note: Some(note.to_owned()),
        ..Default::default()
    };
    assert_eq!(bad_fields(intent::record_cancellation(note("  "))), ["note"]);
    assert_eq!(bad_fields(intent::record_cancellation(note("done"))), [""; 0]);
}

#[test]
fn an_unknown_number_of_an_enum_is_refused_and_so_is_a_required_one_left_out() {
    assert_eq!(bad_in_confirm(|it| it.channel = 3), ["channel"]);
    assert_eq!(bad_in_confirm(|it| it.channel = -1), ["channel"]);
    assert_eq!(bad_in_confirm(|it| it.channel = 0), [""; 0]);
    for scenario in [0, 3] {
        let request = v1::AttestAcceptanceRequest { scenario, ..attest() };
        assert_eq!(bad_fields(intent::attest_acceptance(request)), ["scenario"]);
    }
    let request = v1::RegisterCustomerRequest::default();
    assert_eq!(bad_fields(intent::register_customer(request)), ["customer_id", "country", "cloud"]);
    let request = v1::SetPartnerStatusRequest { partner_id: "contoso".to_owned(), ..Default::default() };
    assert_eq!(bad_fields(intent::set_partner_status(request)), ["status"]);
}

#[test]
fn a_template_has_a_country_and_a_language() {
    let bad = |country: &str, language: &str| {
        let template = v1::TemplateKey { country: country.to_owned(), language: language.to_owned() };
        bad_in_confirm(|it| it.template = Some(template))
    };
    assert_eq!(bad("", ""), ["template.country", "template.language"]);
    assert_eq!(bad("DEU", "german!"), ["template.country", "template.language"]);
    assert_eq!(bad("de", "de-de"), [""; 0]);
}

#[test]
fn evidence_has_an_address_and_a_hash_of_32_bytes_if_any() {
    let bad = |uri: &str, hash: Option<usize>, media_type: Option<&str>| {
        let sha256 = hash.map(|bytes| Bytes::from(vec![0; bytes]));
        let evidence =
            v1::Evidence { uri: uri.to_owned(), sha256, media_type: media_type.map(str::to_owned) };
        bad_in_confirm(|it| it.evidence = Some(evidence))
    };
    assert_eq!(bad("", Some(31), Some("")), ["evidence.uri", "evidence.sha256", "evidence.media_type"]);
    assert_eq!(bad(&"x".repeat(2_049), Some(33), Some("application")).len(), 3);
    assert_eq!(bad("x\ny", Some(0), Some("a\u{0}")).len(), 3);
    assert_eq!(bad(&"x".repeat(2_048), Some(32), None), [""; 0]);
}

#[test]
fn a_media_type_is_a_type_and_a_subtype_without_parameters() {
    let bad = |media_type: &str| {
        let media_type = Some(media_type.to_owned());
        let evidence = v1::Evidence { uri: "x".to_owned(), sha256: None, media_type };
        bad_in_confirm(|it| it.evidence = Some(evidence))
    };
    let longest = format!("{0}/{0}", "x".repeat(127));
    for well in ["application/pdf", "image/svg+xml", "application/vnd.ms-excel", "x!#$&-^_.+1/0", &longest] {
        assert_eq!(bad(well), [""; 0], "{well}");
    }
    let long = format!("a/{}", "x".repeat(128));
    for wrong in [
        "/",
        "a/",
        "/a",
        "a/b/c",
        "text/plain; charset=utf-8",
        "a /b",
        "ada@example.com",
        "a/.b",
        "a/ä",
        &long,
    ] {
        assert_eq!(bad(wrong), ["evidence.media_type"], "{wrong}");
    }
}

#[test]
fn a_reseller_is_another_partner_than_the_one_that_it_sells_through() {
    let same = || "CONTOSO".to_owned();
    assert_eq!(
        bad_fields(intent::submit_evidence(v1::SubmitEvidenceRequest {
            reseller_id: "contoso".to_owned(),
            ..submit()
        })),
        ["reseller_id"]
    );
    let guid = "3F2504E0-4F89-41D3-9A0C-0305E82C3301";
    let other = Some(v1::establish_relationship_request::Other::ResellerId(guid.to_owned()));
    let request =
        v1::EstablishRelationshipRequest { partner_id: guid.to_lowercase(), other, ..Default::default() };
    assert_eq!(bad_fields(intent::establish_relationship(request)), ["reseller_id"]);
    let other = Some(v1::end_relationship_request::Other::ResellerId(same()));
    let request = v1::EndRelationshipRequest { partner_id: same(), other, ..Default::default() };
    assert_eq!(bad_fields(intent::end_relationship(request)), ["reseller_id"]);
    let request = v1::RecordOrderOutcomeRequest { reseller_id: Some("contoso".to_owned()), ..outcome() };
    assert_eq!(bad_fields(intent::record_order_outcome(request)), ["reseller_id"]);
}

#[test]
fn one_of_two_records_or_parties_must_be_named() {
    let void = v1::VoidRecordRequest::default();
    assert_eq!(bad_fields(intent::void_record(void)), ["acceptance_id", "reason"]);
    let withdrawal = v1::void_record_request::Record::WithdrawalEventId("x".to_owned());
    let void = v1::VoidRecordRequest { record: Some(withdrawal), ..Default::default() };
    assert_eq!(bad_fields(intent::void_record(void)), ["withdrawal_event_id", "reason"]);
    let request = v1::EstablishRelationshipRequest::default();
    assert_eq!(bad_fields(intent::establish_relationship(request)), ["partner_id", "customer_id"]);
    let other = Some(v1::end_relationship_request::Other::ResellerId("a b".to_owned()));
    let request = v1::EndRelationshipRequest { other, ..Default::default() };
    assert_eq!(bad_fields(intent::end_relationship(request)), ["partner_id", "reseller_id"]);
}

#[test]
fn each_bad_email_domain_is_named_by_its_place() {
    let bad = |domains: Vec<String>| {
        let request = v1::RegisterPartnerRequest { email_domains: domains, ..register_partner() };
        bad_fields(intent::register_partner(request))
    };
    let domains = ["ok.example", "", "zoe@ok.example", "a b.example", "ok.example", "localhost", "a..b"];
    let named: Vec<_> = [1, 2, 3, 5, 6].iter().map(|at| format!("email_domains[{at}]")).collect();
    assert_eq!(bad(domains.map(str::to_owned).to_vec()), named);
    assert_eq!(bad(vec!["x".repeat(2_000_000)]), ["email_domains[0]"]);
    assert_eq!(bad(vec!["ok.example".to_owned(); EMAIL_DOMAINS_MAX + 1]), ["email_domains"]);
}

#[test]
fn each_bad_template_and_availability_is_named_by_its_place() {
    let mut request = publish_version();
    request.templates[0].language = "EN-us".to_owned();
    request.templates[1].sha256 = Some(Bytes::from_static(&[1]));
    request.availability.push(v1::Availability::default());
    request.availability[0].until = request.availability[0].from;
    assert_eq!(
        bad_fields(intent::publish_agreement_version(request)),
        [
            "templates[1].sha256",
            "templates[1].language",
            "availability[0].until",
            "availability[1].environment",
            "availability[1].from"
        ]
    );
    let mut request = publish_version();
    request.templates = vec![request.templates[0].clone(); TEMPLATES_MAX + 1];
    assert_eq!(bad_fields(intent::publish_agreement_version(request)), ["templates"]);
}

#[test]
fn an_outcome_needs_a_reference_an_instant_and_a_position_from_1_on() {
    let mut request = outcome();
    request.order_ref = "x".repeat(129);
    request.occurred_at = None;
    request.decision_position = Some(0);
    let bad = ["order_ref", "occurred_at", "decision_position"];
    assert_eq!(bad_fields(intent::record_order_outcome(request)), bad);
}

#[test]
fn a_policy_document_is_read_only_where_every_field_is_well() {
    assert_eq!(bad_or_policy(intent::publish_policy(publish_policy())), [""; 0]);
    let document = Bytes::from_static(b"id: x\ncovered_clouds: [MOON]\n");
    let broken = v1::PublishPolicyRequest { document: document.clone(), ..publish_policy() };
    assert_eq!(bad_or_policy(intent::publish_policy(broken)), ["policy line 2: covered_clouds[0]"]);
    let both = v1::PublishPolicyRequest { document, reason: String::new(), ..publish_policy() };
    assert_eq!(bad_or_policy(intent::publish_policy(both)), ["reason"]);
    let large = Bytes::from(vec![b'#'; 256 * 1024 + 1]);
    for document in [Bytes::new(), large] {
        let request = v1::PublishPolicyRequest { document, ..publish_policy() };
        assert_eq!(bad_or_policy(intent::publish_policy(request)), ["document"]);
    }
}

#[test]
fn a_policy_that_is_only_checked_needs_no_reason() {
    let request = v1::PublishPolicyRequest { reason: String::new(), validate_only: true, ..publish_policy() };
    let intent = intent::publish_policy(request).unwrap();
    assert!(intent.validate_only && intent.reason.is_none());
}

#[test]
fn no_description_repeats_what_was_given() {
    let given = "Zoë-was-here".repeat(1_000);
    let mut request = confirm();
    request.partner_id.clone_from(&given);
    request.version = Some(given.clone());
    request.employee = Some(given.clone());
    request.contact = Some(v1::Contact {
        first_name: given.clone(),
        last_name: given.clone(),
        email: given.clone(),
        phone_number: Some(given.clone()),
    });
    request.template = Some(v1::TemplateKey { country: given.clone(), language: given.clone() });
    request.evidence = Some(v1::Evidence { uri: given.clone(), sha256: None, media_type: Some(given) });
    let error = Invalid::from(intent::confirm_acceptance(request).unwrap_err());
    let Invalid::Fields(Violations(violations)) = &error else { panic!("no field is bad") };
    assert_eq!(violations.len(), 11);
    assert!(!error.to_string().contains("Zo") && error.to_string().len() < 1_000, "{error}");
}

#[test]
fn evidence_is_handed_in_by_a_reseller() {
    let request = v1::SubmitEvidenceRequest { reseller_id: "a b".to_owned(), ..submit() };
    assert_eq!(bad_fields(intent::submit_evidence(request)), ["reseller_id"]);
}
