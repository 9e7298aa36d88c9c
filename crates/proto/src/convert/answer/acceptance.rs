//! Acceptances, evidence and obligations.
//!
//! What stands in the log is shown from the stored event; what it is now, from the facts; what is sealed, from what
//! was opened for this caller.

use std::fmt;

use assent_domain::acceptance::{
    AcceptanceFact, AcceptanceState, EvidenceFact, EvidenceOutcome, Obligation, Relationship,
};
use assent_domain::authorize::AsOf;
use assent_domain::command::Parties;
use assent_domain::values::AgreementId;

use super::timestamp;
use crate::convert::enums::EvidenceState;
use crate::convert::ids::Ids;
use crate::event::event::Payload;
use crate::event::{self, AcceptanceDetails};
use crate::v1;

/// What was opened of a record's sealed boxes, for a caller that is allowed to see it.
#[derive(Clone, Default, PartialEq)]
pub struct Opened {
    /// Who accepted.
    pub contact: Option<event::Contact>,
    /// The contact was erased.
    pub contact_erased: bool,
    /// The person behind a shared account.
    pub employee: Option<String>,
    /// Where the proof is kept.
    pub uri: Option<String>,
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opened(redacted)")
    }
}

/// An acceptance, from its three sides.
#[derive(Clone, Copy, Debug)]
pub struct AcceptanceView<'a> {
    /// The event that recorded it.
    pub stored: &'a event::Event,
    /// The relationship that it belongs to.
    pub relationship: &'a Relationship,
    /// What decisions know of it.
    pub fact: &'a AcceptanceFact,
    /// As of when its state is told.
    pub as_of: AsOf,
    /// What this caller may see of its sealed boxes.
    pub opened: &'a Opened,
}

/// An acceptance; none where the stored event records none.
pub fn acceptance(view: &AcceptanceView<'_>, ids: &Ids) -> Option<v1::Acceptance> {
    let AcceptanceView { stored, relationship, fact, as_of, opened } = *view;
    let recording = Recording::of(stored.payload.as_ref()?)?;
    let details = recording.details;
    let state = relationship.state(fact, as_of);
    let is_superseded = state == AcceptanceState::Superseded;
    let current = is_superseded.then(|| relationship.current(fact.agreement, as_of)).flatten();
    let is_withdrawn = state == AcceptanceState::Withdrawn;
    let withdrawn_at = is_withdrawn.then(|| relationship.withdrawn_at(fact, as_of)).flatten();
    let is_corrected = fact.is_corrected_at(as_of.prefix);
    let corrected_by = is_corrected.then(|| relationship.acceptance(fact.corrected_by)).flatten();
    Some(v1::Acceptance {
        acceptance_id: stored.event_id.clone(),
        partner_id: details.partner_id.clone(),
        customer_id: details.customer_id.clone(),
        agreement_id: details.agreement_id.clone(),
        version: details.version().to_owned(),
        version_inferred: details.version_inferred,
        document_sha256: details.document_sha256.clone(),
        template: details.template.as_ref().map(template),
        method: v1::Method::from(fact.method) as i32,
        scenario: recording.scenario,
        state: v1::AcceptanceState::from(state) as i32,
        contact: opened.contact.as_ref().map(contact),
        contact_erased: opened.contact_erased,
        evidence: details.evidence.as_ref().map(|it| evidence(it, opened)),
        accepted_at: details.accepted_at,
        accepted_on: details.accepted_on.clone(),
        confirmed_at: details.confirmed_at.or(stored.recorded_at),
        recorded_at: stored.recorded_at,
        recorded_by: stored.actor.as_ref().map(|it| recorded_by(it, opened)),
        channel: details.channel,
        corrects: recording.corrects,
        corrected_by: corrected_by.map(|it| ids.text(it.recorded)),
        superseded_by: current.map(|it| ids.text(it.recorded)),
        withdrawn_at: withdrawn_at.map(timestamp),
        evidence_id: recording.evidence_id,
        position: stored.position,
        revision: stored.revision,
    })
}

/// Evidence that a reseller submitted; none where the stored event is about something else.
pub fn submitted_evidence(
    stored: &event::Event,
    fact: &EvidenceFact,
    opened: &Opened,
    ids: &Ids,
) -> Option<v1::SubmittedEvidence> {
    let Some(Payload::EvidenceSubmitted(submitted)) = &stored.payload else { return None };
    let event::EvidenceSubmitted { claim, reseller_id } = submitted;
    let claim = claim.as_ref()?;
    let acceptance = match fact.outcome {
        EvidenceOutcome::Confirmed(acceptance) => Some(acceptance),
        EvidenceOutcome::Pending | EvidenceOutcome::Rejected(_) => None,
    };
    Some(v1::SubmittedEvidence {
        evidence_id: stored.event_id.clone(),
        partner_id: claim.partner_id.clone(),
        customer_id: claim.customer_id.clone(),
        reseller_id: reseller_id.clone(),
        agreement_id: claim.agreement_id.clone(),
        version: claim.version.clone(),
        accepted_at: claim.accepted_at,
        accepted_on: claim.accepted_on.clone(),
        state: v1::EvidenceState::from(EvidenceState::from(fact.outcome)) as i32,
        acceptance_id: acceptance.map(|it| ids.text(it)),
        contact: opened.contact.as_ref().map(contact),
        contact_erased: opened.contact_erased,
        evidence: claim.evidence.as_ref().map(|it| evidence(it, opened)),
        recorded_at: stored.recorded_at,
        recorded_by: stored.actor.as_ref().map(|it| recorded_by(it, opened)),
        position: stored.position,
    })
}

/// An obligation to cancel. It has the id of the withdrawal that opened it.
pub fn obligation(
    obligation: &Obligation,
    parties: &Parties,
    agreement: &AgreementId,
    ids: &Ids,
) -> v1::Obligation {
    let Obligation { withdrawal, agreement: _, opened_at, state, closed_by } = *obligation;
    let Parties { partner, customer } = parties;
    v1::Obligation {
        obligation_id: ids.text(withdrawal),
        partner_id: partner.to_string(),
        customer_id: customer.to_string(),
        agreement_id: agreement.to_string(),
        withdrawal_event_id: ids.text(withdrawal),
        opened_at: Some(timestamp(opened_at)),
        state: v1::ObligationState::from(state) as i32,
        closed_by: closed_by.map(|it| ids.text(it)),
    }
}

/// What the five events that record an acceptance have in common.
struct Recording<'a> {
    details: &'a AcceptanceDetails,
    /// A stored number, which is the API's too: a test compares the two sets.
    scenario: i32,
    corrects: Option<String>,
    evidence_id: Option<String>,
}

impl<'a> Recording<'a> {
    fn of(payload: &'a Payload) -> Option<Self> {
        let plain = |details: &'a Option<AcceptanceDetails>| {
            Some(Self { details: details.as_ref()?, scenario: 0, corrects: None, evidence_id: None })
        };
        match payload {
            Payload::AcceptanceConfirmed(it) => plain(&it.acceptance),
            Payload::DirectAcceptanceRecorded(it) => plain(&it.acceptance),
            Payload::AcceptanceAttested(it) => Some(Self { scenario: it.scenario, ..plain(&it.acceptance)? }),
            Payload::EvidenceConfirmed(it) => {
                Some(Self { evidence_id: Some(it.evidence_id.clone()), ..plain(&it.acceptance)? })
            }
            Payload::AcceptanceCorrected(it) => Some(Self {
                scenario: it.scenario.unwrap_or_default(),
                corrects: Some(it.corrects.clone()),
                evidence_id: it.evidence_id.clone(),
                ..plain(&it.acceptance)?
            }),
            _ => None,
        }
    }
}

fn template(template: &event::TemplateKey) -> v1::TemplateKey {
    let event::TemplateKey { country, language } = template;
    v1::TemplateKey { country: country.clone(), language: language.clone() }
}

fn contact(contact: &event::Contact) -> v1::Contact {
    let event::Contact { first_name, last_name, email, phone_number } = contact;
    v1::Contact {
        first_name: first_name.clone(),
        last_name: last_name.clone(),
        email: email.clone(),
        phone_number: phone_number.clone(),
    }
}

/// The proof. Its address is personal data, and empty for who may not see it.
fn evidence(evidence: &event::Evidence, opened: &Opened) -> v1::Evidence {
    let event::Evidence { uri: _, sha256, media_type } = evidence;
    let uri = opened.uri.clone().unwrap_or_default();
    v1::Evidence { uri, sha256: sha256.clone(), media_type: media_type.clone() }
}

fn recorded_by(actor: &event::Actor, opened: &Opened) -> v1::RecordedBy {
    let event::Actor { user_id, role, employee: _ } = actor;
    v1::RecordedBy { user_id: user_id.clone(), role: role.clone(), employee: opened.employee.clone() }
}
