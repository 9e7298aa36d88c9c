//! The specification as tests: a module a family of rules, each test named after what its rule claims.

#![expect(
    clippy::unwrap_used,
    reason = "a test that unwraps in vain has failed, whichever function it unwraps in"
)]

mod answers;
mod attesting;
mod availability;
mod catalogue;
mod confirming;
mod correcting;
mod directory;
mod ledger;
mod ordering;
mod privacy;
mod properties;
mod requirements;
mod table;
mod time;
mod who;
mod withdrawing;

use assent_domain::authorize::{By, Decision, ReasonCode, RemediationAction};
use assent_domain::command::{AcceptanceClaim, Command, Recording};
use assent_domain::event::{AcceptanceRecorded, Event, EventRef};
use assent_domain::scenario::{World, agreement, instant, parties, version};
use assent_domain::values::Method;

/// The codes of an answer, in order.
fn codes(decision: &Decision) -> Vec<ReasonCode> {
    decision.reasons.iter().map(|it| it.code).collect()
}

/// What the answer says should be done, and by whom, in order.
fn actions(decision: &Decision) -> Vec<(RemediationAction, By)> {
    decision.remediations.iter().map(|it| (it.action, it.by)).collect()
}

fn record(partner: &str, customer: &str, recording: Recording, claim: AcceptanceClaim) -> Command {
    Command::RecordAcceptance { parties: parties(partner, customer), recording, claim }
}

fn confirm_as(partner: &str, customer: &str, claim: AcceptanceClaim) -> Command {
    record(partner, customer, Recording::Confirm, claim)
}

fn void(partner: &str, customer: &str, acceptance: EventRef) -> Command {
    Command::VoidAcceptance { parties: parties(partner, customer), acceptance }
}

fn cancel(partner: &str, customer: &str, obligation: EventRef, cancelled_at: &str) -> Command {
    let cancelled_at = Some(instant(cancelled_at));
    Command::RecordCancellation { parties: parties(partner, customer), obligation, cancelled_at }
}

/// What confirming the Customer Agreement records: accepted then, confirmed at the world's clock, version inferred.
fn recorded(world: &World, accepted_at: &str, version_id: &str) -> AcceptanceRecorded {
    AcceptanceRecorded {
        method: Method::Confirmed,
        agreement: agreement(assent_domain::scenario::CUSTOMER_AGREEMENT),
        version: version(version_id),
        version_inferred: true,
        document_sha256: Some([9; 32]),
        accepted_at: instant(accepted_at),
        confirmed_at: world.now,
        backfilled: false,
        corrects: None,
        evidence: None,
        reseller: None,
    }
}

fn acceptance(partner: &str, customer: &str, acceptance: AcceptanceRecorded) -> Event {
    let assent_domain::command::Parties { partner, customer } = parties(partner, customer);
    Event::AcceptanceRecorded { partner, customer, acceptance }
}
