//! Whom an event names is said twice: of events as they are decided on, whose links the log stamps, and of events as they are
//! stored, whose chains a bag proves.

use std::collections::BTreeSet;

use assent_domain::Event;
use assent_export::{Parties, parties};
use assent_proto::event::Event as Stored;
use assent_proto::stored::type_of;
use prost::Message as _;

use crate::support::{scopes, whole};

/// How many types of events there are.
const TYPES: usize = 32;

#[test]
fn a_stored_event_of_any_type_names_whom_the_decided_one_names() {
    let mut ledger = whole();
    for scope in scopes(&ledger) {
        ledger.append(Event::InquiryOpened { scope, with_contacts: false });
    }
    let mut types = BTreeSet::new();
    for (entry, recorded) in ledger.entries.iter().zip(&ledger.recorded) {
        let payload = Stored::decode(entry.clone()).unwrap().payload.unwrap();
        let decided = &recorded.event;
        let named = [
            decided.partner().map(ToString::to_string),
            decided.customer().map(ToString::to_string),
            decided.reseller().map(ToString::to_string),
            decided.agreement().map(ToString::to_string),
        ];
        let Parties { partner, customer, reseller, agreement } = parties(&payload);
        let stored = [partner, customer, reseller, agreement].map(|it| it.map(str::to_owned));
        assert_eq!(stored, named, "{}", type_of(&payload));
        types.insert(type_of(&payload));
    }
    assert_eq!(types.len(), TYPES, "{types:?}");
}
