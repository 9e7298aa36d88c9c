//! Erasures, look-ups and inquiries (rule C14): they stand in the log, and change no answer.

use assent_domain::Facts;
use assent_domain::command::Command;
use assent_domain::event::{Event, EventRef};
use assent_domain::privacy::{ErasedContact, InquiryExport, InquiryScope, KEYS_PER_ERASURE_MAX, KeyId};
use assent_domain::refusal::Refusal;
use assent_domain::scenario::{
    CUSTOMER_AGREEMENT, World, agreement, confirm, customer, instant, microsoft, order, partner,
};
use assent_domain::stamp_of;
use assent_domain::values::Position;

fn erase(of: &str, contact: Option<ErasedContact>, key_ids: &[KeyId]) -> Command {
    Command::ErasePersonalData { customer: customer(of), contact, key_ids: key_ids.to_vec() }
}

fn open(scope: InquiryScope) -> Command {
    Command::OpenInquiry { scope, with_contacts: false }
}

fn accepted() -> World {
    microsoft().at("2024-01-15").parties("contoso", "fabrikam").did(confirm("contoso", "fabrikam"))
}

#[test]
fn c14_an_erasure_changes_no_decision() {
    let world = accepted();
    let before = world.ask(&order("contoso", "fabrikam"));
    let contact = ErasedContact { partner: partner("contoso"), acceptance: world.last() };
    let world =
        world.did(erase("fabrikam", Some(contact), &[[1; 16]])).did(erase("fabrikam", None, &[[2; 16]]));
    assert_eq!(world.ask(&order("contoso", "fabrikam")), before);
}

#[test]
fn c14_an_erasure_with_nothing_left_to_erase_is_no_event() {
    accepted().when(erase("fabrikam", None, &[])).then_nothing();
}

#[test]
fn c14_what_does_not_fit_into_one_event_takes_several_in_the_same_append() {
    let key_ids: Vec<KeyId> = (0..2 * KEYS_PER_ERASURE_MAX as u128 + 1).map(u128::to_be_bytes).collect();
    let world = accepted();
    let before = world.log.len();
    let world = world.did(erase("fabrikam", None, &key_ids));
    let erased = world.log[before..].iter().map(|it| match &it.event {
        Event::PersonalDataErased { key_ids, .. } => key_ids.clone(),
        other => panic!("{other:?} is no erasure"),
    });
    let erased: Vec<_> = erased.collect();
    assert_eq!(erased.iter().map(Vec::len).collect::<Vec<_>>(), [2_048, 2_048, 1]);
    assert_eq!(erased.concat(), key_ids);
}

#[test]
fn whom_nothing_names_is_unknown_to_erasures_and_inquiries() {
    let no_customer = || Refusal::CustomerUnknown { customer: customer("nobody") };
    let no_partner = || Refusal::PartnerUnknown { partner: partner("nobody") };
    let no_agreement = Refusal::AgreementUnknown { agreement: agreement("nothing") };
    let world = accepted();
    let acceptance = EventRef { position: Position(1), recorded_at: instant("2024-01-01") };
    let of_nobody = ErasedContact { partner: partner("nobody"), acceptance };
    let of_another = ErasedContact { partner: partner("contoso"), acceptance };
    let world = world.when(erase("nobody", None, &[[1; 16]])).then_refused([no_customer()]);
    let world = world
        .when(erase("fabrikam", Some(of_nobody), &[[1; 16]]))
        .then_refused([no_partner(), Refusal::AcceptanceUnknown]);
    let world =
        world.when(erase("fabrikam", Some(of_another), &[])).then_refused([Refusal::AcceptanceUnknown]);
    let world = world.when(open(InquiryScope::Customer(customer("nobody")))).then_refused([no_customer()]);
    let world = world.when(open(InquiryScope::Partner(partner("nobody")))).then_refused([no_partner()]);
    world.when(open(InquiryScope::Agreement(agreement("nothing")))).then_refused([no_agreement]);
}

#[test]
fn a_customer_that_only_a_denied_order_names_can_be_asked_about() {
    let denied = Command::RecordDecision { order: order("contoso", "unheard-of"), effective_at: None };
    let world = accepted().did(denied);
    let world = world.did(open(InquiryScope::Customer(customer("unheard-of"))));
    let _ = world.did(erase("unheard-of", None, &[[1; 16]]));
}

#[test]
fn an_inquiry_closes_the_chain_that_it_selects_and_no_other() {
    let scopes = [
        InquiryScope::Everything,
        InquiryScope::Customer(customer("fabrikam")),
        InquiryScope::Partner(partner("contoso")),
        InquiryScope::Agreement(agreement(CUSTOMER_AGREEMENT)),
        InquiryScope::Period { from: Some(instant("2024-01-01")), until: None },
    ];
    for (at, scope) in scopes.into_iter().enumerate() {
        let world = accepted();
        let acceptance = world.last().position;
        let opened = Event::InquiryOpened { scope, with_contacts: true };
        let stamp = stamp_of(&world.facts, &opened);
        let links = [stamp.links.customer, stamp.links.partner, stamp.links.agreement];
        let expected: Vec<_> = (1..=3).map(|chain| (chain == at).then_some(acceptance)).collect();
        assert_eq!(links.to_vec(), expected, "{opened:?}");
        assert_eq!(stamp.stream, "ledger");
        let world = world.and([opened.clone()]);
        let next = stamp_of(&world.facts, &opened).links;
        let after = world.last().position;
        assert_eq!(next.stream, Some(after));
        let closed: Vec<_> = (1..=3).map(|chain| (chain == at).then_some(after)).collect();
        assert_eq!([next.customer, next.partner, next.agreement].to_vec(), closed, "{opened:?}");
    }
}

#[test]
fn a_period_must_not_end_before_it_begins() {
    let period =
        |from, until| InquiryScope::Period { from: Some(instant(from)), until: Some(instant(until)) };
    let world = accepted().did(open(period("2024-01-01", "2024-01-02")));
    let world = world.when(open(period("2024-01-01", "2024-01-01"))).then_fields_invalid(&["until"]);
    world.when(open(period("2024-01-02", "2024-01-01"))).then_fields_invalid(&["until"]);
}

#[test]
fn an_export_names_an_inquiry_of_the_log_and_a_checkpoint_that_holds_it() {
    let world = accepted().did(open(InquiryScope::Everything));
    let inquiry = world.last();
    let end = world.facts.ledger().applied;
    let finish = |inquiry, checkpoint_size| Command::FinishInquiry {
        inquiry,
        export: InquiryExport { manifest_sha256: [7; 32], events: 9, payload_bytes: 99, checkpoint_size },
    };
    let beyond = EventRef { position: Position(end.0 + 1), ..inquiry };
    let world = world.when(finish(beyond, end)).then_fields_invalid(&["inquiry_id", "checkpoint_size"]);
    let before = Position(end.0 - 1);
    let world = world.when(finish(inquiry, before)).then_fields_invalid(&["checkpoint_size"]);
    let world = world.when(finish(inquiry, Position(end.0 + 1))).then_fields_invalid(&["checkpoint_size"]);
    let _ = world.did(finish(inquiry, end)).did(finish(inquiry, end));
}

#[test]
fn a_look_up_is_an_event_also_where_nothing_was_found() {
    let world = accepted();
    let found = world.last();
    let world = world.did(Command::RecordLookup { records: vec![found] });
    let nothing = Event::PersonLookedUp { records: vec![] };
    let world = world.when(Command::RecordLookup { records: vec![] }).then([nothing.clone()]);
    assert_eq!(stamp_of(&world.facts, &nothing).stream, "ledger");
}
