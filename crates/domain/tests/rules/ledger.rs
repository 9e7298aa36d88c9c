//! Streams, chains, and folding events that should never have been.

use assent_domain::acceptance::{AcceptanceFact, EvidenceFacts, Relationship};
use assent_domain::authorize::Order;
use assent_domain::command::{Command, Recording};
use assent_domain::event::{AcceptanceRecorded, Event, EventRef, Recorded};
use assent_domain::scenario::{
    CUSTOMER_AGREEMENT, World, agreement, claim, confirm, customer, given, instant, microsoft, order,
    parties, partner, version, withdraw,
};
use assent_domain::stream::{Links, Stamp};
use assent_domain::values::{Method, OrderOutcome, PartnerId, Position, Program, TransactionKind};
use assent_domain::{Facts, Overlay, evolve, stamp_of};

use crate::{cancel, confirm_as, record, void};

#[test]
fn a_stamp_names_stream_revision_and_the_last_event_of_every_chain() {
    let world = microsoft().parties("contoso", "fabrikam");
    let established = world.last().position;
    let published =
        world.log.iter().filter(|it| it.event.agreement() == Some(&agreement(CUSTOMER_AGREEMENT)));
    let agreement = published.map(|it| it.position).max();
    let event = |accepted_at| {
        let acceptance = crate::recorded(&world, accepted_at, "2023-04");
        crate::acceptance("contoso", "fabrikam", acceptance)
    };
    assert_eq!(
        stamp_of(&world.facts, &event("2024-01-10")),
        Stamp {
            stream: "relationship/contoso/fabrikam".to_owned(),
            revision: 2,
            links: Links {
                stream: Some(established),
                customer: Some(established),
                partner: Some(established),
                agreement,
                reseller: None,
            },
        }
    );
}

#[test]
fn the_first_event_of_a_stream_has_no_links() {
    let first = Event::CustomerRegistered {
        customer: customer("fabrikam"),
        facts: assent_domain::scenario::customer_facts(),
    };
    let stamp = stamp_of(&Overlay::empty(), &first);
    assert_eq!(stamp, Stamp { stream: "customer/fabrikam".to_owned(), revision: 1, links: Links::default() });
}

#[test]
fn every_kind_of_event_stands_in_the_stream_of_its_name() {
    let (partner_id, customer_id) = (partner("provider"), customer("fabrikam"));
    let linked = Event::ResellerLinked { provider: partner_id.clone(), reseller: partner("reseller") };
    let outcome = Event::OrderOutcomeRecorded {
        partner: partner_id.clone(),
        customer: customer_id.clone(),
        reseller: None,
        transaction: TransactionKind::Renewal,
        product_family: None,
        outcome: OrderOutcome::Failed,
        occurred_at: instant("2024-01-01"),
    };
    let purchased = Event::CustomerPurchased {
        customer: customer_id.clone(),
        partner: partner_id.clone(),
        occurred_at: instant("2024-01-01"),
    };
    let evidence = Event::EvidenceSubmitted {
        provider: partner_id,
        customer: customer_id,
        evidence: EvidenceFacts {
            reseller: partner("reseller"),
            agreement: agreement(CUSTOMER_AGREEMENT),
            accepted_at: instant("2024-01-01"),
        },
    };
    let expected = [
        (Event::RulesActivated { edition: 1 }, "ledger"),
        (linked, "link/provider/reseller"),
        (outcome, "orders/provider/fabrikam"),
        (purchased, "customer/fabrikam"),
        (evidence, "relationship/provider/fabrikam"),
    ];
    for (event, stream) in expected {
        assert_eq!(stamp_of(&Overlay::empty(), &event).stream, stream);
    }
    let policy = microsoft().log.into_iter().find(|it| matches!(it.event, Event::PolicyPublished { .. }));
    assert_eq!(stamp_of(&Overlay::empty(), &policy.unwrap().event).stream, "policy/microsoft-csp");
}

/// A log in which every chain has several events, a reseller's in both of its roles.
fn long_log() -> World {
    let world = microsoft()
        .partner("provider", Program::IndirectProvider)
        .partner("reseller", Program::IndirectReseller)
        .linked("provider", "reseller")
        .customer("fabrikam")
        .related("provider", "fabrikam")
        .did(confirm("provider", "fabrikam"));
    let first = world.last();
    let through = Order { reseller: Some(partner("reseller")), ..order("provider", "fabrikam") };
    let world = world
        .did(Command::RecordDecision { order: through, effective_at: None })
        .did(confirm_as("provider", "fabrikam", claim("2024-01-11")))
        .did(withdraw("provider", "fabrikam", "2024-01-12"));
    let withdrawal = world.last();
    let world = world
        .did(cancel("provider", "fabrikam", withdrawal, "2024-01-13"))
        .did(Command::VoidWithdrawal { parties: parties("provider", "fabrikam"), withdrawal })
        .did(void("provider", "fabrikam", first))
        .did(submit("2024-01-02"));
    let rejected = world.last();
    let world = world
        .did(Command::RejectEvidence { parties: parties("provider", "fabrikam"), evidence: rejected })
        .did(submit("2024-01-03"));
    let confirmed = Recording::ConfirmEvidence(world.last());
    world.did(record("provider", "fabrikam", confirmed, claim("2024-01-03"))).inactive("reseller")
}

fn submit(accepted_at: &str) -> Command {
    let evidence = EvidenceFacts {
        reseller: partner("reseller"),
        agreement: agreement(CUSTOMER_AGREEMENT),
        accepted_at: instant(accepted_at),
    };
    Command::SubmitEvidence { parties: parties("provider", "fabrikam"), evidence, claim: claim(accepted_at) }
}

#[test]
fn revisions_and_links_stamped_along_a_log_are_dense() {
    let world = long_log();
    let mut facts = Overlay::empty();
    let mut last: std::collections::HashMap<String, (u64, Position)> = std::collections::HashMap::new();
    for recorded in &world.log {
        let stamp = stamp_of(&facts, &recorded.event);
        let before = last.insert(stamp.stream, (stamp.revision, recorded.position));
        assert_eq!(stamp.revision, before.map_or(0, |(revision, _)| revision) + 1);
        assert_eq!(stamp.links.stream, before.map(|(_, position)| position));
        let named = |it: &&Recorded| it.position < recorded.position;
        let chain = |is: &dyn Fn(&Event) -> bool| {
            world.log.iter().filter(named).filter(|it| is(&it.event)).map(|it| it.position).max()
        };
        let names = |partner: &PartnerId| {
            chain(&|it: &Event| it.partner() == Some(partner) || it.reseller() == Some(partner))
        };
        assert_eq!(stamp.links.partner, recorded.event.partner().and_then(names));
        assert_eq!(stamp.links.reseller, recorded.event.reseller().and_then(names));
        let of_customer = |it: &Event| it.customer() == recorded.event.customer();
        assert_eq!(stamp.links.customer, recorded.event.customer().and_then(|_| chain(&of_customer)));
        let of_agreement = |it: &Event| it.agreement() == recorded.event.agreement();
        assert_eq!(stamp.links.agreement, recorded.event.agreement().and_then(|_| chain(&of_agreement)));
        evolve(&mut facts, recorded);
        assert_eq!(facts.ledger().applied, recorded.position);
    }
}

#[test]
fn impossible_events_are_folded_without_a_panic_and_authorise_nothing() {
    let nowhere = EventRef { position: Position(77), recorded_at: instant("2024-01-01") };
    let (partner_id, customer_id) = (partner("contoso"), customer("fabrikam"));
    let acceptance = AcceptanceRecorded {
        method: Method::Confirmed,
        agreement: agreement("unheard-of"),
        version: version("1"),
        version_inferred: false,
        document_sha256: None,
        accepted_at: instant("2024-01-01"),
        confirmed_at: instant("2024-01-01"),
        backfilled: false,
        corrects: Some(nowhere),
        evidence: Some(nowhere),
        reseller: None,
    };
    let (partner, customer) = (partner_id.clone(), customer_id.clone());
    let impossible = [
        Event::AcceptanceRecorded { partner, customer, acceptance },
        Event::AcceptanceVoided {
            partner: partner_id.clone(),
            customer: customer_id.clone(),
            agreement: agreement("unheard-of"),
            acceptance: nowhere,
        },
        Event::WithdrawalVoided {
            partner: partner_id.clone(),
            customer: customer_id.clone(),
            agreement: agreement("unheard-of"),
            withdrawal: nowhere,
        },
        Event::CancellationRecorded {
            partner: partner_id.clone(),
            customer: customer_id.clone(),
            agreement: agreement("unheard-of"),
            obligation: nowhere,
            cancelled_at: instant("2024-01-01"),
        },
        Event::EvidenceRejected {
            provider: partner_id.clone(),
            customer: customer_id.clone(),
            reseller: partner_id.clone(),
            agreement: agreement("unheard-of"),
            evidence: nowhere,
        },
        Event::AcceptanceWithdrawn {
            partner: partner_id.clone(),
            customer: customer_id,
            agreement: agreement("unheard-of"),
            withdrawn_at: instant("2024-01-01"),
        },
        Event::ResellerUnlinked { provider: partner_id.clone(), reseller: partner_id },
        Event::AgreementRetired {
            agreement: agreement("unheard-of"),
            environment: None,
            channel: None,
            retired_at: instant("2024-01-01"),
            successor: None,
        },
    ];
    let world = given(impossible);
    let relationship = world.relationship("contoso", "fabrikam");
    assert!(relationship.acceptances.is_empty() && relationship.withdrawals().is_empty());
    assert_eq!((relationship.stream.revision, world.facts.ledger().applied), (6, Position(8)));
}

#[test]
fn what_is_handed_over_for_a_decision_stays_small() {
    assert!(size_of::<AcceptanceFact>() <= 56, "{}", size_of::<AcceptanceFact>());
    assert!(size_of::<Relationship>() <= 144, "{}", size_of::<Relationship>());
}

#[test]
fn the_first_cancellation_of_an_obligation_is_the_one_that_counts() {
    let world = microsoft().parties("contoso", "fabrikam").did(confirm("contoso", "fabrikam"));
    let world = world.did(assent_domain::scenario::withdraw("contoso", "fabrikam", "2024-01-12"));
    let obligation = world.last();
    let cancelled = |at| Event::CancellationRecorded {
        partner: partner("contoso"),
        customer: customer("fabrikam"),
        agreement: agreement(CUSTOMER_AGREEMENT),
        obligation,
        cancelled_at: instant(at),
    };
    let world = world.and([cancelled("2024-01-13")]);
    let first = world.last();
    let world = world.and([cancelled("2024-01-14")]);
    let relationship = world.relationship("contoso", "fabrikam");
    let withdrawal = &relationship.withdrawals()[0];
    assert_eq!(withdrawal.cancelled, Some((first, instant("2024-01-13"))));
}
