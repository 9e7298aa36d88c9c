//! Voiding records, withdrawing, and recording cancellations (rules C9, C13). All of them only need that the
//! relationship once existed (rule W6).

use super::none_holds;
use super::scene::Scene;
use crate::acceptance::{AcceptanceFact, WithdrawalFact};
use crate::authorize::AsOf;
use crate::command::{Context, Parties};
use crate::decide::CLOCK_SKEW_MICROS;
use crate::event::{Event, EventRef};
use crate::facts::Facts;
use crate::refusal::{Refusal, Refusals};
use crate::values::{AgreementId, Instant, Position};

/// Voiding twice is a retry. A corrected record no longer counts: what there is to void is the one that it was
/// corrected into, and the refusal names it. Voiding that one does not bring the corrected one back.
pub(super) fn void_acceptance(
    facts: &(impl Facts + ?Sized),
    parties: &Parties,
    acceptance: EventRef,
    context: &Context,
) -> Result<Vec<Event>, Refusals> {
    let scene = Scene::of(facts, parties);
    let target = scene.relationship().and_then(|it| it.acceptance(acceptance.position));
    let void = target.is_some_and(|it| it.is_void_at(Position::END));

    let mut refusals: Vec<_> = scene.unknown_parties().collect();
    refusals.extend(target.is_none().then_some(Refusal::AcceptanceUnknown));
    refusals.extend(scene.relationship_never_was());
    refusals.extend(scene.revision_conflict(context));
    refusals.extend(target.filter(|_| !void).and_then(|it| already_corrected(&scene, it)));
    none_holds(refusals)?;

    let Some(target) = target.filter(|_| !void) else { return Ok(Vec::new()) };
    let Parties { partner, customer } = parties.clone();
    let agreement = facts.catalogue().agreement(target.agreement).id.clone();
    Ok(vec![Event::AcceptanceVoided { partner, customer, agreement, acceptance }])
}

/// Voiding twice is a retry. An unknown withdrawal is OBLIGATION_UNKNOWN: its id is that of its obligation.
pub(super) fn void_withdrawal(
    facts: &(impl Facts + ?Sized),
    parties: &Parties,
    withdrawal: EventRef,
    context: &Context,
) -> Result<Vec<Event>, Refusals> {
    let scene = Scene::of(facts, parties);
    let target = scene.relationship().and_then(|it| it.withdrawal(withdrawal.position));

    let mut refusals: Vec<_> = scene.unknown_parties().collect();
    refusals.extend(target.is_none().then_some(Refusal::ObligationUnknown));
    refusals.extend(scene.relationship_never_was());
    refusals.extend(scene.revision_conflict(context));
    none_holds(refusals)?;

    let Some(target) = target.filter(|it| it.voided_by.is_none()) else { return Ok(Vec::new()) };
    let Parties { partner, customer } = parties.clone();
    let agreement = facts.catalogue().agreement(target.agreement).id.clone();
    Ok(vec![Event::WithdrawalVoided { partner, customer, agreement, withdrawal }])
}

/// The customer no longer agrees: it ends acceptances, and opens an obligation to cancel.
pub(super) fn withdraw(
    facts: &(impl Facts + ?Sized),
    parties: &Parties,
    agreement: &AgreementId,
    withdrawn_at: Option<Instant>,
    context: &Context,
) -> Result<Vec<Event>, Refusals> {
    let scene = Scene::of(facts, parties);
    let index = facts.catalogue().index_of(agreement);
    let withdrawn_at = withdrawn_at.unwrap_or(context.now);
    let as_of = AsOf { prefix: Position::END, effective_at: withdrawn_at };
    let in_force = index.zip(scene.relationship()).and_then(|(index, it)| it.current(index, as_of));

    let mut refusals: Vec<_> = scene.unknown_parties().collect();
    refusals.extend(index.is_none().then(|| Refusal::AgreementUnknown { agreement: agreement.clone() }));
    refusals.extend(in_future("withdrawn_at", withdrawn_at, context.now));
    refusals.extend(scene.relationship_never_was());
    refusals.extend(in_force.is_none().then(|| Refusal::NothingToWithdraw { agreement: agreement.clone() }));
    refusals.extend(scene.revision_conflict(context));
    none_holds(refusals)?;

    let Parties { partner, customer } = parties.clone();
    let agreement = agreement.clone();
    Ok(vec![Event::AcceptanceWithdrawn { partner, customer, agreement, withdrawn_at }])
}

/// Recorded also where the customer accepted anew meanwhile: it happened. A second, other cancellation of the same
/// obligation is refused, and one of a withdrawal that never was: nothing was owed.
pub(super) fn record_cancellation(
    facts: &(impl Facts + ?Sized),
    parties: &Parties,
    obligation: EventRef,
    cancelled_at: Option<Instant>,
    context: &Context,
) -> Result<Vec<Event>, Refusals> {
    let scene = Scene::of(facts, parties);
    let target = scene.relationship().and_then(|it| it.withdrawal(obligation.position));
    let latest = context.now.plus_micros(CLOCK_SKEW_MICROS);

    let mut refusals: Vec<_> = scene.unknown_parties().collect();
    refusals.extend(target.is_none().then_some(Refusal::ObligationUnknown));
    refusals.extend(cancelled_at.and_then(|it| in_future("cancelled_at", it, latest)));
    refusals.extend(target.and_then(|it| closed_otherwise(it, cancelled_at)));
    refusals.extend(scene.relationship_never_was());
    refusals.extend(scene.revision_conflict(context));
    none_holds(refusals)?;

    let Some(target) = target.filter(|it| it.cancelled.is_none()) else { return Ok(Vec::new()) };
    let cancelled_at = cancelled_at.unwrap_or(context.now);
    let Parties { partner, customer } = parties.clone();
    let agreement = facts.catalogue().agreement(target.agreement).id.clone();
    Ok(vec![Event::CancellationRecorded { partner, customer, agreement, obligation, cancelled_at }])
}

fn in_future(field: &'static str, instant: Instant, latest: Instant) -> Option<Refusal> {
    let description = "must not lie in the future".to_owned();
    (instant > latest).then_some(Refusal::FieldInvalid { field, description })
}

fn already_corrected(scene: &Scene<'_>, fact: &AcceptanceFact) -> Option<Refusal> {
    let successor = scene.relationship()?.acceptance(fact.corrected_by)?.recorded;
    Some(Refusal::AcceptanceAlreadyCorrected { acceptance: fact.recorded, successor })
}

fn closed_otherwise(withdrawal: &WithdrawalFact, cancelled_at: Option<Instant>) -> Option<Refusal> {
    if withdrawal.voided_by.is_some() {
        return Some(Refusal::FieldInvalid {
            field: "obligation_id",
            description: "the withdrawal was voided, so that nothing is to be cancelled".to_owned(),
        });
    }
    let (_, recorded) = withdrawal.cancelled?;
    cancelled_at.filter(|it| *it != recorded).map(|_| Refusal::FieldInvalid {
        field: "cancelled_at",
        description: format!("the cancellation was recorded before, as of {recorded}"),
    })
}
