//! What becomes of a command: the events that it adds, or every reason why it can't be recorded.
//!
//! One file a family of commands, free functions over facts. Each collects every refusal that holds, in the order
//! that the contract gives ("When several checks of a write fail …"). No event at all means that the facts already
//! say what the command asks for.

mod acceptance;
mod catalogue;
mod claim;
mod directory;
mod duplicates;
mod evidence;
mod orders;
mod policy;
mod privacy;
mod records;
mod scene;

use crate::command::{Command, Context};
use crate::event::Event;
use crate::facts::Facts;
use crate::refusal::{Refusal, Refusals};
use crate::values::Position;

/// How far a client's clock may run ahead of the server's (rule C3).
pub const CLOCK_SKEW_MICROS: i64 = 5 * 60 * 1_000_000;

/// Decides a command on the facts of the prefix before its events.
///
/// # Errors
///
/// Every refusal that holds, the one that the contract ranks first at the front.
pub fn decide(
    facts: &(impl Facts + ?Sized),
    command: &Command,
    context: &Context,
) -> Result<Vec<Event>, Refusals> {
    match command {
        Command::RecordAcceptance { parties, recording, claim } => {
            acceptance::record(facts, parties, recording, claim, context)
        }
        // The scenario is the partner's claim: it is stored beside the event, and decides nothing (rule C11).
        Command::CorrectAcceptance { parties, acceptance, claim, scenario: _ } => {
            acceptance::correct(facts, parties, *acceptance, claim, context)
        }
        Command::VoidAcceptance { parties, acceptance } => {
            records::void_acceptance(facts, parties, *acceptance, context)
        }
        Command::VoidWithdrawal { parties, withdrawal } => {
            records::void_withdrawal(facts, parties, *withdrawal, context)
        }
        Command::WithdrawAcceptance { parties, agreement, withdrawn_at } => {
            records::withdraw(facts, parties, agreement, *withdrawn_at, context)
        }
        Command::RecordCancellation { parties, obligation, cancelled_at } => {
            records::record_cancellation(facts, parties, *obligation, *cancelled_at, context)
        }
        Command::SubmitEvidence { parties, evidence, claim } => {
            evidence::submit(facts, parties, evidence, claim, context)
        }
        Command::RejectEvidence { parties, evidence } => evidence::reject(facts, parties, *evidence, context),
        Command::RegisterPartner { partner, facts: wanted } => {
            directory::register_partner(facts, partner, wanted)
        }
        Command::SetPartnerStatus { partner, status } => directory::set_status(facts, partner, *status),
        Command::RegisterCustomer { customer, facts: wanted } => {
            directory::register_customer(facts, customer, wanted)
        }
        Command::EstablishRelationship { parties } => directory::establish(facts, parties, context),
        Command::EndRelationship { parties } => directory::end_relationship(facts, parties, context),
        Command::LinkReseller { provider, reseller } => directory::link_reseller(facts, provider, reseller),
        Command::UnlinkReseller { provider, reseller } => directory::unlink(facts, provider, reseller),
        Command::PublishAgreementVersion { agreement, published } => {
            catalogue::publish(facts.catalogue(), agreement, published)
        }
        Command::RetireAgreement { agreement, environment, channel, retired_at, successor } => {
            let retired_at = retired_at.unwrap_or(context.now);
            let retirement = catalogue::Retirement { environment, channel, retired_at, successor };
            catalogue::retire(facts.catalogue(), agreement, retirement)
        }
        Command::PublishPolicy { document, sha256, expected_version } => {
            policy::publish(facts, document, *sha256, *expected_version)
        }
        Command::RecordDecision { order, effective_at } => {
            orders::record_decision(facts, order, effective_at.unwrap_or(context.now))
        }
        Command::RecordOrderOutcome {
            parties,
            reseller,
            transaction,
            product_family,
            outcome,
            occurred_at,
            decision,
        } => {
            let order =
                orders::OrderEnd { reseller, transaction, product_family, outcome, occurred_at, decision };
            orders::record_outcome(facts, parties, order, context)
        }
        Command::ErasePersonalData { customer, contact, key_ids } => {
            privacy::erase(facts, customer, contact.as_ref(), key_ids)
        }
        Command::RecordLookup { records } => Ok(vec![Event::PersonLookedUp { records: records.clone() }]),
        Command::OpenInquiry { scope, with_contacts } => privacy::open_inquiry(facts, scope, *with_contacts),
        Command::FinishInquiry { inquiry, export } => privacy::finish_inquiry(facts, *inquiry, export),
    }
}

/// The acceptances of the command's relationship with its agreement, version (after it was inferred) and stated
/// instant, in whatever state: those of them with the command's contact are duplicates (rule C8). Only the vault
/// can compare contacts; where neither has one, they are the same.
pub fn duplicate_candidates(facts: &(impl Facts + ?Sized), command: &Command) -> Vec<Position> {
    match command {
        Command::RecordAcceptance { parties, recording: _, claim } => {
            duplicates::candidates(facts, parties, claim, None)
        }
        Command::CorrectAcceptance { parties, acceptance, claim, scenario: _ } => {
            duplicates::candidates(facts, parties, claim, Some(acceptance.position))
        }
        Command::VoidAcceptance { .. }
        | Command::VoidWithdrawal { .. }
        | Command::WithdrawAcceptance { .. }
        | Command::RecordCancellation { .. }
        | Command::SubmitEvidence { .. }
        | Command::RejectEvidence { .. }
        | Command::RegisterPartner { .. }
        | Command::SetPartnerStatus { .. }
        | Command::RegisterCustomer { .. }
        | Command::EstablishRelationship { .. }
        | Command::EndRelationship { .. }
        | Command::LinkReseller { .. }
        | Command::UnlinkReseller { .. }
        | Command::PublishAgreementVersion { .. }
        | Command::RetireAgreement { .. }
        | Command::PublishPolicy { .. }
        | Command::RecordDecision { .. }
        | Command::RecordOrderOutcome { .. }
        | Command::ErasePersonalData { .. }
        | Command::RecordLookup { .. }
        | Command::OpenInquiry { .. }
        | Command::FinishInquiry { .. } => Vec::new(),
    }
}

/// Refuses with all that was found, or goes on.
fn none_holds(refusals: Vec<Refusal>) -> Result<(), Refusals> {
    if refusals.is_empty() { Ok(()) } else { Err(Refusals(refusals)) }
}
