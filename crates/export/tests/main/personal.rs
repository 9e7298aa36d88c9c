//! Personal data: who was erased, and whether the export tells of it.

use assent_domain::event::Event;
use assent_domain::privacy::InquiryScope;
use assent_domain::scenario::customer;
use assent_export::{Opened, Report};

use crate::support::{CUSTOMERS, Choice, Export, bag, verified, whole};

fn report(erase: impl Fn(u64) -> bool) -> Report {
    let mut ledger = whole();
    let scope = InquiryScope::Customer(customer(CUSTOMERS[0]));
    let choice = Choice { with_contacts: true, ..Choice::of(scope) };
    // The boxes that the bag will say are erased: every fifth event's.
    let before = Export::new(whole(), &choice);
    let erased = before.events.iter().flat_map(|it| it.opened.iter().map(|box_| (it.position, box_)));
    let erased = erased.filter(|(position, it)| it.opened == Opened::Erased && erase(*position));
    let key_ids: Vec<_> = erased.map(|(_, it)| it.key_id).collect();
    ledger.append(Event::PersonalDataErased { customer: customer(CUSTOMERS[0]), contact: None, key_ids });
    verified(bag(&Export::new(ledger, &choice)).path())
}

#[test]
fn an_erasure_among_the_events_is_told_from_one_that_is_only_said() {
    let says = |report: &Report| report.not_proven.iter().any(|it| it.about == "erasure");
    let only_said = report(|position| position % 2 == 0);
    assert!(only_said.is_proven() && says(&only_said), "{only_said:#?}");
    let told = report(|_| true);
    assert!(told.is_proven() && !says(&told), "{told:#?}");
}

#[test]
fn a_purpose_that_was_erased_is_said_to_be() {
    let choice = Choice::of(InquiryScope::Customer(customer(CUSTOMERS[0])));
    let said = |erased: bool| {
        let mut export = Export::new(whole(), &choice);
        if erased {
            export.inquiry.purpose = String::new();
            let opening = export.events.last_mut().unwrap();
            opening.opened.iter_mut().for_each(|it| it.opened = Opened::Erased);
        }
        let folder = bag(&export);
        let page = std::fs::read_to_string(folder.path().join("data/README.txt")).unwrap();
        let report = verified(folder.path());
        assert!(report.is_proven(), "{report:#?}");
        let purpose = report.not_proven.into_iter().find(|it| it.about == "the purpose");
        (page.contains("* Why\n    Erased"), page.contains("in their words"), purpose.map(|it| it.text))
    };
    assert_eq!(said(false), (false, true, None));
    let (is_erased, has_words, purpose) = said(true);
    assert!(is_erased && !has_words);
    assert!(purpose.is_some_and(|it| it.contains("erased") && !it.contains('"')));
}
