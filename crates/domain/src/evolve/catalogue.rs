//! Agreements, their versions and their availability.

use crate::catalog::{
    Agreement, Availability, Catalogue, PLACES_MAX, Version, retired as availability_after,
};
use crate::directory::StreamHead;
use crate::event::VersionPublished;
use crate::history::History;
use crate::values::{AgreementId, Channel, Environment, Instant, Position};

/// The first publishing makes the agreement. Publishing a known version again leaves the version as it is: only
/// the agreement's availability, successor and template id can be changed so.
pub(super) fn published(
    catalogue: &mut Catalogue,
    position: Position,
    id: &AgreementId,
    published: &VersionPublished,
) {
    let Some(at) = place(catalogue, position, id, &published.availability) else { return };
    let agreement = &mut catalogue.agreements[at];
    let VersionPublished {
        version,
        in_force_from,
        document_sha256,
        templates,
        availability,
        successor,
        template_id,
    } = published;
    if agreement.version_of(version).is_none() && agreement.versions.len() < PLACES_MAX {
        agreement.versions.push(Version {
            id: version.clone(),
            published: position,
            in_force_from: *in_force_from,
            document_sha256: *document_sha256,
            templates: templates.clone(),
        });
    }
    if !availability.is_empty() && availability != agreement.availability.current() {
        agreement.availability.change(position, availability.clone());
    }
    if successor.is_some() {
        agreement.successor.clone_from(successor);
    }
    if template_id.is_some() {
        agreement.template_id.clone_from(template_id);
    }
}

/// The agreement's place, made where it has none yet.
fn place(
    catalogue: &mut Catalogue,
    position: Position,
    id: &AgreementId,
    availability: &[Availability],
) -> Option<usize> {
    if let Some(at) = catalogue.agreements.iter().position(|it| it.id == *id) {
        return Some(at);
    }
    if catalogue.agreements.len() >= PLACES_MAX {
        return None;
    }
    catalogue.agreements.push(Agreement {
        id: id.clone(),
        versions: Vec::new(),
        availability: History::new(position, availability.to_vec()),
        successor: None,
        template_id: None,
        stream: StreamHead::default(),
        mentioned: Position::START,
    });
    Some(catalogue.agreements.len() - 1)
}

pub(super) fn retired(
    catalogue: &mut Catalogue,
    position: Position,
    id: &AgreementId,
    (environment, channel, retired_at): (Option<Environment>, Option<Channel>, Instant),
    successor: Option<&AgreementId>,
) {
    let Some(agreement) = catalogue.find_mut(id) else { return };
    let left = availability_after(agreement.availability.current(), environment, channel, retired_at);
    if left != *agreement.availability.current() {
        agreement.availability.change(position, left);
    }
    if let Some(successor) = successor {
        agreement.successor = Some(successor.clone());
    }
}
