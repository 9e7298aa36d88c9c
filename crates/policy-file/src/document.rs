//! The document's own fields: clouds, roles, and the requirements.

use std::collections::{BTreeMap, BTreeSet};

use assent_domain::policy::{Action, Line, PolicyDocument, Requirement, Roles, VersionRule};
use assent_domain::values::{
    AgreementId, Channel, Cloud, Identifier, PolicyId, ProductFamily, Role, TransactionKind,
};

use crate::LINES_MAX;
use crate::agreements;
use crate::error::PolicyError;
use crate::field::{Field, Mapping};
use crate::timeline::{self, Placed};
use crate::yaml::Node;

/// The longest `source`, in bytes.
const SOURCE_BYTES_MAX: usize = 1_024;

const LINE_KEYS: [&str; 8] =
    ["id", "source", "from", "until", "channels", "transactions", "products", "any_of"];
const REQUIREMENT_KEYS: [&str; 3] = ["agreement_id", "version", "accepted_from"];

/// Reads the document's fields.
pub(crate) fn read(root: &Node<'_>) -> Result<PolicyDocument, PolicyError> {
    let document = Field::root(root).mapping(&["id", "covered_clouds", "roles", "agreements", "lines"])?;
    let id = document.required("id")?.value(PolicyId::parse)?;
    let covered_clouds = document.required("covered_clouds")?.distinct(|it| it.one_of(Cloud::ALL))?;
    let roles = document.optional("roles").map_or_else(|| Ok(Roles::default()), |it| roles(&it))?;
    let agreements = document.optional("agreements").map(|it| agreements::read(&it)).transpose()?;
    let lines = lines(&document.required("lines")?)?;

    // Only a document that brings its own agreements can be asked to bring all that it names.
    if let Some(agreements) = &agreements {
        let known: BTreeSet<_> = agreements.iter().map(|(id, _)| id).collect();
        lines.iter().try_for_each(|it| names_only(it, &known))?;
    }
    timeline::check(&lines)?;

    let lines = lines.into_iter().map(|it| it.line).collect();
    Ok(PolicyDocument { id, covered_clouds, roles, agreements: agreements.unwrap_or_default(), lines })
}

/// The actions that the document names; the others keep the rule's defaults (rule W7).
fn roles(field: &Field<'_>) -> Result<Roles, PolicyError> {
    let names: Vec<_> = Action::ALL.iter().map(|(_, name)| *name).collect();
    let roles = field.mapping(&names)?;
    let mut overrides = Vec::new();
    for (action, name) in Action::ALL {
        if let Some(permitted) = roles.optional(name) {
            overrides.push((*action, permitted.distinct(|it| it.one_of(Role::ALL))?));
        }
    }
    Ok(Roles::with(overrides))
}

fn lines<'a>(field: &Field<'a>) -> Result<Vec<Placed<'a>>, PolicyError> {
    let entries = field.entries()?;
    if entries.len() > LINES_MAX {
        return Err(field.error(format_args!("must be at most {LINES_MAX} lines, not {}", entries.len())));
    }
    let mut seen = BTreeMap::new();
    let mut lines = Vec::with_capacity(entries.len());
    for entry in entries {
        let fields = entry.mapping(&LINE_KEYS)?;
        let placed = line(&fields)?;
        let id = fields.required("id")?;
        if let Some(first) = seen.insert(placed.line.id.clone(), id.line()) {
            return Err(id.error(format_args!("is the id of another line, which is on line {first}")));
        }
        lines.push(placed);
    }
    Ok(lines)
}

fn line<'a>(fields: &Mapping<'a>) -> Result<Placed<'a>, PolicyError> {
    let id = fields.required("id")?.value(Identifier::parse)?.to_string();
    let source = fields.required("source")?.text(SOURCE_BYTES_MAX)?.to_owned();
    let (from, until) = fields.period()?;
    let channels = fields.required("channels")?.distinct(|it| it.one_of(Channel::ALL))?;
    let transactions = fields.required("transactions")?.distinct(transaction)?;
    let products = fields.optional("products").map(|it| it.distinct(|it| it.value(ProductFamily::parse)));
    let products = products.transpose()?.unwrap_or_default();
    let requirements = fields.required("any_of")?;
    let any_of = requirements.distinct(requirement)?;
    let line = Line { id, source, from, until, channels, transactions, products, any_of };
    Ok(Placed { line, from: fields.required("from")?, requirements })
}

/// A transaction that can need an acceptance at all.
fn transaction(field: &Field<'_>) -> Result<TransactionKind, PolicyError> {
    let transaction = field.one_of(TransactionKind::ALL)?;
    if transaction == TransactionKind::AutoRenewal {
        // A line that could never deny would only seem to require something.
        return Err(field.error("AUTO_RENEWAL is exempt, whatever a policy says (rule O2)"));
    }
    Ok(transaction)
}

fn requirement(entry: &Field<'_>) -> Result<Requirement, PolicyError> {
    let fields = entry.mapping(&REQUIREMENT_KEYS)?;
    Ok(Requirement {
        agreement: fields.required("agreement_id")?.value(AgreementId::parse)?,
        version: fields.required("version")?.value(version_rule)?,
        accepted_from: fields.optional("accepted_from").map(|it| it.instant()).transpose()?,
    })
}

/// Refuses a line that names an agreement other than these.
fn names_only(placed: &Placed<'_>, known: &BTreeSet<&AgreementId>) -> Result<(), PolicyError> {
    for (requirement, entry) in placed.line.any_of.iter().zip(placed.requirements.entries()?) {
        let agreement = &requirement.agreement;
        if !known.contains(agreement) {
            let field = entry.mapping(&REQUIREMENT_KEYS)?.required("agreement_id")?;
            return Err(field.error(format_args!("`{agreement}` is not among the document's `agreements`")));
        }
    }
    Ok(())
}

fn version_rule(name: &str) -> Result<VersionRule, &'static str> {
    match name {
        "any" => Ok(VersionRule::Any),
        "most_current" => Ok(VersionRule::MostCurrent),
        _ => Err("must be one of any, most_current"),
    }
}
