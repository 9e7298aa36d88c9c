//! Random logs: steps that become commands of a small world. Those that are refused leave no trace.

use std::sync::Arc;

use assent_domain::Facts;
use assent_domain::acceptance::EvidenceFacts;
use assent_domain::authorize::Order;
use assent_domain::command::{AcceptanceClaim, Command, Recording};
use assent_domain::directory::CustomerFacts;
use assent_domain::event::EventRef;
use assent_domain::scenario::{
    CLOUD_AGREEMENT, CUSTOMER_AGREEMENT, World, agreement, by_contact, claim_of, customer, customer_facts,
    microsoft, partner, partner_facts, product, timeline, version,
};
use assent_domain::values::{
    Channel, Cloud, Instant, OrderOutcome, PartnerStatus, Position, Program, Scenario, TransactionKind,
};
use proptest::prelude::*;

pub(super) const PARTNERS: [&str; 5] = ["direct", "provider", "other", "reseller", "second"];
pub(super) const CUSTOMERS: [&str; 2] = ["fabrikam", "northwind"];
const HOUR_MICROS: i64 = 3_600_000_000;

/// A step: what to do, and small numbers that choose with whom and with what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) what: u8,
    pub(super) partner: usize,
    pub(super) customer: usize,
    pub(super) nth: usize,
    pub(super) variant: u8,
}

prop_compose! {
    /// Mostly about the parties that know each other, and mostly about acceptances: what changes parties is as rare
    /// as it is in life, for it makes all else impossible.
    pub(super) fn step(whats: std::ops::Range<u8>)(
        what in prop_oneof![
            8 => whats.start.max(8)..whats.end,
            1 => whats,
        ],
        partner in prop_oneof![5 => 0..2_usize, 1 => 0..PARTNERS.len()],
        customer in prop_oneof![5 => Just(0), 1 => 0..CUSTOMERS.len()],
        nth in 0..4_usize,
        variant in 0..=255_u8,
    ) -> Step {
        Step { what, partner, customer, nth, variant }
    }
}

/// Steps about parties and acceptances, which leave catalogue and policy alone.
pub(super) const OF_PARTIES: std::ops::Range<u8> = 0..22;
/// All steps.
pub(super) const ALL: std::ops::Range<u8> = 0..26;

prop_compose! {
    /// A world after random steps, an hour apart, from one of the timeline's interesting days on.
    pub(super) fn world(whats: std::ops::Range<u8>)(
        start in prop::sample::select(vec!["2018-12-01", "2019-11-01", "2020-01-30", "2023-03-31", "2024-01-15", "2026-02-01"]),
        steps in prop::collection::vec(step(whats), 0..40),
    ) -> World {
        let mut world = settled(start);
        for step in steps {
            take(&mut world, step);
        }
        world
    }
}

prop_compose! {
    /// A random order between parties of these worlds, or strangers to them.
    pub(super) fn order()(
        by in prop_oneof![
            4 => prop::sample::select(&PARTNERS[..2]),
            1 => prop::sample::select([&PARTNERS[..], &["stranger"]].concat()),
        ],
        of in prop_oneof![
            6 => Just(CUSTOMERS[0]),
            1 => prop::sample::select([&CUSTOMERS[..], &["nobody"]].concat()),
        ],
        reseller in prop::option::weighted(0.2, prop_oneof![
            Just("reseller"),
            prop::sample::select([&PARTNERS[..], &["unheard-of"]].concat()),
        ]),
        transaction in prop::sample::select(TransactionKind::ALL),
        channel in prop::sample::select(Channel::ALL),
        azure in any::<bool>(),
    ) -> Order {
        Order {
            partner: partner(by),
            customer: customer(of),
            // That a partner is its own reseller is nothing that could ever be allowed.
            reseller: reseller.filter(|it| *it != by).map(partner),
            transaction,
            channel,
            product_family: azure.then(|| product("azure-plan")),
        }
    }
}

/// The parties as they mostly are, so that random steps do not have to find each other first.
fn settled(start: &str) -> World {
    microsoft()
        .at(start)
        .partner("direct", Program::DirectBill)
        .partner("provider", Program::IndirectProvider)
        .partner("reseller", Program::IndirectReseller)
        .linked("provider", "reseller")
        .customer("fabrikam")
        .related("direct", "fabrikam")
        .related("provider", "fabrikam")
}

/// One hour later, the step is tried.
pub(super) fn take(world: &mut World, step: Step) {
    world.now = world.now.plus_micros(HOUR_MICROS);
    if let Some(command) = command(world, step) {
        let _ = world.run(&command);
    }
}

fn command(world: &World, step: Step) -> Option<Command> {
    let Step { what, partner: by, customer: of, nth, variant } = step;
    let parties = assent_domain::scenario::parties(PARTNERS[by], CUSTOMERS[of]);
    let relationship = world.facts.relationship(&parties.partner, &parties.customer);
    let relationship = relationship.as_ref();
    let acceptance = || Some(relationship?.acceptances.iter().cycle().nth(nth)?.recorded);
    let withdrawal = || Some(relationship?.withdrawals().iter().cycle().nth(nth)?.recorded);
    let evidence = || Some(relationship?.evidence().iter().cycle().nth(nth)?.recorded);
    let record = |recording| Command::RecordAcceptance {
        parties: parties.clone(),
        recording,
        claim: claim(world.now, step),
    };
    Some(match what {
        0 => {
            let program = Program::ALL[usize::from(variant) % 3];
            Command::RegisterPartner { partner: parties.partner, facts: partner_facts(PARTNERS[by], program) }
        }
        1 => {
            let status = PartnerStatus::ALL[usize::from(variant) % 2];
            Command::SetPartnerStatus { partner: parties.partner, status }
        }
        2 => {
            let cloud = if variant < 200 { Cloud::Public } else { Cloud::Germany };
            let facts = CustomerFacts { cloud, has_purchases: variant % 2 == 0, ..customer_facts() };
            Command::RegisterCustomer { customer: parties.customer, facts }
        }
        3 | 4 => Command::EstablishRelationship { parties },
        5 => Command::EndRelationship { parties },
        6 => Command::LinkReseller { provider: parties.partner, reseller: partner(PARTNERS[nth + 1]) },
        7 => Command::UnlinkReseller { provider: parties.partner, reseller: partner(PARTNERS[nth + 1]) },
        8..=11 => record(Recording::Confirm),
        12 => record(Recording::Attest(Scenario::NewPartner)),
        13 => record(Recording::Direct),
        14 => record(Recording::ConfirmEvidence(evidence()?)),
        15 => {
            let original = acceptance()?;
            let claim = AcceptanceClaim { confirmed_at: None, ..claim(original.recorded_at, step) };
            Command::CorrectAcceptance { parties, acceptance: original, claim, scenario: None }
        }
        16 => Command::VoidAcceptance { parties, acceptance: acceptance()? },
        17 => Command::VoidWithdrawal { parties, withdrawal: withdrawal()? },
        18 => {
            let withdrawn_at = (variant > 150).then(|| hours_before(world.now, variant / 8));
            Command::WithdrawAcceptance { parties, agreement: chosen(variant), withdrawn_at }
        }
        19 => {
            let obligation: EventRef = withdrawal()?;
            let cancelled_at = (variant > 99).then(|| hours_before(world.now, variant));
            Command::RecordCancellation { parties, obligation, cancelled_at }
        }
        20 => {
            let claim = claim(world.now, step);
            let accepted_at = claim.accepted_at.instant();
            let reseller = partner("reseller");
            let evidence = EvidenceFacts { reseller, agreement: claim.agreement.clone(), accepted_at };
            Command::SubmitEvidence { parties, evidence, claim }
        }
        21 => Command::RecordOrderOutcome {
            parties,
            reseller: None,
            transaction: TransactionKind::NewPurchase,
            product_family: None,
            outcome: OrderOutcome::ALL[usize::from(variant) % 3],
            occurred_at: hours_before(world.now, variant),
            decision: None,
        },
        22 => Command::RetireAgreement {
            agreement: chosen(variant),
            environment: None,
            channel: Some(Channel::ALL[nth % 2]),
            retired_at: Some(world.now.plus_micros(i64::from(variant) * HOUR_MICROS)),
            successor: None,
        },
        23 => {
            let mut document = timeline();
            document.lines.remove(usize::from(variant) % document.lines.len());
            Command::PublishPolicy {
                document: Arc::new(document),
                sha256: [variant; 32],
                expected_version: None,
            }
        }
        24 => {
            let mut published = timeline().agreements.pop().unwrap().1;
            published.version = version(&format!("v{variant}"));
            published.in_force_from = Some(world.now.plus_micros(i64::from(variant) * HOUR_MICROS));
            Command::PublishAgreementVersion { agreement: chosen(variant), published }
        }
        _ => {
            let order = Order {
                partner: parties.partner,
                customer: parties.customer,
                reseller: None,
                transaction: TransactionKind::ALL[nth],
                channel: Channel::Api,
                product_family: None,
            };
            Command::RecordDecision { order, effective_at: None }
        }
    })
}

/// An acceptance some hours ago, sometimes a backfill, by one of two people.
fn claim(now: Instant, step: Step) -> AcceptanceClaim {
    let person = if step.nth.is_multiple_of(2) { "ada@fabrikam.example" } else { "bob@fabrikam.example" };
    let accepted_at = hours_before(now, step.variant / 8);
    let id = chosen(step.variant).to_string();
    let mut claim = by_contact(person, claim_of(&id, &accepted_at.to_string()));
    claim.confirmed_at = (step.variant % 16 == 3).then_some(accepted_at);
    claim
}

fn chosen(variant: u8) -> assent_domain::values::AgreementId {
    agreement(if variant.is_multiple_of(4) { CLOUD_AGREEMENT } else { CUSTOMER_AGREEMENT })
}

fn hours_before(now: Instant, hours: u8) -> Instant {
    now.plus_micros(-i64::from(hours) * HOUR_MICROS)
}

/// A position of the world's log from which on a policy governs.
pub(super) fn some_prefix(world: &World, choice: usize) -> Position {
    let first = world.facts.policies().versions[0].published.0;
    let last = world.log.len() as u64;
    Position(first + choice as u64 % (last - first + 1))
}
