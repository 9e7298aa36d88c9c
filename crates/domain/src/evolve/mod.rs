//! Folding an event into the facts. Total: history already happened, and is never judged again.
//!
//! An event can name something that the facts don't hold only if it was not decided by [`crate::decide()`] on the
//! prefix before it. Such an event still advances its stream and its chains, for these describe the log; whatever
//! else of it cannot be placed (an acceptance of an agreement that was never published, the void of an acceptance
//! that nobody recorded) is left out of the facts, and so never authorises anything.

mod acceptance;
mod catalogue;
mod directory;

use std::sync::Arc;

use crate::event::{Event, Recorded};
use crate::facts::FactsMut;
use crate::policy::{Policy, PolicyDocument};
use crate::stream::{advance, stream_of};
use crate::values::{Environment, Position, Sha256};

/// Folds one event into the facts. Events are folded in the order of their positions, each once.
pub fn evolve(facts: &mut impl FactsMut, recorded: &Recorded) {
    let position = recorded.position;
    apply(facts, recorded);
    advance(facts, stream_of(&recorded.event), position);
    mention(facts, &recorded.event, position);
    facts.ledger_mut().applied = position;
}

fn apply(facts: &mut impl FactsMut, recorded: &Recorded) {
    let at = recorded.reference();
    match &recorded.event {
        Event::LedgerFormatted { format: _, tag, environment } => ledger_formatted(facts, *tag, *environment),
        Event::RulesActivated { edition } => facts.ledger_mut().rules_edition = *edition,
        Event::PartnerRegistered { partner, facts: registered }
        | Event::PartnerChanged { partner, facts: registered } => {
            directory::partner_registered(facts, at.position, partner, registered);
        }
        Event::PartnerStatusSet { partner, status } => {
            directory::partner_status_set(facts, at.position, partner, *status);
        }
        Event::CustomerRegistered { customer, facts: registered }
        | Event::CustomerChanged { customer, facts: registered } => {
            directory::customer_registered(facts, at.position, customer, registered);
        }
        Event::CustomerPurchased { customer, partner, occurred_at } => {
            directory::customer_purchased(facts, customer, partner, *occurred_at);
        }
        Event::RelationshipEstablished { partner, customer } => {
            directory::relationship_set(facts, at.position, partner, customer, true);
        }
        Event::RelationshipEnded { partner, customer } => {
            directory::relationship_set(facts, at.position, partner, customer, false);
        }
        Event::ResellerLinked { provider, reseller } => {
            directory::link_set(facts, at.position, provider, reseller, true);
        }
        Event::ResellerUnlinked { provider, reseller } => {
            directory::link_set(facts, at.position, provider, reseller, false);
        }
        Event::AcceptanceRecorded { partner, customer, acceptance } => {
            acceptance::recorded(facts, at, partner, customer, acceptance);
        }
        Event::AcceptanceVoided { partner, customer, agreement: _, acceptance } => {
            acceptance::voided(facts, at.position, partner, customer, *acceptance);
        }
        Event::WithdrawalVoided { partner, customer, agreement: _, withdrawal } => {
            acceptance::withdrawal_voided(facts, at, partner, customer, *withdrawal);
        }
        Event::AcceptanceWithdrawn { partner, customer, agreement, withdrawn_at } => {
            acceptance::withdrawn(facts, at, partner, customer, agreement, *withdrawn_at);
        }
        Event::CancellationRecorded { partner, customer, agreement: _, obligation, cancelled_at } => {
            acceptance::cancelled(facts, (at, *cancelled_at), partner, customer, *obligation);
        }
        Event::EvidenceSubmitted { provider, customer, evidence } => {
            acceptance::evidence_submitted(facts, at, provider, customer, evidence);
        }
        Event::EvidenceRejected { provider, customer, reseller: _, agreement: _, evidence } => {
            acceptance::evidence_rejected(facts, at.position, provider, customer, *evidence);
        }
        Event::AgreementVersionPublished { agreement, published } => {
            catalogue::published(facts.catalogue_mut(), at.position, agreement, published);
        }
        Event::AgreementRetired { agreement, environment, channel, retired_at, successor } => {
            let retirement = (*environment, *channel, *retired_at);
            catalogue::retired(facts.catalogue_mut(), at.position, agreement, retirement, successor.as_ref());
        }
        Event::PolicyPublished { version, document, sha256 } => {
            policy_published(facts, at.position, *version, document, *sha256);
        }
        // They change no fact: a recorded decision rests on facts, and a purchase has an event of its own.
        Event::OrderDecided { .. } | Event::OrderOutcomeRecorded { .. } => {}
        // No decision rests on personal data or on who was shown what (rule C14).
        Event::PersonalDataErased { .. }
        | Event::PersonLookedUp { .. }
        | Event::InquiryOpened { .. }
        | Event::InquiryExported { .. } => {}
    }
}

fn ledger_formatted(facts: &mut impl FactsMut, tag: u64, environment: Environment) {
    let ledger = facts.ledger_mut();
    (ledger.tag, ledger.environment) = (tag, environment);
}

/// A policy that names an agreement which was never published cannot decide anything: it does not govern.
fn policy_published(
    facts: &mut impl FactsMut,
    position: Position,
    version: u32,
    document: &Arc<PolicyDocument>,
    sha256: Sha256,
) {
    if let Ok(policy) = Policy::new(version, position, sha256, document.clone(), facts.catalogue()) {
        facts.policies_mut().versions.push(Arc::new(policy));
    }
}

/// The event is the last one in the chains of what it names.
fn mention(facts: &mut impl FactsMut, event: &Event, position: Position) {
    if let Some(customer) = event.customer() {
        facts.mention_customer(customer, position);
    }
    if let Some(partner) = event.partner() {
        facts.partner_mut(partner).mentioned = position;
    }
    if let Some(reseller) = event.reseller() {
        facts.partner_mut(reseller).mentioned = position;
    }
    if let Some(agreement) = event.agreement()
        && let Some(agreement) = facts.catalogue_mut().find_mut(agreement)
    {
        agreement.mentioned = position;
    }
}
