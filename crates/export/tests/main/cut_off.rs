//! The script in the bag, and a forger who cuts a bag off and has `inquiry.json` name another end or another scope.
//!
//! The forger writes new manifests, pages and tables, so that every tool but the verifiers is content.

use assent_domain::event::Event;
use assent_domain::privacy::InquiryScope;
use assent_domain::scenario::{CUSTOMER_AGREEMENT, agreement, customer, customer_facts, partner};
use assent_domain::values::Instant;
use assent_proto::event::event::Payload;
use assent_proto::stored::recorded_at_of;
use prost::Message as _;

use crate::foreign::run;
use crate::support::{CUSTOMERS, Choice, Export, Ledger, PARTNERS, Selected, bag, verified, whole};

/// The script says that nothing is proven, and why; so does our own verification.
fn refused(export: &Export, why: &str, told: &str) {
    let folder = bag(export);
    let manifests = "sha256sum -c --quiet tagmanifest-sha256.txt manifest-sha256.txt";
    assert!(run(folder.path(), manifests).status.success(), "{told}");
    let ran = run(folder.path(), "python3 data/verify.py");
    let said = String::from_utf8_lossy(&ran.stdout);
    assert_eq!(ran.status.code(), Some(1), "{told}: {ran:?}");
    assert!(said.starts_with("NOT PROVEN: ") && said.contains(why), "{told}: {ran:?}");
    assert!(!verified(folder.path()).is_proven(), "{told}");
}

/// Keeps the first events, and names the last of them as the one that opened the inquiry.
fn cut_off(export: &mut Export, keep: usize) {
    export.events.truncate(keep);
    export.inquiry.position = export.events.last().expect("something is kept").position;
}

fn stored(event: &Selected) -> assent_proto::event::Event {
    assent_proto::event::Event::decode(event.entry.clone()).expect("it was encoded here")
}

fn recorded_at(event: &Selected) -> Instant {
    recorded_at_of(&stored(event)).expect("it was stamped here")
}

fn fabrikam() -> InquiryScope {
    InquiryScope::Customer(customer(CUSTOMERS[0]))
}

#[test]
fn a_withdrawal_can_not_be_cut_off() {
    let early = whole().recorded[1].recorded_at;
    for scope in [
        InquiryScope::Everything,
        fabrikam(),
        InquiryScope::Partner(partner(PARTNERS[0])),
        InquiryScope::Agreement(agreement(CUSTOMER_AGREEMENT)),
        InquiryScope::Period { from: Some(early), until: None },
    ] {
        let mut export = Export::new(whole(), &Choice { segment_events: 6, ..Choice::of(scope.clone()) });
        let is_withdrawal =
            |it: &Selected| matches!(stored(it).payload, Some(Payload::AcceptanceWithdrawn(_)));
        let keep = export.events.iter().position(is_withdrawal).unwrap();
        cut_off(&mut export, keep);
        refused(&export, "no inquiry was opened at position", &format!("{scope:?}"));
    }
}

#[test]
fn a_bag_can_not_end_with_an_older_inquiry() {
    let ledger = || -> (Ledger, u64) {
        let mut ledger = whole();
        let older = ledger.append(Event::InquiryOpened { scope: fabrikam(), with_contacts: false });
        ledger.now = ledger.now.plus_micros(60_000_001);
        ledger.append(Event::CustomerChanged { customer: customer(CUSTOMERS[0]), facts: customer_facts() });
        (ledger, older.position.0)
    };
    // As an inquiry about everything it is of another scope; about the same customer, it was opened earlier.
    for (scope, why) in [(InquiryScope::Everything, "the scope"), (fabrikam(), "the instant")] {
        let (ledger, older) = ledger();
        let mut export = Export::new(ledger, &Choice::of(scope));
        let keep = export.events.iter().take_while(|it| it.position <= older).count();
        cut_off(&mut export, keep);
        refused(&export, why, why);
        if why == "the instant" {
            // Said to have been asked then, it is the export that was made then.
            export.inquiry.requested_at = recorded_at(&export.events[keep - 1]);
            let ran = run(bag(&export).path(), "python3 data/verify.py");
            assert!(ran.status.success(), "{ran:?}");
        }
    }
}

#[test]
fn what_was_asked_can_not_be_said_to_be_less() {
    let ledger = whole();
    let middle = ledger.recorded[ledger.recorded.len() / 2].recorded_at;
    let scope = InquiryScope::Period { from: Some(middle), until: Some(ledger.now) };
    let mut export = Export::new(whole(), &Choice::of(scope));
    let last = export.events.pop().expect("there are events in that time");
    export.inquiry.scope = InquiryScope::Period { from: Some(middle), until: Some(recorded_at(&last)) };
    export.boundary[1] = last;
    refused(&export, "the scope", "a shorter time");
}

#[test]
fn without_the_event_that_opened_the_inquiry_nothing_is_known_to_be_complete() {
    let ledger = whole();
    let scope = InquiryScope::Period { from: None, until: Some(ledger.now) };
    let mut export = Export::new(whole(), &Choice::of(scope));
    let opening = export.inquiry.position;
    let is_opening = |it: &Selected| it.position == opening;
    assert!(export.context.iter().any(is_opening) && !export.events.iter().any(is_opening));
    export.context.retain(|it| !is_opening(it));
    refused(&export, "is not in the export", "without the opening");
}

#[test]
fn who_asked_when_and_for_what_is_what_the_event_says() {
    let forge = |change: &dyn Fn(&mut Export), why: &str| {
        let mut export = Export::new(whole(), &Choice::of(fabrikam()));
        change(&mut export);
        refused(&export, why, why);
    };
    forge(&|it| it.inquiry.with_contacts = true, "whether contacts are shown");
    forge(&|it| it.inquiry.requested_by = "mallory".to_owned(), "who asked");
    forge(&|it| it.inquiry.requested_at = it.inquiry.requested_at.plus_micros(1), "the instant");
    forge(&|it| it.inquiry.scope = InquiryScope::Customer(customer(CUSTOMERS[1])), "the scope");
}

#[test]
fn the_script_proves_nothing_of_files_that_are_broken() {
    let choice = Choice { segment_events: 6, ..Choice::of(fabrikam()) };
    for path in ["inquiry.json", "proofs/checkpoint", "proofs/000001.jsonl", "events/000001.entries"] {
        for broken in
            [&b""[..], b"[]", b"{", b"\xff\xff\xff", b"0\n0\n0\n", b"{\"position\":1,\"position\":2}"]
        {
            let folder = bag(&Export::new(whole(), &choice));
            std::fs::write(folder.path().join("data").join(path), broken).unwrap();
            let ran = run(folder.path(), "python3 data/verify.py");
            let said = String::from_utf8_lossy(&ran.stdout);
            assert!(said.starts_with("NOT PROVEN: "), "{path} is {broken:?}: {ran:?}");
            assert_eq!((ran.status.code(), ran.stderr.len()), (Some(1), 0), "{path} is {broken:?}: {ran:?}");
        }
    }
}
