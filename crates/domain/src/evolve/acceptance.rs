//! Acceptances, withdrawals and evidence of a relationship.

use crate::acceptance::{AcceptanceFact, EvidenceFact, EvidenceFacts, EvidenceOutcome, WithdrawalFact};
use crate::catalog::{AgreementIndex, Catalogue, VersionIndex};
use crate::event::{AcceptanceRecorded, EventRef};
use crate::facts::FactsMut;
use crate::values::{AgreementId, CustomerId, Instant, PartnerId, Position};

pub(super) fn recorded(
    facts: &mut impl FactsMut,
    at: EventRef,
    partner: &PartnerId,
    customer: &CustomerId,
    recorded: &AcceptanceRecorded,
) {
    // Publishing happens first: an acceptance of what was never published cannot be placed.
    let Some((agreement, version)) = place(facts.catalogue(), recorded) else { return };
    let mut relationship = facts.relationship_mut(partner, customer);
    if let Some(original) = recorded.corrects.and_then(|it| relationship.acceptance_mut(it.position)) {
        original.corrected_by = at.position;
    }
    if let Some(evidence) = recorded.evidence.and_then(|it| relationship.evidence_mut(it.position)) {
        evidence.outcome = EvidenceOutcome::Confirmed(at);
    }
    relationship.acceptances.push(AcceptanceFact {
        recorded: at,
        accepted_at: recorded.accepted_at,
        confirmed_at: recorded.confirmed_at,
        corrected_by: Position::START,
        voided_by: Position::START,
        agreement,
        version,
        method: recorded.method,
        backfilled: recorded.backfilled,
    });
}

fn place(catalogue: &Catalogue, recorded: &AcceptanceRecorded) -> Option<(AgreementIndex, VersionIndex)> {
    let agreement = catalogue.index_of(&recorded.agreement)?;
    Some((agreement, catalogue.agreement(agreement).version_of(&recorded.version)?))
}

pub(super) fn withdrawn(
    facts: &mut impl FactsMut,
    at: EventRef,
    partner: &PartnerId,
    customer: &CustomerId,
    agreement: &AgreementId,
    withdrawn_at: Instant,
) {
    let Some(agreement) = facts.catalogue().index_of(agreement) else { return };
    facts.relationship_mut(partner, customer).rest_mut().withdrawals.push(WithdrawalFact {
        recorded: at,
        agreement,
        withdrawn_at,
        voided_by: None,
        cancelled: None,
    });
}

pub(super) fn voided(
    facts: &mut impl FactsMut,
    position: Position,
    partner: &PartnerId,
    customer: &CustomerId,
    acceptance: EventRef,
) {
    if let Some(voided) = facts.relationship_mut(partner, customer).acceptance_mut(acceptance.position) {
        voided.voided_by = position;
    }
}

pub(super) fn withdrawal_voided(
    facts: &mut impl FactsMut,
    at: EventRef,
    partner: &PartnerId,
    customer: &CustomerId,
    withdrawal: EventRef,
) {
    if let Some(voided) = facts.relationship_mut(partner, customer).withdrawal_mut(withdrawal.position) {
        voided.voided_by = Some(at);
    }
}

/// The first cancellation of an obligation is the one that closed it.
pub(super) fn cancelled(
    facts: &mut impl FactsMut,
    cancellation: (EventRef, Instant),
    partner: &PartnerId,
    customer: &CustomerId,
    obligation: EventRef,
) {
    if let Some(withdrawal) = facts.relationship_mut(partner, customer).withdrawal_mut(obligation.position) {
        withdrawal.cancelled.get_or_insert(cancellation);
    }
}

pub(super) fn evidence_submitted(
    facts: &mut impl FactsMut,
    at: EventRef,
    provider: &PartnerId,
    customer: &CustomerId,
    evidence: &EvidenceFacts,
) {
    facts.relationship_mut(provider, customer).rest_mut().evidence.push(EvidenceFact {
        recorded: at,
        facts: evidence.clone(),
        outcome: EvidenceOutcome::Pending,
    });
}

pub(super) fn evidence_rejected(
    facts: &mut impl FactsMut,
    position: Position,
    provider: &PartnerId,
    customer: &CustomerId,
    evidence: EventRef,
) {
    if let Some(rejected) = facts.relationship_mut(provider, customer).evidence_mut(evidence.position) {
        rejected.outcome = EvidenceOutcome::Rejected(position);
    }
}
