//! Request ids: their keys, and the canonical form of a request, whose keyed hash tells whether an id is used for
//! something else, for ever.

use assent_proto::convert::intent::{confirm_acceptance, publish_agreement_version};
use assent_proto::v1;
use aws_lc_rs::digest::{SHA256, digest};

use crate::document::{section, shown_bytes};

#[test]
fn the_canonical_form_of_a_confirmation_is_for_ever() {
    let contact = v1::Contact {
        first_name: " Ada ".to_owned(),
        last_name: "Łukasiewicz".to_owned(),
        email: "ada@example.com".to_owned(),
        phone_number: None,
    };
    let request = v1::ConfirmAcceptanceRequest {
        partner_id: "contoso".to_owned(),
        customer_id: "3F2504E0-4F89-41D3-9A0C-0305E82C3301".to_owned(),
        agreement_id: "microsoft-customer-agreement".to_owned(),
        template: Some(v1::TemplateKey { country: "DE".to_owned(), language: "de-DE".to_owned() }),
        contact: Some(contact),
        accepted_on: Some("2023-11-14".to_owned()),
        request_id: Some("c0ffee00-0000-4000-8000-000000000002".to_owned()),
        ..Default::default()
    };
    let form = confirm_acceptance(request.clone()).unwrap().canonical();
    assert_eq!(hex::encode(&form), shown_bytes("#### A confirmation's canonical form"));

    // Neither the id itself nor what is asked of the answer makes another request of it.
    let again = v1::ConfirmAcceptanceRequest { request_id: None, expected_revision: Some(3), ..request };
    assert_eq!(confirm_acceptance(again).unwrap().canonical(), form);
}

#[test]
fn the_canonical_form_of_groups_and_lists_is_for_ever() {
    let template = |language: &str| v1::Template {
        country: "DE".to_owned(),
        language: language.to_owned(),
        uri: "https://example.com/de".to_owned(),
        ..Default::default()
    };
    let request = v1::PublishAgreementVersionRequest {
        agreement_id: "house-terms".to_owned(),
        version: "2".to_owned(),
        templates: vec![template("de-DE"), template("en-GB")],
        ..Default::default()
    };
    let form = publish_agreement_version(request).unwrap().canonical();
    assert_eq!(hex::encode(form), shown_bytes("#### A published version's canonical form"));
}

/// The service has a test of its own that its keys are these.
#[test]
fn the_keys_of_requests_are_what_the_format_says() {
    for (scope, id) in [
        ("", 0x018b_cfe5_687b_7969_9a5a_5a12_3456_789a_u128),
        ("contoso", 0xc0ff_ee00_0000_4000_8000_0000_0000_0002),
    ] {
        let key = digest(&SHA256, &[scope.as_bytes(), &[0], &id.to_be_bytes()].concat());
        assert!(section("## Requests").contains(&hex::encode(key)), "{scope} {id:x}");
    }
}
