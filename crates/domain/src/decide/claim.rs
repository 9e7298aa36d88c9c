//! What can be wrong with what a recording says (rules C3, C4, C5, C10, W3).

use crate::catalog::{Agreement, Available, Version, VersionIndex};
use crate::command::{AcceptanceClaim, AcceptedAt, Parties};
use crate::decide::CLOCK_SKEW_MICROS;
use crate::facts::Facts;
use crate::refusal::Refusal;
use crate::values::{Country, Date, Instant, PartnerId, Position, Sha256};

/// The version that the claim is about, and whether it was inferred from the instant (rule C4). None where the
/// version given does not fit, or none was in force.
pub(super) fn version(agreement: &Agreement, claim: &AcceptanceClaim) -> Option<(VersionIndex, bool)> {
    let accepted_at = claim.accepted_at.instant();
    match &claim.version {
        None => agreement.in_force_at(accepted_at, Position::END).map(|it| (it, true)),
        Some(wanted) => {
            let version = agreement.version_of(wanted)?;
            agreement.version(version).has_begun(accepted_at).then_some((version, false))
        }
    }
}

/// VERSION_MISMATCH: the version is not the agreement's, or begins after the acceptance.
pub(super) fn version_mismatch(agreement: &Agreement, claim: &AcceptanceClaim) -> Option<Refusal> {
    let wanted = claim.version.as_ref()?;
    if version(agreement, claim).is_some() {
        return None;
    }
    let known = agreement.version_of(wanted).map(|it| agreement.version(it));
    Some(Refusal::VersionMismatch {
        agreement: claim.agreement.clone(),
        version: wanted.clone(),
        in_force_from: known.and_then(|it| it.in_force_from),
    })
}

/// FIELD_INVALID on the instant: no version was in force then.
pub(super) fn no_version_then(agreement: &Agreement, claim: &AcceptanceClaim) -> Option<Refusal> {
    let missing = claim.version.is_none() && version(agreement, claim).is_none();
    missing.then(|| Refusal::FieldInvalid {
        field: instant_field(claim),
        description: format!("no version of {} was in force then", claim.agreement),
    })
}

/// FIELD_INVALID on an instant that lies in the future of a new acceptance, or of a backfill's confirming (C3, C10).
pub(super) fn instants_of_new(claim: &AcceptanceClaim, now: Instant) -> Option<Refusal> {
    let Some(confirmed_at) = claim.confirmed_at else { return accepted_in_future(claim, now) };
    if confirmed_at > now {
        let description = "must not lie in the future".to_owned();
        return Some(Refusal::FieldInvalid { field: "confirmed_at", description });
    }
    confirmed_before_accepted(claim, confirmed_at, "confirmed_at")
}

/// FIELD_INVALID on the instant of a correction: judged as the original was, at its confirming instant (rule C9).
pub(super) fn instants_of_correction(
    claim: &AcceptanceClaim,
    confirmed_at: Instant,
    backfilled: bool,
) -> Option<Refusal> {
    if backfilled {
        confirmed_before_accepted(claim, confirmed_at, instant_field(claim))
    } else {
        accepted_in_future(claim, confirmed_at)
    }
}

fn accepted_in_future(claim: &AcceptanceClaim, now: Instant) -> Option<Refusal> {
    let description = match claim.accepted_at {
        AcceptedAt::Instant(at) if at > now.plus_micros(CLOCK_SKEW_MICROS) => "must not lie in the future",
        AcceptedAt::Date(date) if date > Date::furthest_ahead(now) => "must not be a day that is nowhere yet",
        AcceptedAt::Instant(_) | AcceptedAt::Date(_) => return None,
    };
    Some(Refusal::FieldInvalid { field: instant_field(claim), description: description.to_owned() })
}

fn confirmed_before_accepted(
    claim: &AcceptanceClaim,
    confirmed_at: Instant,
    field: &'static str,
) -> Option<Refusal> {
    let before = match claim.accepted_at {
        AcceptedAt::Instant(at) => at > confirmed_at,
        AcceptedAt::Date(date) => date > Date::furthest_ahead(confirmed_at),
    };
    before.then(|| Refusal::FieldInvalid {
        field,
        description: "an acceptance must not be confirmed before it was made".to_owned(),
    })
}

/// The field that holds the instant of acceptance.
pub(super) const fn instant_field(claim: &AcceptanceClaim) -> &'static str {
    match claim.accepted_at {
        AcceptedAt::Instant(_) => "accepted_at",
        AcceptedAt::Date(_) => "accepted_on",
    }
}

/// AGREEMENT_RETIRED or AGREEMENT_NOT_AVAILABLE at the confirming instant (rule C10), so far as the prefix knows.
pub(super) fn unavailable(
    facts: &(impl Facts + ?Sized),
    agreement: &Agreement,
    claim: &AcceptanceClaim,
    confirmed_at: Instant,
    prefix: Position,
) -> Option<Refusal> {
    let environment = facts.ledger().environment;
    match agreement.available_at(environment, claim.channel, confirmed_at, prefix) {
        Available::Now => None,
        Available::Retired => Some(Refusal::AgreementRetired {
            agreement: agreement.id.clone(),
            successor: agreement.successor.clone(),
        }),
        Available::NotYet(from) => {
            Some(Refusal::AgreementNotAvailable { agreement: agreement.id.clone(), from })
        }
    }
}

/// TEMPLATE_UNKNOWN: the version has no such template, or it is for another country than the customer's (rule C5).
pub(super) fn template_unknown(
    agreement: &Agreement,
    version: &Version,
    claim: &AcceptanceClaim,
    country: Country,
) -> Option<Refusal> {
    let wanted = claim.template.as_ref()?;
    if wanted.country == country && version.template(wanted).is_some() {
        return None;
    }
    Some(Refusal::TemplateUnknown {
        agreement: agreement.id.clone(),
        version: version.id.clone(),
        template: wanted.clone(),
        fitting: version.templates_of(country).map(|it| it.template.clone()).collect(),
    })
}

/// The hash of the document accepted: the template's, or the version's own where no template was named (rule C4).
pub(super) fn document_sha256(version: &Version, claim: &AcceptanceClaim) -> Option<Sha256> {
    match &claim.template {
        Some(template) => version.template(template)?.sha256,
        None => version.document_sha256,
    }
}

/// CONTACT_IS_PARTNER: the contact's e-mail domain is one of the partner, or of a reseller linked to it (rule W3).
pub(super) fn contact_is_partner(
    facts: &(impl Facts + ?Sized),
    parties: &Parties,
    claim: &AcceptanceClaim,
) -> Option<Refusal> {
    let domain = claim.contact.as_ref()?.email.domain()?;
    let sells = |it: &PartnerId| {
        let linked = || facts.partner(it).is_some_and(|it| it.is_linked_to(&parties.partner, Position::END));
        *it == parties.partner || linked()
    };
    let partner = facts.partners_of_domain(&domain).into_iter().find(sells)?;
    Some(Refusal::ContactIsPartner { partner, domain })
}
