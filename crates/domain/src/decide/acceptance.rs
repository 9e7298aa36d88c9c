//! Recording and correcting acceptances (rules W1, W6, C1 to C11).

use super::scene::Scene;
use super::{claim, duplicates, none_holds};
use crate::acceptance::{AcceptanceFact, EvidenceOutcome};
use crate::catalog::{Agreement, VersionIndex};
use crate::command::{AcceptanceClaim, Context, Parties, Recording};
use crate::event::{AcceptanceRecorded, Event, EventRef};
use crate::facts::Facts;
use crate::refusal::{Refusal, Refusals};
use crate::values::{Instant, Method, PartnerId, Position};

/// Confirm, attest, direct acceptance, and confirming evidence.
pub(super) fn record(
    facts: &(impl Facts + ?Sized),
    parties: &Parties,
    recording: &Recording,
    claim: &AcceptanceClaim,
    context: &Context,
) -> Result<Vec<Event>, Refusals> {
    let scene = Scene::of(facts, parties);
    let agreement = facts.catalogue().find(&claim.agreement);
    let version = agreement.and_then(|it| claim::version(it, claim));
    let confirmed_at = claim.confirmed_at.unwrap_or(context.now);

    let mut refusals = Vec::new();
    refusals.extend(contact_missing(recording, claim));
    refusals.extend(scene.unknown_parties());
    refusals.extend(agreement_unknown(agreement, claim));
    refusals.extend(evidence_unknown(&scene, recording));
    refusals.extend(claim::instants_of_new(claim, context.now));
    refusals.extend(agreement.and_then(|it| claim::no_version_then(it, claim)));
    refusals.extend(not_after_withdrawal(facts, &scene, claim, confirmed_at));
    refusals.extend(scene.reseller_cannot_confirm());
    refusals.extend(scene.partner_inactive());
    refusals.extend(scene.relationship_not_in_force());
    refusals.extend(scene.cloud_not_supported());
    let known = Position::END;
    refusals.extend(agreement.and_then(|it| claim::unavailable(facts, it, claim, confirmed_at, known)));
    refusals.extend(wording(&scene, agreement, version, claim));
    refusals.extend(claim::contact_is_partner(facts, parties, claim));
    refusals.extend(partner_must_attest(&scene, recording, claim, confirmed_at));
    refusals.extend(scene.revision_conflict(context));
    refusals.extend(evidence_confirmed(&scene, recording).or_else(|| duplicates::refused(&scene, context)));
    none_holds(refusals)?;

    let evidence = match recording {
        Recording::ConfirmEvidence(evidence) => Some(*evidence),
        Recording::Confirm | Recording::Attest(_) | Recording::Direct => None,
    };
    let submitted = evidence.and_then(|it| scene.relationship()?.evidence_of(it.position));
    let origin = Origin {
        method: recording.method(),
        confirmed_at,
        backfilled: claim.confirmed_at.is_some(),
        corrects: None,
        evidence,
        reseller: submitted.map(|it| it.facts.reseller.clone()),
    };
    recorded(parties, agreement, version, claim, origin)
}

/// A new acceptance that names the one that it corrects (rule C9). It can correct a VOID one too: as the same
/// values are a duplicate in whatever state (C8), an acceptance voided in error could not be brought back otherwise.
pub(super) fn correct(
    facts: &(impl Facts + ?Sized),
    parties: &Parties,
    acceptance: EventRef,
    claim: &AcceptanceClaim,
    context: &Context,
) -> Result<Vec<Event>, Refusals> {
    let scene = Scene::of(facts, parties);
    let agreement = facts.catalogue().find(&claim.agreement);
    let version = agreement.and_then(|it| claim::version(it, claim));
    let original = scene.relationship().and_then(|it| it.acceptance(acceptance.position));

    let mut refusals: Vec<_> = scene.unknown_parties().collect();
    refusals.extend(agreement_unknown(agreement, claim));
    refusals.extend(original.is_none().then_some(Refusal::AcceptanceUnknown));
    refusals.extend(original.and_then(|it| agreement_changed(facts, it, claim)));
    refusals
        .extend(original.and_then(|it| claim::instants_of_correction(claim, it.confirmed_at, it.backfilled)));
    refusals.extend(agreement.and_then(|it| claim::no_version_then(it, claim)));
    refusals.extend(scene.relationship_never_was());
    let confirmed_at = original.map_or(context.now, |it| it.confirmed_at);
    let known = original.map_or(Position::END, |it| first_of_chain(&scene, it).recorded.position);
    refusals.extend(agreement.and_then(|it| claim::unavailable(facts, it, claim, confirmed_at, known)));
    refusals.extend(wording(&scene, agreement, version, claim));
    refusals.extend(claim::contact_is_partner(facts, parties, claim));
    refusals.extend(scene.revision_conflict(context));
    refusals.extend(original.and_then(|it| already_corrected(&scene, it)));
    refusals.extend(duplicates::refused(&scene, context));
    none_holds(refusals)?;

    let origin = Origin {
        method: original.map_or(Method::Confirmed, |it| it.method),
        confirmed_at,
        backfilled: original.is_some_and(|it| it.backfilled),
        corrects: original.map(|it| it.recorded),
        evidence: original.and_then(|it| evidence_behind(&scene, it)),
        reseller: None,
    };
    recorded(parties, agreement, version, claim, origin)
}

fn contact_missing(recording: &Recording, claim: &AcceptanceClaim) -> Option<Refusal> {
    let required = match recording {
        Recording::Confirm | Recording::Attest(_) | Recording::ConfirmEvidence(_) => true,
        Recording::Direct => false,
    };
    (required && claim.contact.is_none())
        .then(|| Refusal::FieldInvalid { field: "contact", description: "is required".to_owned() })
}

fn agreement_unknown(agreement: Option<&Agreement>, claim: &AcceptanceClaim) -> Option<Refusal> {
    agreement.is_none().then(|| Refusal::AgreementUnknown { agreement: claim.agreement.clone() })
}

/// A record of the wrong agreement is voided, not corrected (rule C9).
fn agreement_changed(
    facts: &(impl Facts + ?Sized),
    original: &AcceptanceFact,
    claim: &AcceptanceClaim,
) -> Option<Refusal> {
    let its = &facts.catalogue().agreement(original.agreement).id;
    (*its != claim.agreement).then(|| Refusal::FieldInvalid {
        field: "agreement_id",
        description: format!("the acceptance is of {its}; one of the wrong agreement is voided"),
    })
}

/// A new acceptance, not backfilled, must lie after the last withdrawal of the agreement (rule C13).
fn not_after_withdrawal(
    facts: &(impl Facts + ?Sized),
    scene: &Scene<'_>,
    claim: &AcceptanceClaim,
    confirmed_at: Instant,
) -> Option<Refusal> {
    let agreement = facts.catalogue().index_of(&claim.agreement)?;
    let withdrawn_at = scene.relationship()?.last_withdrawal(agreement, Position::END)?.withdrawn_at;
    let counts_from = claim.accepted_at.instant().min(confirmed_at);
    (claim.confirmed_at.is_none() && counts_from <= withdrawn_at).then(|| Refusal::FieldInvalid {
        field: claim::instant_field(claim),
        description: format!("must lie after the customer's withdrawal of {withdrawn_at}"),
    })
}

/// VERSION_MISMATCH and TEMPLATE_UNKNOWN.
fn wording(
    scene: &Scene<'_>,
    agreement: Option<&Agreement>,
    version: Option<(VersionIndex, bool)>,
    claim: &AcceptanceClaim,
) -> Option<Refusal> {
    let agreement = agreement?;
    let Some((version, _)) = version else { return claim::version_mismatch(agreement, claim) };
    claim::template_unknown(agreement, agreement.version(version), claim, scene.customer()?.country)
}

/// A customer that has purchases does not accept directly: its partner attests (rule C11).
fn partner_must_attest(
    scene: &Scene<'_>,
    recording: &Recording,
    claim: &AcceptanceClaim,
    confirmed_at: Instant,
) -> Option<Refusal> {
    match recording {
        Recording::Confirm | Recording::Attest(_) | Recording::ConfirmEvidence(_) => return None,
        Recording::Direct => {}
    }
    let instant = claim.accepted_at.instant().min(confirmed_at);
    let Parties { partner, customer } = scene.parties.clone();
    let purchased = scene.customer_record()?.has_purchase_before(instant);
    purchased.then_some(Refusal::PartnerMustAttest { partner, customer })
}

fn evidence_unknown(scene: &Scene<'_>, recording: &Recording) -> Option<Refusal> {
    let Recording::ConfirmEvidence(evidence) = recording else { return None };
    let known = scene.relationship().and_then(|it| it.evidence_of(evidence.position));
    match known.map(|it| it.outcome) {
        None => Some(Refusal::EvidenceUnknown),
        Some(EvidenceOutcome::Pending | EvidenceOutcome::Confirmed(_)) => None,
        Some(EvidenceOutcome::Rejected(_)) => Some(Refusal::FieldInvalid {
            field: "evidence_id",
            description: "the evidence was rejected; it can be submitted anew".to_owned(),
        }),
    }
}

/// Evidence is confirmed once, in whatever state its acceptance is.
fn evidence_confirmed(scene: &Scene<'_>, recording: &Recording) -> Option<Refusal> {
    let Recording::ConfirmEvidence(evidence) = recording else { return None };
    let relationship = scene.relationship()?;
    match relationship.evidence_of(evidence.position)?.outcome {
        EvidenceOutcome::Pending | EvidenceOutcome::Rejected(_) => None,
        EvidenceOutcome::Confirmed(acceptance) => {
            duplicates::already_confirmed(relationship, relationship.acceptance(acceptance.position)?)
        }
    }
}

/// The evidence that the acceptance, or the one that it corrects, confirmed.
fn evidence_behind(scene: &Scene<'_>, fact: &AcceptanceFact) -> Option<EventRef> {
    let confirmed = EvidenceOutcome::Confirmed(fact.recorded);
    let evidence = scene.relationship()?.evidence().iter().find(|it| it.outcome == confirmed)?;
    Some(evidence.recorded)
}

/// The record that this one corrects, or that the one which it corrects corrects, and so on; else itself.
fn first_of_chain<'a>(scene: &'a Scene<'_>, fact: &'a AcceptanceFact) -> &'a AcceptanceFact {
    let mut first = fact;
    let known = scene.relationship().map_or(&[][..], |it| it.acceptances.as_slice());
    // Records lie by position, and each is corrected by a later one: one pass finds the whole chain.
    for earlier in known.iter().rev() {
        if earlier.corrected_by == first.recorded.position {
            first = earlier;
        }
    }
    first
}

fn already_corrected(scene: &Scene<'_>, fact: &AcceptanceFact) -> Option<Refusal> {
    let successor = scene.relationship()?.acceptance(fact.corrected_by)?.recorded;
    Some(Refusal::AcceptanceAlreadyCorrected { acceptance: fact.recorded, successor })
}

/// Where an acceptance comes from.
struct Origin {
    method: Method,
    confirmed_at: Instant,
    backfilled: bool,
    corrects: Option<EventRef>,
    evidence: Option<EventRef>,
    reseller: Option<PartnerId>,
}

fn recorded(
    parties: &Parties,
    agreement: Option<&Agreement>,
    version: Option<(VersionIndex, bool)>,
    claim: &AcceptanceClaim,
    origin: Origin,
) -> Result<Vec<Event>, Refusals> {
    // Both are there, for a missing one was refused before; nothing is ever recorded without them.
    let (Some(agreement), Some((version, version_inferred))) = (agreement, version) else {
        return Err(Refusal::AgreementUnknown { agreement: claim.agreement.clone() }.into());
    };
    let version = agreement.version(version);
    let Origin { method, confirmed_at, backfilled, corrects, evidence, reseller } = origin;
    let acceptance = AcceptanceRecorded {
        method,
        agreement: agreement.id.clone(),
        version: version.id.clone(),
        version_inferred,
        document_sha256: claim::document_sha256(version, claim),
        accepted_at: claim.accepted_at.instant(),
        confirmed_at,
        backfilled,
        corrects,
        evidence,
        reseller,
    };
    let Parties { partner, customer } = parties.clone();
    Ok(vec![Event::AcceptanceRecorded { partner, customer, acceptance }])
}
