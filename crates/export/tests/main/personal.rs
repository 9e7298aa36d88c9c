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
