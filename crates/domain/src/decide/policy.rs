//! Publishing a version of the policy.

use std::sync::Arc;

use super::none_holds;
use crate::catalog::Catalogue;
use crate::event::Event;
use crate::facts::Facts;
use crate::policy::{Policy, PolicyDocument};
use crate::refusal::{Refusal, Refusals};
use crate::values::{Position, Sha256};

/// The next version governs from its event on. A document that already governs stores nothing.
pub(super) fn publish(
    facts: &(impl Facts + ?Sized),
    document: &Arc<PolicyDocument>,
    sha256: Sha256,
    expected_version: Option<u32>,
) -> Result<Vec<Event>, Refusals> {
    let governing = facts.policies().at(Position::END).map(Arc::as_ref);
    let actual = governing.map_or(0, |it| it.version);

    let mut refusals: Vec<_> = other_policy(governing, document).into_iter().collect();
    refusals.extend(unknown_agreements(facts.catalogue(), document));
    refusals.extend(expected_version.filter(|it| *it != actual).map(|expected| Refusal::RevisionConflict {
        expected: u64::from(expected),
        actual: u64::from(actual),
    }));
    none_holds(refusals)?;

    if governing.is_some_and(|it| it.sha256 == sha256) {
        return Ok(Vec::new());
    }
    Ok(vec![Event::PolicyPublished { version: actual + 1, document: document.clone(), sha256 }])
}

/// A ledger has one policy, in versions.
fn other_policy(governing: Option<&Policy>, document: &PolicyDocument) -> Option<Refusal> {
    let its = &governing?.document.id;
    (*its != document.id).then(|| Refusal::PolicyInvalid {
        field: "id".to_owned(),
        description: format!("the ledger's policy is {its}"),
    })
}

fn unknown_agreements(catalogue: &Catalogue, document: &PolicyDocument) -> Vec<Refusal> {
    let mut unknown = Vec::new();
    for (line_at, line) in document.lines.iter().enumerate() {
        for (at, requirement) in line.any_of.iter().enumerate() {
            if catalogue.find(&requirement.agreement).is_none() {
                unknown.push(Refusal::PolicyInvalid {
                    field: format!("lines[{line_at}].any_of[{at}].agreement_id"),
                    description: format!(
                        "line {}: the catalogue has no agreement {}",
                        line.id, requirement.agreement
                    ),
                });
            }
        }
    }
    unknown
}
