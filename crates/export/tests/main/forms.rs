//! The readable forms say what the entries say.

use std::collections::BTreeSet;
use std::fs;

use assent_domain::privacy::InquiryScope;
use assent_proto::stored::{TYPES, type_of};
use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage};

use crate::support::{Choice, Export, bag, orders, verified, whole};

fn everything(with_contacts: bool) -> Export {
    Export::new(whole(), &Choice { with_contacts, ..Choice::of(InquiryScope::Everything) })
}

#[test]
fn the_rich_ledger_has_an_event_of_every_type() {
    let export = everything(false);
    let types: BTreeSet<_> = export
        .events
        .iter()
        .map(|it| {
            let event = assent_proto::event::Event::decode(it.entry.clone()).unwrap();
            type_of(&event.payload.unwrap())
        })
        .collect();
    assert_eq!(types, TYPES.iter().copied().collect());
}

#[test]
fn the_data_of_a_cloud_event_is_the_entry_in_protobuf_json() {
    let pool = DescriptorPool::decode(assent_proto::DESCRIPTORS).unwrap();
    let descriptor = pool.get_message_by_name("assent.event.v1.Event").unwrap();
    let export = everything(false);
    let folder = bag(&export);
    let lines = fs::read_to_string(folder.path().join("data/events/000001.jsonl")).unwrap();
    assert_eq!(lines.lines().count(), export.events.len());
    for (line, event) in lines.lines().zip(&export.events) {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let read = DynamicMessage::deserialize(descriptor.clone(), line["data"].clone()).unwrap();
        assert_eq!(read.encode_to_vec(), event.entry, "{line}");
    }
}

#[test]
fn the_history_reads_like_a_report() {
    let folder = bag(&everything(true));
    let history = fs::read_to_string(folder.path().join("data/history/000001.txt")).unwrap();
    for words in [
        "done by: grace@contoso.example, in the role ADMIN_AGENT",
        "accepted on: 2024-01-10",
        "text accepted: microsoft-customer-agreement version 2023-04, inferred from the date of acceptance",
        "document: SHA-256 0707",
        "accepted by: Ada Łukasiewicz, \"A\" <ada@example.com>",
        "accepted by: erased",
        "why: because\\u{a}of ",
        "takes the place of acceptance: ",
        "never counted from here on: ",
        "rests on: positions 1 to ",
        "attested because: NEW_PARTNER",
        " (rule ",
    ] {
        assert!(history.contains(words), "{words}\n{history}");
    }
    assert!(!history.contains("REASON_CODE_") && !history.contains("SCENARIO_"), "{history}");
    let without = bag(&everything(false));
    let history = fs::read_to_string(without.path().join("data/history/000001.txt")).unwrap();
    assert!(history.contains("accepted by: sealed") && !history.contains("ada@example.com"));
}

#[test]
fn without_contacts_no_file_holds_personal_data() {
    let folder = bag(&everything(false));
    for file in crate::flips::files(folder.path()) {
        let content = fs::read(folder.path().join(&file)).unwrap();
        // In entries it stands in the clear only because the boxes of these tests are not really sealed.
        if file.extension().is_some_and(|it| it == "entries" || it == "jsonl") {
            continue;
        }
        let has = |text: &[u8]| content.windows(text.len()).any(|it| it == text);
        assert!(!has(b"ada@example.com") && !has(b"Grace H."), "{}", file.display());
    }
}

#[test]
fn tables_of_several_groups_of_rows_are_compared() {
    let choice = Choice { segment_events: 10_000, ..Choice::of(InquiryScope::Everything) };
    let folder = bag(&Export::new(orders(8_300), &choice));
    let report = verified(folder.path());
    assert!(report.is_proven(), "{:#?}", report.findings);
    let table = folder.path().join("data/decisions/000001.csv");
    assert!(fs::read_to_string(table).unwrap().lines().count() > 8_192);
}
