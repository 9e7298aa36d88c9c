//! Agreements and their texts.

use assent_domain::catalog::{Agreement, Availability, Version, VersionTemplate};
use assent_domain::values::{Instant, Position, Template};

use super::{hash, text, timestamp};
use crate::v1;

/// An agreement as the prefix knows it, with the version in force at the instant.
pub fn agreement(agreement: &Agreement, now: Instant, prefix: Position) -> v1::Agreement {
    let in_force = agreement.in_force_at(now, prefix).map(|it| agreement.version(it).id.to_string());
    let availability_at = agreement.availability.at(prefix);
    let known = |it: &&Version| it.published <= prefix;
    v1::Agreement {
        agreement_id: agreement.id.to_string(),
        versions: agreement.versions.iter().filter(known).map(version).collect(),
        availability: availability_at.iter().flat_map(|it| it.iter()).map(availability).collect(),
        successor: text(agreement.successor.as_ref()),
        template_id: agreement.template_id.clone(),
        version_in_force: in_force,
    }
}

/// The text of a version for a country, in a language.
pub fn template(template: &VersionTemplate) -> v1::Template {
    let VersionTemplate { template: Template { country, language }, uri, sha256 } = template;
    v1::Template {
        country: country.to_string(),
        language: language.to_string(),
        uri: uri.clone(),
        sha256: sha256.as_ref().map(hash),
    }
}

fn version(version: &Version) -> v1::AgreementVersion {
    let Version { id, published, in_force_from, document_sha256, templates } = version;
    v1::AgreementVersion {
        version: id.to_string(),
        in_force_from: in_force_from.map(timestamp),
        document_sha256: document_sha256.as_ref().map(hash),
        template_count: u32::try_from(templates.len()).unwrap_or(u32::MAX),
        position: published.0,
    }
}

fn availability(availability: &Availability) -> v1::Availability {
    let Availability { environment, channel, from, until } = availability;
    v1::Availability {
        environment: v1::Environment::from(*environment) as i32,
        channel: channel.map_or(v1::Channel::Unspecified, v1::Channel::from) as i32,
        from: Some(timestamp(*from)),
        until: until.map(timestamp),
    }
}
