//! What holds for every answer.

use assent_domain::authorize::{AsOf, Deciding, Decision, Outcome, ReasonCode};
use assent_domain::event::Recorded;
use assent_domain::scenario::World;
use assent_domain::values::{Instant, Position, TransactionKind};
use assent_domain::{Facts, Overlay, authorize, evolve};
use proptest::prelude::*;

use super::steps::{ALL, PARTNERS, order, some_prefix, step, take, world};

/// Whether the code can stand in an answer that allows.
fn allows(code: ReasonCode) -> bool {
    match code {
        ReasonCode::TransactionExempt
        | ReasonCode::CloudNotCovered
        | ReasonCode::RequirementNotInForce
        | ReasonCode::AcceptanceInForce => true,
        ReasonCode::AcceptanceMissing
        | ReasonCode::AcceptanceStale
        | ReasonCode::AcceptanceWithdrawn
        | ReasonCode::AgreementNoLongerHonoured
        | ReasonCode::AgreementNotValidForProduct
        | ReasonCode::PartnerUnknown
        | ReasonCode::PartnerInactive
        | ReasonCode::PartnerNotEligible
        | ReasonCode::CustomerUnknown
        | ReasonCode::RelationshipMissing
        | ReasonCode::ResellerNotLinked => false,
    }
}

fn is_of_acceptance(code: ReasonCode) -> bool {
    matches!(
        code,
        ReasonCode::AcceptanceMissing | ReasonCode::AcceptanceStale | ReasonCode::AcceptanceWithdrawn
    ) || is_of_other_agreement(code)
}

fn is_of_other_agreement(code: ReasonCode) -> bool {
    matches!(code, ReasonCode::AgreementNoLongerHonoured | ReasonCode::AgreementNotValidForProduct)
}

/// An instant within two months of the world's clock, before or after it, or years away.
fn instant_near(world: &World, hours: i32, years: i64) -> Instant {
    const HOUR_MICROS: i64 = 3_600_000_000;
    world.now.plus_micros((i64::from(hours) + years * 8_766) * HOUR_MICROS)
}

/// The answer without the instant that it holds until.
fn timeless(decision: &Decision) -> Decision {
    Decision { valid_until: None, ..decision.clone() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn o9_a_denial_has_reasons_and_remedies_and_an_answer_that_allows_has_one_reason(
        world in world(ALL),
        order in order(),
        hours in -200..400_i32,
    ) {
        let decision = world.ask_as_of(&order, Position::END, instant_near(&world, hours, 0));
        let codes: Vec<_> = decision.reasons.iter().map(|it| it.code).collect();
        match decision.outcome {
            Outcome::Allowed => prop_assert!(codes.len() == 1 && allows(codes[0]), "{decision:?}"),
            Outcome::Denied => {
                prop_assert!(!codes.is_empty() && !codes.iter().any(|it| allows(*it)), "{decision:?}");
                prop_assert!(!decision.remediations.is_empty(), "{decision:?}");
                prop_assert!(codes.iter().filter(|it| is_of_acceptance(**it) && !is_of_other_agreement(**it)).count() <= 1);
                prop_assert!(codes.iter().filter(|it| is_of_other_agreement(**it)).count() <= 1);
            }
        }
        for message in decision.reasons.iter().map(|it| it.message())
            .chain(decision.remediations.iter().map(|it| it.message()))
        {
            prop_assert!(message.len() > 10 && message.ends_with('.'), "{message}");
        }
    }

    #[test]
    fn o2_an_automatic_renewal_is_never_denied_for_lack_of_an_acceptance(
        world in world(ALL),
        order in order(),
        hours in -200..400_i32,
    ) {
        let order = assent_domain::authorize::Order { transaction: TransactionKind::AutoRenewal, ..order };
        let decision = world.ask_as_of(&order, Position::END, instant_near(&world, hours, 0));
        prop_assert!(!decision.reasons.iter().any(|it| is_of_acceptance(it.code)), "{decision:?}");
    }

    #[test]
    fn o10_what_a_prefix_answers_is_what_the_log_answered_when_it_ended_there(
        world in world(ALL),
        order in order(),
        hours in -200..400_i32,
        years in -6..3_i64,
        choice in any::<usize>(),
    ) {
        let prefix = some_prefix(&world, choice);
        let at = instant_near(&world, hours, years);
        let mut cut = Overlay::empty();
        let until_there = world.log.iter().take_while(|it: &&Recorded| it.position <= prefix);
        until_there.for_each(|it| evolve(&mut cut, it));
        let as_of = assent_domain::authorize::AsOf { prefix: Position::END, effective_at: at };
        prop_assert_eq!(authorize(&cut, &order, &as_of).unwrap(), world.ask_as_of(&order, prefix, at));
    }

    #[test]
    fn orders_that_are_decided_together_are_answered_as_each_of_them_alone(
        world in world(ALL),
        orders in prop::collection::vec((order(), 0..4_i32, any::<bool>()), 1..24),
        choice in any::<usize>(),
    ) {
        let prefix = some_prefix(&world, choice);
        let mut deciding = Deciding::on(&world.facts);
        for (order, days, is_earlier) in &orders {
            let effective_at = instant_near(&world, days * 24, 0);
            let as_of = AsOf { prefix: if *is_earlier { prefix } else { Position::END }, effective_at };
            let found = world.facts.find(&order.partner, &order.customer);
            let together = deciding.decide(&found, order, &as_of).map(|it| it.decision(&world.facts));
            prop_assert_eq!(together, authorize(&world.facts, order, &as_of));
        }
    }

    #[test]
    fn an_answer_holds_as_long_as_it_says(
        world in world(ALL),
        order in order(),
        hours in -300..300_i32,
        later in 1..2_000_i32,
        choice in any::<usize>(),
    ) {
        let prefix = some_prefix(&world, choice);
        let now = instant_near(&world, hours, 0);
        let then = instant_near(&world, hours + later, 0);
        let answer = world.ask_as_of(&order, prefix, now);
        if let Some(until) = answer.valid_until {
            prop_assert!(until > now);
        }
        if answer.valid_until.is_none_or(|until| then < until) {
            prop_assert_eq!(&answer, &world.ask_as_of(&order, prefix, then));
        }
    }

    #[test]
    fn w4_nothing_that_one_partner_records_changes_a_decision_about_another(
        world in world(ALL),
        step in step(8..20),
        order in order(),
    ) {
        let mut world = world;
        let by = assent_domain::scenario::partner(PARTNERS[step.partner]);
        let effective_at = instant_near(&world, 2, 0);
        let before = world.ask_as_of(&order, Position::END, effective_at);
        take(&mut world, step);
        let after = world.ask_as_of(&order, Position::END, effective_at);
        if order.partner != by {
            prop_assert_eq!(before.outcome, after.outcome);
            prop_assert_eq!(&before.reasons, &after.reasons);
            // A reseller that orders itself is told what its provider lacks: so much depends on the provider.
            let sells_through = world.facts.partner(&order.partner).is_some_and(|it| it.link(&by).is_some());
            if !sells_through {
                prop_assert_eq!(timeless(&before), timeless(&after));
            }
        }
    }
}
