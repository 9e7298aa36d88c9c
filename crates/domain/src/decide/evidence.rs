//! Evidence that a reseller collected (rule W2). It is no acceptance: what a confirmation must fulfil is judged when
//! the provider confirms it, so that agreement texts, availability and cloud are no matter here.

use super::scene::Scene;
use super::{claim, none_holds};
use crate::acceptance::{EvidenceFact, EvidenceFacts, EvidenceOutcome};
use crate::authorize::AsOf;
use crate::command::{AcceptanceClaim, Context, Parties};
use crate::directory::Partner;
use crate::event::{Event, EventRef};
use crate::facts::Facts;
use crate::refusal::{Refusal, Refusals};
use crate::values::{PartnerId, Position};

/// A reseller submits evidence to a provider that it is linked to, whose relationship with the customer is in force.
pub(super) fn submit(
    facts: &(impl Facts + ?Sized),
    parties: &Parties,
    evidence: &EvidenceFacts,
    claim: &AcceptanceClaim,
    context: &Context,
) -> Result<Vec<Event>, Refusals> {
    let scene = Scene::of(facts, parties);
    let reseller = facts.partner(&evidence.reseller).filter(|it| it.facts.is_some());
    let agreement_known = facts.catalogue().find(&evidence.agreement).is_some();

    let mut refusals = Vec::new();
    refusals.extend(unknown_reseller(reseller, &evidence.reseller));
    refusals.extend(scene.unknown_parties());
    refusals.extend(
        (!agreement_known).then(|| Refusal::AgreementUnknown { agreement: evidence.agreement.clone() }),
    );
    refusals.extend(claim::instants_of_new(claim, context.now));
    refusals.extend(scene.partner_inactive());
    refusals.extend(reseller.and_then(|it| inactive(it, &evidence.reseller)));
    refusals.extend(scene.relationship_not_in_force());
    refusals.extend(not_linked(facts, parties, reseller, evidence));
    refusals.extend(claim::contact_is_partner(facts, parties, claim));
    refusals.extend(scene.revision_conflict(context));
    none_holds(refusals)?;

    let Parties { partner: provider, customer } = parties.clone();
    Ok(vec![Event::EvidenceSubmitted { provider, customer, evidence: evidence.clone() }])
}

/// Rejecting twice is a retry; confirmed evidence stands.
pub(super) fn reject(
    facts: &(impl Facts + ?Sized),
    parties: &Parties,
    evidence: EventRef,
    context: &Context,
) -> Result<Vec<Event>, Refusals> {
    let scene = Scene::of(facts, parties);
    let target = scene.relationship().and_then(|it| it.evidence_of(evidence.position));
    let outcome = target.map(|it| it.outcome);

    let mut refusals: Vec<_> = scene.unknown_parties().collect();
    refusals.extend(outcome.is_none().then_some(Refusal::EvidenceUnknown));
    refusals.extend(scene.revision_conflict(context));
    refusals.extend(outcome.and_then(|it| confirmed(&scene, it)));
    none_holds(refusals)?;

    let pending = |it: &&EvidenceFact| match it.outcome {
        EvidenceOutcome::Pending => true,
        EvidenceOutcome::Rejected(_) | EvidenceOutcome::Confirmed(_) => false,
    };
    let Some(target) = target.filter(pending) else { return Ok(Vec::new()) };
    let Parties { partner: provider, customer } = parties.clone();
    let EvidenceFacts { reseller, agreement, accepted_at: _ } = target.facts.clone();
    Ok(vec![Event::EvidenceRejected { provider, customer, reseller, agreement, evidence }])
}

fn unknown_reseller(reseller: Option<&Partner>, id: &PartnerId) -> Option<Refusal> {
    reseller.is_none().then(|| Refusal::PartnerUnknown { partner: id.clone() })
}

fn inactive(reseller: &Partner, id: &PartnerId) -> Option<Refusal> {
    let inactive = !reseller.is_active_at(Position::END);
    inactive.then(|| Refusal::PartnerInactive { partner: id.clone() })
}

fn not_linked(
    facts: &(impl Facts + ?Sized),
    parties: &Parties,
    reseller: Option<&Partner>,
    evidence: &EvidenceFacts,
) -> Option<Refusal> {
    let provider = facts.partner(&parties.partner);
    let linked = reseller.zip(provider).is_some_and(|(reseller, provider)| {
        reseller.sells_through(provider, &parties.partner, Position::END)
    });
    (!linked).then(|| Refusal::ResellerNotLinked {
        provider: parties.partner.clone(),
        reseller: evidence.reseller.clone(),
    })
}

fn confirmed(scene: &Scene<'_>, outcome: EvidenceOutcome) -> Option<Refusal> {
    let EvidenceOutcome::Confirmed(acceptance) = outcome else { return None };
    let relationship = scene.relationship()?;
    let state = relationship.state(relationship.acceptance(acceptance.position)?, AsOf::EVERYTHING);
    Some(Refusal::AcceptanceAlreadyConfirmed { acceptance, state })
}
