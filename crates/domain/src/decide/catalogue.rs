//! Publishing versions of agreements, and retiring agreements (rules C4, C5, C10).

use super::none_holds;
use crate::catalog::{Agreement, Catalogue, PLACES_MAX, Version, VersionTemplate, retired};
use crate::event::{Event, VersionPublished};
use crate::refusal::{Refusal, Refusals};
use crate::values::{AgreementId, Channel, Environment, Instant};

/// A version's text never changes: what customers accepted must stay what it was. The agreement's availability,
/// successor and template id can be changed with the version named again and its text unchanged.
pub(super) fn publish(
    catalogue: &Catalogue,
    id: &AgreementId,
    published: &VersionPublished,
) -> Result<Vec<Event>, Refusals> {
    let agreement = catalogue.find(id);
    let version =
        agreement.and_then(|it| it.version_of(&published.version).map(|version| it.version(version)));

    let mut refusals = Vec::new();
    refusals.extend(no_place(catalogue, agreement, version));
    refusals.extend(own_successor(id, published.successor.as_ref()));
    refusals.extend(
        version
            .filter(|it| !same_text(it, published))
            .map(|it| Refusal::VersionExists { agreement: id.clone(), version: it.id.clone() }),
    );
    none_holds(refusals)?;

    let nothing_new = version.is_some() && agreement.is_some_and(|it| same_terms(it, published));
    let event = Event::AgreementVersionPublished { agreement: id.clone(), published: published.clone() };
    Ok(if nothing_new { Vec::new() } else { vec![event] })
}

/// What retiring an agreement asks for.
pub(super) struct Retirement<'a> {
    pub(super) environment: &'a Option<Environment>,
    pub(super) channel: &'a Option<Channel>,
    pub(super) retired_at: Instant,
    pub(super) successor: &'a Option<AgreementId>,
}

/// The agreement can no longer be confirmed from the instant on, also a past or a future one. Where it already
/// could not, and has this successor, nothing is stored.
pub(super) fn retire(
    catalogue: &Catalogue,
    id: &AgreementId,
    retirement: Retirement<'_>,
) -> Result<Vec<Event>, Refusals> {
    let Some(agreement) = catalogue.find(id) else {
        return Err(Refusal::AgreementUnknown { agreement: id.clone() }.into());
    };
    let Retirement { environment, channel, retired_at, successor } = retirement;
    let (environment, channel, successor) = (*environment, *channel, successor.clone());
    none_holds(own_successor(id, successor.as_ref()).into_iter().collect())?;

    let before = agreement.availability.current();
    let closed_before = retired(before, environment, channel, retired_at) == *before;
    let same_successor = successor.is_none() || successor == agreement.successor;
    let agreement = id.clone();
    let event = Event::AgreementRetired { agreement, environment, channel, retired_at, successor };
    Ok(if closed_before && same_successor { Vec::new() } else { vec![event] })
}

fn no_place(
    catalogue: &Catalogue,
    agreement: Option<&Agreement>,
    version: Option<&Version>,
) -> Option<Refusal> {
    let full = match agreement {
        None => catalogue.agreements.len() >= PLACES_MAX,
        Some(agreement) => version.is_none() && agreement.versions.len() >= PLACES_MAX,
    };
    let field = if agreement.is_none() { "agreement_id" } else { "version" };
    full.then(|| Refusal::FieldInvalid { field, description: format!("no more than {PLACES_MAX} fit") })
}

fn own_successor(id: &AgreementId, successor: Option<&AgreementId>) -> Option<Refusal> {
    (successor == Some(id)).then(|| Refusal::FieldInvalid {
        field: "successor",
        description: "an agreement does not succeed itself".to_owned(),
    })
}

/// Whether the version is published with the text that it has: templates in any order.
fn same_text(version: &Version, published: &VersionPublished) -> bool {
    let all_in =
        |some: &[VersionTemplate], others: &[VersionTemplate]| some.iter().all(|it| others.contains(it));
    version.in_force_from == published.in_force_from
        && version.document_sha256 == published.document_sha256
        && version.templates.len() == published.templates.len()
        && all_in(&version.templates, &published.templates)
        && all_in(&published.templates, &version.templates)
}

/// Whether what is published beside the version says nothing new about the agreement.
fn same_terms(agreement: &Agreement, published: &VersionPublished) -> bool {
    let availability = &published.availability;
    (availability.is_empty() || availability == agreement.availability.current())
        && (published.successor.is_none() || published.successor == agreement.successor)
        && (published.template_id.is_none() || published.template_id == agreement.template_id)
}
