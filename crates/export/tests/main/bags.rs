//! Bags as the service makes them.

use std::collections::BTreeMap;
use std::io;

use assent_evidence::VerifierKey;
use assent_export::{Sink, segment_of, verify};

use crate::support::{Choice, Export, bag, key, long, other_key, scopes, verified, whole};

#[test]
fn every_scope_of_a_rich_ledger_is_proven() {
    for scope in scopes(&whole()) {
        for with_contacts in [false, true] {
            for segment_events in [7, 1_000] {
                let choice = Choice { with_contacts, segment_events, ..Choice::of(scope.clone()) };
                let folder = bag(&Export::new(whole(), &choice));
                let report = verified(folder.path());
                assert!(report.is_proven(), "{choice:?}: {:#?}", report.findings);
                assert!(report.is_signed_by_trusted);
                let about: Vec<_> = report.proven.iter().map(|it| it.about).collect();
                assert!(about.contains(&"nothing left out") && about.contains(&"the signature"), "{about:?}");
            }
        }
    }
}

#[test]
fn a_range_of_a_log_with_many_tiles_is_proven() {
    let ledger = || long(1_500);
    for scope in scopes(&ledger()) {
        let folder = bag(&Export::new(ledger(), &Choice { after: 700, ..Choice::of(scope.clone()) }));
        let report = verified(folder.path());
        assert!(report.is_proven(), "{scope:?}: {:#?}", report.findings);
    }
}

#[test]
fn without_a_trusted_key_nothing_is_said_about_who_signed() {
    let folder = bag(&Export::new(whole(), &Choice::of(scopes(&whole()).remove(0))));
    let report = verify(folder.path(), &[], &mut |_| {}).unwrap();
    assert!(report.is_proven() && !report.is_signed_by_trusted);
    let open: Vec<_> = report.not_proven.iter().map(|it| it.about).collect();
    assert!(open.contains(&"who signed"), "{open:?}");
    assert!(!report.proven.iter().any(|it| it.about == "the signature"));
    let stranger: Vec<VerifierKey> = vec![other_key().verifier().clone()];
    let report = verify(folder.path(), &stranger, &mut |_| {}).unwrap();
    assert_eq!(report.findings[0].file, "data/proofs/checkpoint");
    let both = [other_key().verifier().clone(), key().verifier().clone()];
    assert!(verify(folder.path(), &both, &mut |_| {}).unwrap().is_signed_by_trusted);
}

/// Files in memory, in the order in which they were closed.
#[derive(Default)]
struct Memory {
    open: BTreeMap<String, Vec<u8>>,
    closed: Vec<(String, Vec<u8>)>,
}

impl Sink for Memory {
    fn write(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        self.open.entry(path.to_owned()).or_default().extend_from_slice(bytes);
        Ok(())
    }

    fn close(&mut self, path: &str) -> io::Result<()> {
        let content = self.open.remove(path).expect("a file is written before it is closed, and closed once");
        self.closed.push((path.to_owned(), content));
        Ok(())
    }
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    for scope in scopes(&whole()) {
        let choice = Choice { with_contacts: true, segment_events: 5, ..Choice::of(scope) };
        let made = || {
            let mut memory = Memory::default();
            let finished = Export::new(whole(), &choice).write_to(&mut memory).unwrap();
            assert!(memory.open.is_empty());
            (memory.closed, finished)
        };
        assert_eq!(made(), made());
    }
}

#[test]
fn a_segment_that_ended_is_the_same_whatever_comes_after() {
    let scope = scopes(&whole()).remove(0);
    let export = Export::new(whole(), &Choice { segment_events: 5, ..Choice::of(scope) });
    let mut all = Memory::default();
    export.write_to(&mut all).unwrap();
    let mut fewer = Export {
        events: export.events[..11].to_vec(),
        ..Export::new(whole(), &Choice::of(scopes(&whole()).remove(0)))
    };
    fewer.inquiry = export.inquiry.clone();
    let mut first = Memory::default();
    fewer.write_to(&mut first).unwrap();
    let of = |memory: &Memory| -> BTreeMap<String, Vec<u8>> {
        let is_early = |path: &str| segment_of(path).is_some_and(|it| it <= 2);
        memory.closed.iter().filter(|(path, _)| is_early(path)).cloned().collect()
    };
    assert_eq!(of(&all), of(&first));
    assert!(of(&all).len() >= 2 * 8, "{:?}", of(&all).keys());
}
