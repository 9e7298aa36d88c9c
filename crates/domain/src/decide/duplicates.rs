//! Recording the same acceptance twice (rule C8).

use super::claim;
use super::scene::Scene;
use crate::acceptance::{AcceptanceFact, Relationship};
use crate::authorize::AsOf;
use crate::command::{AcceptanceClaim, Context, Parties};
use crate::facts::Facts;
use crate::refusal::Refusal;
use crate::values::Position;

/// Those that rule C8 compares contacts with. A correction is no duplicate of the record that it corrects, nor of
/// those that were corrected into it: else a correction that was itself wrong could never be taken back.
pub(super) fn candidates(
    facts: &(impl Facts + ?Sized),
    parties: &Parties,
    claim: &AcceptanceClaim,
    correcting: Option<Position>,
) -> Vec<Position> {
    let Some(relationship) = facts.relationship(&parties.partner, &parties.customer) else {
        return Vec::new();
    };
    let catalogue = facts.catalogue();
    let agreement = catalogue.index_of(&claim.agreement);
    let version = agreement.and_then(|it| claim::version(catalogue.agreement(it), claim));
    let same = |it: &&AcceptanceFact| {
        Some(it.agreement) == agreement
            && Some(it.version) == version.map(|(version, _)| version)
            && it.accepted_at == claim.accepted_at.instant()
            && !correcting.is_some_and(|last| leads_to(&relationship, it, last))
    };
    relationship.acceptances.iter().filter(same).map(|it| it.recorded.position).collect()
}

/// Whether the acceptance is this one, or was corrected into it. Corrections stand after what they correct, so
/// that the walk ends.
fn leads_to(relationship: &Relationship, fact: &AcceptanceFact, last: Position) -> bool {
    let mut at = Some(fact);
    while let Some(it) = at {
        if it.recorded.position == last {
            return true;
        }
        at = relationship.acceptance(it.corrected_by).filter(|next| next.recorded > it.recorded);
    }
    false
}

/// Those acceptances of which the vault says that the contact is the same (rule C8).
pub(super) fn refused(scene: &Scene<'_>, context: &Context) -> Option<Refusal> {
    let relationship = scene.relationship()?;
    let first = context.same_contact.first()?;
    already_confirmed(relationship, relationship.acceptance(*first)?)
}

pub(super) fn already_confirmed(relationship: &Relationship, fact: &AcceptanceFact) -> Option<Refusal> {
    let state = relationship.state(fact, AsOf::EVERYTHING);
    Some(Refusal::AcceptanceAlreadyConfirmed { acceptance: fact.recorded, state })
}
