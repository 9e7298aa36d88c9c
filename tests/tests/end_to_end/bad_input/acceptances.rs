//! One thing wrong with an otherwise good confirmation: only that is named.

use assent_proto::v1::{ConfirmAcceptanceRequest, Contact, Evidence, TemplateKey};
use assent_testing::requests;
use prost_types::Timestamp;

use super::{Sent, assert_refused};
use crate::support::{head, server, within};

type Change = fn(&mut ConfirmAcceptanceRequest);

fn contact(it: &mut ConfirmAcceptanceRequest) -> &mut Contact {
    it.contact.as_mut().expect("it has one")
}

fn at(it: &mut ConfirmAcceptanceRequest, seconds: i64, nanos: i32) {
    it.accepted_on = None;
    it.accepted_at = Some(Timestamp { seconds, nanos });
}

fn on(it: &mut ConfirmAcceptanceRequest, date: &str) {
    it.accepted_on = Some(date.to_owned());
}

fn huge() -> String {
    "x".repeat(1 << 20)
}

/// The field that is named, and what is wrong.
const CHANGES: [(&str, Change); 46] = [
    ("partner_id", |it| it.partner_id = String::new()),
    ("partner_id", |it| it.partner_id = "x".repeat(65)),
    ("partner_id", |it| it.partner_id = huge()),
    ("customer_id", |it| it.customer_id = "a b".to_owned()),
    ("customer_id", |it| it.customer_id = "relationship/x".to_owned()),
    ("customer_id", |it| it.customer_id = "таня".to_owned()),
    ("agreement_id", |it| it.agreement_id = huge()),
    ("version", |it| it.version = Some("x".repeat(65))),
    ("contact.first_name", |it| contact(it).first_name = " \u{2003}\t".to_owned()),
    ("contact.first_name", |it| contact(it).first_name = "An\0na".to_owned()),
    ("contact.first_name", |it| contact(it).first_name = huge()),
    ("contact.last_name", |it| contact(it).last_name = "\u{1b}[31m".to_owned()),
    ("contact.last_name", |it| contact(it).last_name = "x".repeat(257)),
    ("contact.email", |it| contact(it).email = " anna@fabrikam.example".to_owned()),
    ("contact.email", |it| contact(it).email = "Anna <anna@fabrikam.example>".to_owned()),
    ("contact.email", |it| contact(it).email = "anna@[127.0.0.1]".to_owned()),
    ("contact.email", |it| contact(it).email = "anna.fabrikam.example".to_owned()),
    ("contact.email", |it| contact(it).email = "a@b@fabrikam.example".to_owned()),
    ("contact.email", |it| contact(it).email = format!("anna@{}.example", "x".repeat(1 << 20))),
    ("contact.phone_number", |it| contact(it).phone_number = Some("0".repeat(1 << 20))),
    ("accepted_at", |it| at(it, -1, 0)),
    ("accepted_at", |it| at(it, i64::MIN, 0)),
    ("accepted_at", |it| at(it, i64::MAX, 999_999_999)),
    ("accepted_at", |it| at(it, 1_577_836_800, -1)),
    ("accepted_at", |it| at(it, 1_577_836_800, 1_000_000_000)),
    ("accepted_at", |it| at(it, 253_402_300_800, 0)), // the year 10000
    ("accepted_at", |it| at(it, 253_402_300_799, 0)), // the last second that can be written, but in the future
    ("accepted_at", |it| it.accepted_on = None),
    ("accepted_on", |it| it.accepted_at = Some(requests::at("2026-01-12"))),
    ("accepted_on", |it| on(it, "")),
    ("accepted_on", |it| on(it, "2025-02-29")),
    ("accepted_on", |it| on(it, "2025-2-3")),
    ("accepted_on", |it| on(it, "12/01/2026")),
    ("accepted_on", |it| on(it, "1969-12-31")),
    ("accepted_on", |it| on(it, "9999-12-31")),
    ("accepted_on", |it| on(it, "10000-01-01")),
    ("channel", |it| it.channel = 3),
    ("channel", |it| it.channel = i32::MIN),
    ("template.country", |it| {
        it.template = Some(TemplateKey { country: "USA".to_owned(), language: "en-US".to_owned() })
    }),
    ("template.language", |it| {
        it.template = Some(TemplateKey { country: "US".to_owned(), language: huge() })
    }),
    ("employee", |it| it.employee = Some("\u{3000}\n".to_owned())),
    ("evidence.uri", |it| it.evidence = Some(Evidence::default())),
    ("evidence.uri", |it| it.evidence = Some(Evidence { uri: huge(), ..Default::default() })),
    ("evidence.sha256", |it| {
        it.evidence =
            Some(Evidence { uri: "urn:x".to_owned(), sha256: Some(vec![0; 33].into()), media_type: None })
    }),
    ("request_id", |it| it.request_id = Some("00000000-0000-0000-0000-000000000000".to_owned())),
    ("request_id", |it| it.request_id = Some(huge())),
];

#[tokio::test]
async fn a_bad_field_of_a_good_confirmation_is_named_alone_and_nothing_is_stored() {
    let server = server().await;
    within(server.registered("contoso", "fabrikam")).await;
    let before = head(&server).await;
    let mut sent: Vec<Sent> = Vec::new();
    for (row, (field, change)) in CHANGES.iter().enumerate() {
        let mut confirmation = requests::confirm("contoso", "fabrikam");
        change(&mut confirmation);
        let answer = within(server.acceptance().confirm_acceptance(confirmation)).await;
        let Err(status) = answer else { panic!("row {row}, a bad {field}, was stored: {answer:?}") };
        sent.push((format!("row {row}"), status, vec![field]));
    }
    assert_refused(&server, before, sent).await;
    let good = requests::confirm("contoso", "fabrikam");
    within(server.acceptance().confirm_acceptance(good)).await.expect("the server still takes good ones");
}
