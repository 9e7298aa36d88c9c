//! A forger who writes new manifests, tables and pages is found by the entries themselves.

use assent_domain::privacy::InquiryScope;
use assent_evidence::sha256;
use assent_export::{Opened, Report};

use crate::support::{Choice, Export, Ledger, altered, bag, key, other_key, scopes, verified, whole};

/// What was forged is found, and something is said that has these words.
fn found(export: &Export, words: &str, told: &str) -> Report {
    let report = verified(bag(export).path());
    assert!(!report.is_proven() && report.proven.is_empty(), "{told} is not found");
    let says = |it: &assent_export::Finding| it.to_string().contains(words);
    assert!(report.findings.iter().any(says), "{told}: {:#?}", report.findings);
    report
}

fn of_every_scope(forge: impl Fn(Export, &Ledger, &str)) {
    for scope in scopes(&whole()) {
        let ledger = whole();
        let told = format!("{scope:?}");
        forge(Export::new(whole(), &Choice { segment_events: 6, ..Choice::of(scope) }), &ledger, &told);
    }
}

#[test]
fn a_dropped_event_is_found_wherever_it_stood() {
    of_every_scope(|mut export, _, told| {
        let last = export.events.len().saturating_sub(1);
        for index in [0, 1, last / 2, last.saturating_sub(1), last] {
            if index >= export.events.len() {
                continue;
            }
            let dropped = export.events.remove(index);
            found(&export, "data/", &format!("{told} without {}", dropped.position));
            export.events.insert(index, dropped);
        }
    });
}

#[test]
fn a_chain_that_is_cut_off_at_either_end_is_found() {
    of_every_scope(|mut export, _, told| {
        let all = export.events.clone();
        for keep in [1, 2, all.len() / 2] {
            if keep == 0 || keep >= all.len() {
                continue;
            }
            export.events = all[..keep].to_vec();
            found(&export, "left out", &format!("{told}, the first {keep}"));
            export.events = all[all.len() - keep..].to_vec();
            found(&export, "left out", &format!("{told}, the last {keep}"));
        }
        export.events = Vec::new();
        if !all.is_empty() {
            found(&export, "data/", &format!("{told}, nothing"));
        }
    });
}

#[test]
fn events_in_another_order_or_twice_are_found() {
    of_every_scope(|mut export, _, told| {
        if export.events.len() < 3 {
            return;
        }
        let middle = export.events.len() / 2;
        export.events.swap(middle, middle - 1);
        found(&export, "another order", &format!("{told} swapped"));
        export.events.swap(middle, middle - 1);
        let twice = export.events[middle].clone();
        export.events.insert(middle, twice);
        found(&export, "another order", &format!("{told} doubled"));
    });
}

#[test]
fn an_event_that_does_not_belong_there_is_found() {
    of_every_scope(|mut export, ledger, told| {
        let chosen: Vec<_> = export.events.iter().map(|it| it.position).collect();
        let Some(other) = (1..=ledger.size()).find(|it| !chosen.contains(it)) else { return };
        let added = export.selected(ledger, other);
        let at = export.events.iter().position(|it| it.position > other).unwrap_or(export.events.len());
        export.events.insert(at, added);
        found(&export, "data/events", &format!("{told} and {other}"));
    });
}

#[test]
fn an_altered_event_is_found_with_its_position() {
    of_every_scope(|mut export, _, told| {
        let Some(index) = export.events.len().checked_sub(2) else { return };
        export.events[index].entry = altered(&export.events[index].entry);
        let (position, is_range) = (export.events[index].position, export.inquiry.is_range());
        let words = if is_range {
            "lead to the root".to_owned()
        } else {
            format!("position {position}: this entry does not stand")
        };
        found(&export, &words, told);
    });
}

#[test]
fn neighbours_that_are_left_out_or_exchanged_are_found() {
    of_every_scope(|mut export, _, told| {
        for index in 0..export.boundary.len() {
            let neighbour = export.boundary.remove(index);
            found(&export, "data/", &format!("{told} without neighbour {}", neighbour.position));
            export.boundary.insert(index, neighbour);
        }
    });
}

/// The events of a longer time, said to be of a shorter one, and the other way round.
#[test]
fn a_period_is_exactly_the_time_that_was_asked_about() {
    of_every_scope(|mut export, _, told| {
        let InquiryScope::Period { from, until } = export.inquiry.scope else { return };
        for moved in [1, -1, 60_000_001, -60_000_001] {
            let by = |it: assent_domain::values::Instant| it.plus_micros(moved);
            export.inquiry.scope = InquiryScope::Period { from: from.map(by), until: until.map(by) };
            found(&export, "data/inquiry.json", &format!("{told} moved by {moved}"));
        }
    });
}

#[test]
fn what_was_asked_must_be_what_the_opening_event_says() {
    let choice = Choice::of(scopes(&whole()).remove(1));
    let forge = |change: &dyn Fn(&mut Export), words: &str| {
        let mut export = Export::new(whole(), &choice);
        change(&mut export);
        found(&export, words, words);
    };
    forge(&|it| it.inquiry.with_contacts = true, "whether contacts are shown");
    forge(&|it| it.inquiry.requested_by = "mallory".to_owned(), "who asked");
    forge(&|it| it.inquiry.purpose = "none".to_owned(), "the purpose");
    forge(&|it| it.inquiry.requested_at = it.inquiry.requested_at.plus_micros(1), "the instant");
    forge(&|it| it.inquiry.position -= 1, "has to be the last event");
}

#[test]
fn another_checkpoint_is_found() {
    let mut export = Export::new(whole(), &Choice::of(scopes(&whole()).remove(1)));
    let checkpoint = export.inquiry.checkpoint.checkpoint().clone();
    let mut other = checkpoint.clone();
    other.root[0] ^= 1;
    let signed = other.sign(&[key()]).unwrap();
    let genuine = std::mem::replace(&mut export.inquiry.checkpoint, signed);
    found(&export, "does not stand in the signed ledger", "a checkpoint of another root");
    export.inquiry.checkpoint = checkpoint.sign(&[other_key()]).unwrap();
    found(&export, "none of the keys in the bag", "a checkpoint by another key");
    export.inquiry.keys = vec![other_key().verifier().clone()];
    found(&export, "no key that you trust", "another key in the bag");
    export.inquiry.checkpoint = genuine;
    found(&export, "none of the keys in the bag", "another key with the genuine checkpoint");
}

#[test]
fn another_proof_is_found() {
    let mut export = Export::new(whole(), &Choice::of(scopes(&whole()).remove(1)));
    let proof = export.events[2].proof.clone();
    export.events[2].proof[0] = [0; 32];
    found(&export, "does not stand in the signed ledger", "a changed proof");
    export.events[2].proof = proof[..proof.len() - 1].to_vec();
    found(&export, "does not stand in the signed ledger", "a shorter proof");
    export.events[2].proof = proof;
    export.context[1].proof = export.context[0].proof.clone();
    found(&export, "data/context/000001.entries", "another context entry's proof");
}

#[test]
fn another_person_cannot_be_disclosed() {
    let choice = Choice { with_contacts: true, ..Choice::of(scopes(&whole()).remove(1)) };
    let export = || Export::new(whole(), &choice);
    let mut forged = export();
    let with_boxes = forged.events.iter().position(|it| !it.opened.is_empty()).unwrap();
    // The writer itself refuses what is not the box's.
    forged.events[with_boxes].opened[0].opened = Opened::Plain { salt: [1; 32], plaintext: b"Eve".to_vec() };
    let folder = tempfile::tempdir().unwrap();
    let refused = forged.write(folder.path()).unwrap_err().to_string();
    assert!(refused.contains("does not give the box's commitment"), "{refused}");
    let mut forged = export();
    forged.events[with_boxes].opened.remove(0);
    found(&forged, "nothing is said of the sealed", "a disclosure that is left out");
    let mut forged = Export::new(whole(), &Choice { with_contacts: false, ..choice.clone() });
    forged.events =
        export().events[..forged.events.len() - 1].iter().cloned().chain(forged.events.pop()).collect();
    found(&forged, "personal data is shown, and it was not asked for", "a disclosure that was not asked for");
}

#[test]
fn documents_are_those_that_events_name() {
    let mut export = Export::new(whole(), &Choice::of(InquiryScope::Everything));
    let dropped = export.documents.remove(0);
    found(&export, "an event names this document", "a missing document");
    let other = b"version: 2".to_vec();
    export.documents.extend([dropped, (sha256(&other), other)]);
    found(&export, "no event in the export names it", "another document");
}
