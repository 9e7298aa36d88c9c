//! Customers and relationships of every kind, usual ones and such as no ledger will see.

use std::fmt::Debug;

use assent_domain::acceptance::{
    AcceptanceFact, EvidenceFact, EvidenceFacts, EvidenceOutcome, Relationship, Rest, WithdrawalFact,
};
use assent_domain::catalog::{AgreementIndex, VersionIndex};
use assent_domain::directory::{Customer, CustomerFacts, StreamHead};
use assent_domain::event::EventRef;
use assent_domain::history::History;
use assent_domain::scenario::{agreement, partner};
use assent_domain::values::{Cloud, Country, CustomerId, Instant, Method, PartnerId, Position};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// Few partners and customers, so that each is met often; GUIDs, texts, and one that is both but for a letter.
pub(crate) fn pair() -> impl Strategy<Value = (PartnerId, CustomerId)> {
    const CUSTOMERS: [&str; 6] = [
        "117a77b0-9360-443b-8795-c6dedc750cf9",
        "00000000-0000-0000-0000-000000000000",
        "00000000-0000-0000-0000-000000000006",
        "fabrikam",
        "117a77b0-9360-443b-8795-c6dedc750cfx",
        "x",
    ];
    let customer = prop::sample::select(&CUSTOMERS[..]).prop_map(|it| CustomerId::parse(it).unwrap());
    (prop::sample::select(&["a", "b", "c"][..]).prop_map(partner), customer)
}

prop_compose! {
    pub(crate) fn customer()(
        facts in option::weighted(0.9, history(customer_facts())),
        first_purchase in option::of(instant()),
        stream in head(),
        mentioned in position(),
    ) -> Customer {
        Customer { facts, first_purchase, stream, mentioned }
    }
}

prop_compose! {
    pub(crate) fn relationship()(
        in_force in option::weighted(0.9, history(any::<bool>())),
        acceptances in usually(vec(acceptance(), 0..2), vec(acceptance(), 0..4)),
        rest in option::weighted(0.1, rest()),
        first_purchase in option::weighted(0.3, instant()),
        heads in (head(), head()),
    ) -> Relationship {
        Relationship {
            in_force,
            acceptances: acceptances.into(),
            rest: rest.map(Box::new),
            first_purchase,
            orders: heads.0,
            stream: heads.1,
        }
    }
}

fn usually<T: Debug>(
    usual: impl Strategy<Value = T> + 'static,
    other: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = T> {
    prop_oneof![9 => usual, 1 => other]
}

prop_compose! {
    fn customer_facts()(
        country in "[A-Z]{2}",
        cloud in prop::sample::select(Cloud::ALL),
        has_purchases in any::<bool>(),
    ) -> CustomerFacts {
        CustomerFacts { country: Country::parse(&country).unwrap(), cloud, has_purchases }
    }
}

prop_compose! {
    fn acceptance()(
        recorded in reference(),
        instants in (instant(), instant()),
        unmade in usually(Just((Position::START, Position::START)), (position(), position())),
        agreement in usually(0..1_000_u16, any::<u16>()),
        version in usually(0..1_000_u16, any::<u16>()),
        method in prop::sample::select(Method::ALL),
        backfilled in any::<bool>(),
    ) -> AcceptanceFact {
        AcceptanceFact {
            recorded,
            accepted_at: instants.0,
            confirmed_at: instants.1,
            corrected_by: unmade.0,
            voided_by: unmade.1,
            agreement: AgreementIndex(agreement),
            version: VersionIndex(version),
            method,
            backfilled,
        }
    }
}

prop_compose! {
    fn rest()(withdrawals in vec(withdrawal(), 0..2), evidence in vec(evidence(), 0..2)) -> Rest {
        Rest { withdrawals, evidence }
    }
}

prop_compose! {
    fn withdrawal()(
        recorded in reference(),
        withdrawn_at in instant(),
        voided_by in option::of(reference()),
        cancelled in option::of((reference(), instant())),
    ) -> WithdrawalFact {
        WithdrawalFact { recorded, agreement: AgreementIndex(0), withdrawn_at, voided_by, cancelled }
    }
}

prop_compose! {
    fn evidence()(recorded in reference(), accepted_at in instant(), by in position()) -> EvidenceFact {
        let facts = EvidenceFacts { reseller: partner("r"), agreement: agreement("a"), accepted_at };
        EvidenceFact { recorded, facts, outcome: EvidenceOutcome::Rejected(by) }
    }
}

fn history<T: Clone + Debug + 'static>(
    value: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = History<T>> {
    let entry = (position(), value).boxed();
    usually(vec(entry.clone(), 1..2), vec(entry, 1..4))
        .prop_map(|values| History::from_values(values).expect("there is a value"))
}

prop_compose! {
    fn head()(last in position(), revision in usually(0..200_u32, any::<u32>())) -> StreamHead {
        StreamHead { last, revision }
    }
}

prop_compose! {
    /// In whole milliseconds as ids carry them, or such as no id can.
    fn reference()(position in position(), at in instant(), whole in prop::bool::weighted(0.95)) -> EventRef {
        if whole { EventRef::new(position, at) } else { EventRef { position, recorded_at: at } }
    }
}

fn position() -> impl Strategy<Value = Position> {
    usually(0..1_u64 << 40, any::<u64>()).prop_map(Position)
}

fn instant() -> impl Strategy<Value = Instant> {
    const YEAR_2200_MICROS: i64 = 7_258_118_400_000_000;
    usually(0..YEAR_2200_MICROS, 0..=Instant::LAST.micros()).prop_map(|it| Instant::from_micros(it).unwrap())
}
