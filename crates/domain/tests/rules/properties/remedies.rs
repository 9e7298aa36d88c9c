//! Carrying out all remedies of a denial, and asking again, allows (rule O9).

use assent_domain::authorize::{Decision, Order, Outcome, Remediation, RemediationAction};
use assent_domain::command::{Command, Parties, Recording};
use assent_domain::refusal::{Refusal, Refusals};
use assent_domain::scenario::{World, by_contact, claim_of, customer_facts, partner, partner_facts};
use assent_domain::values::{PartnerId, PartnerStatus, Program};
use proptest::prelude::*;

use super::steps::{OF_PARTIES, order, world};

/// The provider that a reseller without one finds.
const NEW_PROVIDER: &str = "found";

fn partner_of(remedy: &Remediation) -> PartnerId {
    remedy.partner.clone().unwrap_or_else(|| partner(NEW_PROVIDER))
}

fn parties_of(remedy: &Remediation) -> Parties {
    Parties { partner: partner_of(remedy), customer: remedy.customer.clone().unwrap() }
}

/// The commands that a remedy comes down to.
fn commands(world: &World, order: &Order, remedy: &Remediation) -> Vec<Command> {
    match remedy.action {
        RemediationAction::RegisterPartner => {
            let registered = partner_of(remedy);
            let program = match &remedy.reseller {
                None => Program::DirectBill,
                Some(reseller) if *reseller == registered => Program::IndirectReseller,
                Some(_) => Program::IndirectProvider,
            };
            let facts = partner_facts(&registered.to_string(), program);
            vec![Command::RegisterPartner { partner: registered, facts }]
        }
        RemediationAction::ActivatePartner => {
            vec![Command::SetPartnerStatus { partner: partner_of(remedy), status: PartnerStatus::Active }]
        }
        RemediationAction::RegisterCustomer => {
            let customer = remedy.customer.clone().unwrap();
            vec![Command::RegisterCustomer { customer, facts: customer_facts() }]
        }
        RemediationAction::EstablishRelationship => vec![match &remedy.reseller {
            Some(reseller) => {
                Command::LinkReseller { provider: partner_of(remedy), reseller: reseller.clone() }
            }
            None => Command::EstablishRelationship { parties: parties_of(remedy) },
        }],
        RemediationAction::ConfirmAcceptance
        | RemediationAction::ReconfirmCurrentVersion
        | RemediationAction::AcceptOtherAgreement => {
            let agreement = remedy.agreement.as_ref().unwrap().to_string();
            let mut claim =
                by_contact("carol@fabrikam.example", claim_of(&agreement, &world.now.to_string()));
            claim.version.clone_from(&remedy.version);
            claim.channel = order.channel;
            let parties = parties_of(remedy);
            vec![Command::RecordAcceptance { parties, recording: Recording::Confirm, claim }]
        }
        RemediationAction::CancelSubscriptions => {
            let (parties, obligation) = (parties_of(remedy), remedy.obligation.unwrap());
            vec![Command::RecordCancellation { parties, obligation, cancelled_at: None }]
        }
        // Followed by asking again as the provider.
        RemediationAction::OrderThroughProvider => Vec::new(),
    }
}

fn carry_out(world: &mut World, order: &Order, decision: &Decision) -> Result<(), Refusals> {
    for remedy in &decision.remediations {
        for command in commands(world, order, remedy) {
            match world.run(&command) {
                Ok(_) => {}
                // Two reasons can have the same remedy: the second time it is there already.
                Err(Refusals(it)) if matches!(it[..], [Refusal::AcceptanceAlreadyConfirmed { .. }]) => {}
                Err(refusals) => return Err(refusals),
            }
        }
    }
    Ok(())
}

/// The order that a reseller's provider places for it.
fn through_provider(order: Order, decision: &Decision) -> Order {
    let through =
        decision.remediations.iter().find(|it| it.action == RemediationAction::OrderThroughProvider);
    match through {
        None => order,
        Some(remedy) => Order { reseller: Some(order.partner), partner: partner_of(remedy), ..order },
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn o9_carrying_out_all_remedies_of_a_denial_allows_the_order(world in world(OF_PARTIES), order in order()) {

        let mut world = world.partner(NEW_PROVIDER, Program::IndirectProvider);
        world.now = world.now.plus_micros(60_000_000);
        let decision = world.ask(&order);
        if decision.outcome == Outcome::Denied {
            let done = carry_out(&mut world, &order, &decision);
            prop_assert!(done.is_ok(), "{done:?} for {decision:?}");
            let again = through_provider(order, &decision);
            let after = world.ask(&again);
            prop_assert_eq!(after.outcome, Outcome::Allowed, "{:?} after {:?}", after, decision);
        }
    }
}
