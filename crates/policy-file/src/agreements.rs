//! The agreements that a document brings: the catalogue of a ledger's first start.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use assent_domain::catalog::{Availability, VersionTemplate};
use assent_domain::event::VersionPublished;
use assent_domain::values::{
    AgreementId, Channel, Country, Environment, Identifier, Language, Template, VersionId,
};

use crate::error::PolicyError;
use crate::field::{Field, Mapping};
use crate::templates;

/// The longest address of a text, in bytes.
const URI_BYTES_MAX: usize = 2_048;

/// Reads the agreements: one entry a version, in the file's order.
pub(crate) fn read(field: &Field<'_>) -> Result<Vec<(AgreementId, VersionPublished)>, PolicyError> {
    let mut seen = BTreeMap::new();
    let mut published = Vec::new();
    let mut successors = Vec::new();
    for entry in field.entries()? {
        let fields =
            entry.mapping(&["agreement_id", "template_id", "successor", "versions", "availability"])?;
        let named = fields.required("agreement_id")?;
        let id = named.value(AgreementId::parse)?;
        if let Some(first) = seen.insert(id.clone(), named.line()) {
            return Err(named.error(format_args!("is the id of another agreement, which is on line {first}")));
        }
        let versions = agreement(&fields)?;
        if let Some(field) = fields.optional("successor") {
            successors.push((field.value(AgreementId::parse)?, field));
        }
        published.extend(versions.into_iter().map(|it| (id.clone(), it)));
    }
    for (successor, field) in successors {
        if !seen.contains_key(&successor) {
            return Err(field.error(format_args!("`{successor}` is not among the document's `agreements`")));
        }
    }
    Ok(published)
}

/// The versions of one agreement. What is said of the agreement itself goes with its first version: an event
/// publishes one version, and what it leaves out stays as it was.
fn agreement(fields: &Mapping<'_>) -> Result<Vec<VersionPublished>, PolicyError> {
    let template_id = fields.optional("template_id").map(|it| it.value(Identifier::parse)).transpose()?;
    let successor = fields.optional("successor").map(|it| it.value(AgreementId::parse)).transpose()?;
    let mut seen = BTreeMap::new();
    let mut versions = Vec::new();
    for entry in fields.required("versions")?.entries()? {
        let fields =
            entry.mapping(&["version", "in_force_from", "document_sha256", "templates", "templates_file"])?;
        let version = version(&fields)?;
        let named = fields.required("version")?;
        if let Some(first) = seen.insert(version.version.clone(), named.line()) {
            return Err(named.error(format_args!("is the id of another version, which is on line {first}")));
        }
        versions.push(version);
    }
    let availability = fields.required("availability")?.distinct(availability)?;
    if let Some(first) = versions.first_mut() {
        first.availability = availability;
        first.successor = successor;
        first.template_id = template_id.map(|it| it.to_string());
    }
    Ok(versions)
}

fn version(fields: &Mapping<'_>) -> Result<VersionPublished, PolicyError> {
    Ok(VersionPublished {
        version: fields.required("version")?.value(VersionId::parse)?,
        in_force_from: fields.optional("in_force_from").map(|it| it.instant()).transpose()?,
        document_sha256: fields.optional("document_sha256").map(|it| it.sha256()).transpose()?,
        templates: templates(fields)?,
        availability: Vec::new(),
        successor: None,
        template_id: None,
    })
}

/// Templates written out, or a list that ships.
fn templates(fields: &Mapping<'_>) -> Result<Arc<[VersionTemplate]>, PolicyError> {
    match (fields.optional("templates"), fields.optional("templates_file")) {
        (None, None) => Ok(Arc::default()),
        (None, Some(file)) => file.value(templates::shipped),
        (Some(_), Some(file)) => Err(file.error("must not stand beside `templates`")),
        (Some(list), None) => {
            let mut seen = BTreeSet::new();
            let mut templates = Vec::new();
            for entry in list.entries()? {
                let it = template(&entry)?;
                let Template { country, language } = &it.template;
                if !seen.insert((*country, language.as_str().to_ascii_lowercase())) {
                    return Err(entry.error(format_args!("is another template for {country} in {language}")));
                }
                templates.push(it);
            }
            Ok(templates.into())
        }
    }
}

fn template(entry: &Field<'_>) -> Result<VersionTemplate, PolicyError> {
    let fields = entry.mapping(&["country", "language", "uri", "sha256"])?;
    let country = fields.required("country")?.value(Country::parse)?;
    let language = fields.required("language")?.value(Language::parse)?;
    let uri = fields.optional("uri").map(|it| it.text(URI_BYTES_MAX)).transpose()?;
    let sha256 = fields.optional("sha256").map(|it| it.sha256()).transpose()?;
    Ok(VersionTemplate {
        template: Template { country, language },
        uri: uri.unwrap_or_default().to_owned(),
        sha256,
    })
}

/// A time in which the agreement can be confirmed; without a channel, through each.
fn availability(entry: &Field<'_>) -> Result<Availability, PolicyError> {
    let fields = entry.mapping(&["environment", "channel", "from", "until"])?;
    let environment = fields.required("environment")?.one_of(Environment::ALL)?;
    let channel = fields.optional("channel").map(|it| it.one_of(Channel::ALL)).transpose()?;
    let (from, until) = fields.period()?;
    Ok(Availability { environment, channel, from, until })
}
