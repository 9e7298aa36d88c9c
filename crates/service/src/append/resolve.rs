//! What a command names by id, read from the log: a stored event never changes, so that it can be read before the
//! command is decided. Whether it still counts is decided on the facts.

use assent_domain::command::{AcceptanceClaim, AcceptedAt, Command, Parties, Proof, Recording};
use assent_domain::event::EventRef;
use assent_domain::values::{
    AgreementId, Channel, Contact, Country, CustomerId, Date, Email, Language, PartnerId, PersonName,
    PhoneNumber, Position, Scenario, Template, VersionId,
};
use assent_event_log::EventLog;
use assent_proto::convert::intent::{Intent, Overrides, What};
use assent_proto::convert::{EventId, Ids, Violations};
use assent_proto::event::event::Payload;
use assent_proto::event::{self, AcceptanceDetails, Event, SealedBox};
use assent_proto::stored::{StoredEnum, StoredError, details_of, instant_of, recorded_at_of};
use assent_vault::{Boxed, Kind, Subject};
use prost::Message;

use super::erasure::{Followed, resolve_erasure};
use super::task::Ledger;
use super::{CONTACT, URI};
use crate::error::{Error, Unknown};
use crate::vault::{Unsealing, boxed};

/// A command with all that it takes to decide and to store it.
pub(super) struct Resolved {
    /// None: the command stands in the intent as it is.
    pub(super) made: Option<Box<Command>>,
    /// Why the partner attests or attested.
    pub(super) scenario: Option<Scenario>,
    /// Of an erasure: the last event of the customer's chain that was followed.
    pub(super) chain_end: Option<Position>,
}

impl Resolved {
    /// The command of this intent.
    pub(super) fn command<'a>(&'a self, intent: &'a Intent) -> &'a Command {
        match (&self.made, &intent.what) {
            (Some(made), _) => made,
            (None, What::Command(command)) => command,
            (None, _) => unreachable!("what names something by id was made into a command"),
        }
    }
}

/// Reads what a command names.
pub(super) async fn resolve(
    ledger: &Ledger,
    tag: u64,
    intent: &Intent,
    followed: Option<&Followed>,
) -> Result<Resolved, Error> {
    let Ledger { log, vault, index, .. } = ledger;
    let unsealing = Unsealing { vault, log, index };
    let ids = Ids { tag };
    let plain =
        |command| Resolved { made: Some(Box::new(command)), scenario: intent.scenario, chain_end: None };
    Ok(match &intent.what {
        What::Command(Command::RecordOrderOutcome { parties, decision: Some(decision), .. }) => {
            check_decision(log, parties, *decision).await?;
            Resolved { made: None, scenario: intent.scenario, chain_end: None }
        }
        What::Command(_) => Resolved { made: None, scenario: intent.scenario, chain_end: None },
        What::ConfirmEvidence { evidence, overrides } => {
            confirm_evidence(unsealing, ids, *evidence, overrides).await?
        }
        What::RejectEvidence { evidence } => {
            let (event, at) = named(log, ids, *evidence, Unknown::Evidence).await?;
            let Some(Payload::EvidenceSubmitted(_)) = event.payload else {
                return Err(Unknown::Evidence(*evidence).into());
            };
            plain(Command::RejectEvidence { parties: parties(&event)?, evidence: at })
        }
        What::CorrectAcceptance { acceptance, overrides } => {
            correct(unsealing, ids, *acceptance, overrides).await?
        }
        What::VoidAcceptance(acceptance) => {
            let (event, at) = named(log, ids, *acceptance, Unknown::Acceptance).await?;
            if !is_acceptance(&event) {
                return Err(Unknown::Acceptance(*acceptance).into());
            }
            plain(Command::VoidAcceptance { parties: parties(&event)?, acceptance: at })
        }
        What::VoidWithdrawal(withdrawal) => {
            let (event, at) = named(log, ids, *withdrawal, Unknown::Obligation).await?;
            let parties = withdrawal_parties(&event, *withdrawal)?;
            plain(Command::VoidWithdrawal { parties, withdrawal: at })
        }
        What::RecordCancellation { obligation, cancelled_at } => {
            let (event, at) = named(log, ids, *obligation, Unknown::Obligation).await?;
            let parties = withdrawal_parties(&event, *obligation)?;
            plain(Command::RecordCancellation { parties, obligation: at, cancelled_at: *cancelled_at })
        }
        What::ErasePersonalData { customer, acceptance } => {
            resolve_erasure(ledger, ids, customer, *acceptance, followed).await?
        }
    })
}

/// The event that an id names: read by its position, and only if the stored id is that id.
pub(crate) async fn named(
    log: &EventLog,
    ids: Ids,
    id: EventId,
    unknown: fn(EventId) -> Unknown,
) -> Result<(Event, EventRef), Error> {
    let Some(position) = ids.position_of(id) else { return Err(unknown(id).into()) };
    let Some(entry) = log.entry(position.0).await? else { return Err(unknown(id).into()) };
    let event = Event::decode(entry.entry).map_err(StoredError::from)?;
    if event.event_id != id.to_string() {
        return Err(unknown(id).into());
    }
    let at = EventRef::new(position, recorded_at_of(&event)?);
    Ok((event, at))
}

/// Refuses a position where no decision about these parties is recorded.
async fn check_decision(log: &EventLog, parties: &Parties, decision: Position) -> Result<(), Error> {
    let stored = match log.entry(decision.0).await? {
        Some(entry) => Event::decode(entry.entry).map_err(StoredError::from)?.payload,
        None => None,
    };
    let Some(Payload::OrderDecided(event::OrderDecided { order: Some(order), .. })) = stored else {
        return Err(Violations::one("decision_position", "no decision is recorded there").into());
    };
    if pair(&order.partner_id, &order.customer_id)? != *parties {
        return Err(Violations::one("decision_position", "the decision there is about others").into());
    }
    Ok(())
}

/// Whether the event recorded an acceptance.
pub(crate) fn is_acceptance(event: &Event) -> bool {
    details_of(event).is_some() && !matches!(event.payload, Some(Payload::EvidenceSubmitted(_)))
}

pub(super) fn parties(event: &Event) -> Result<Parties, Error> {
    let details = details_of(event).ok_or(damaged("acceptance"))?;
    pair(&details.partner_id, &details.customer_id)
}

fn withdrawal_parties(event: &Event, id: EventId) -> Result<Parties, Error> {
    match &event.payload {
        Some(Payload::AcceptanceWithdrawn(it)) => pair(&it.partner_id, &it.customer_id),
        _ => Err(Unknown::Obligation(id).into()),
    }
}

fn pair(partner: &str, customer: &str) -> Result<Parties, Error> {
    let partner = PartnerId::parse(partner).map_err(|_| damaged("partner_id"))?;
    let customer = CustomerId::parse(customer).map_err(|_| damaged("customer_id"))?;
    Ok(Parties { partner, customer })
}

fn damaged(field: &'static str) -> Error {
    StoredError::Field { field }.into()
}

async fn confirm_evidence(
    unsealing: Unsealing<'_>,
    ids: Ids,
    id: EventId,
    overrides: &Overrides,
) -> Result<Resolved, Error> {
    let (event, evidence) = named(unsealing.log, ids, id, Unknown::Evidence).await?;
    if !matches!(event.payload, Some(Payload::EvidenceSubmitted(_))) {
        return Err(Unknown::Evidence(id).into());
    }
    let mut claim = claim(unsealing, &event, overrides).await?;
    override_with(&mut claim, overrides);
    if claim.contact.is_none() {
        return Err(contact_erased());
    }
    let parties = parties(&event)?;
    let recording = Recording::ConfirmEvidence(evidence);
    let command = Command::RecordAcceptance { parties, recording, claim };
    Ok(Resolved { made: Some(Box::new(command)), scenario: None, chain_end: None })
}

async fn correct(
    unsealing: Unsealing<'_>,
    ids: Ids,
    id: EventId,
    overrides: &Overrides,
) -> Result<Resolved, Error> {
    let (event, acceptance) = named(unsealing.log, ids, id, Unknown::Acceptance).await?;
    if !is_acceptance(&event) {
        return Err(Unknown::Acceptance(id).into());
    }
    let details = details_of(&event).ok_or(damaged("acceptance"))?;
    let mut claim = claim(unsealing, &event, overrides).await?;
    let had_contact = details.contact.is_some();
    // An inferred version is inferred anew (rule C9).
    if details.version_inferred {
        claim.version = None;
    }
    override_with(&mut claim, overrides);
    if had_contact && claim.contact.is_none() {
        return Err(contact_erased());
    }
    let scenario = match &event.payload {
        Some(Payload::AcceptanceAttested(it)) => StoredEnum::of_optional(it.scenario, "scenario")?,
        Some(Payload::AcceptanceCorrected(it)) => {
            StoredEnum::of_optional(it.scenario.unwrap_or(0), "scenario")?
        }
        _ => None,
    };
    let command = Command::CorrectAcceptance { parties: parties(&event)?, acceptance, claim, scenario };
    Ok(Resolved { made: Some(Box::new(command)), scenario, chain_end: None })
}

fn contact_erased() -> Error {
    Violations::one("contact", "must be given anew: the recorded one was erased").into()
}

fn override_with(claim: &mut AcceptanceClaim, overrides: &Overrides) {
    let Overrides { version, template, contact, accepted_at, proof, channel } = overrides.clone();
    claim.version = version.or(claim.version.take());
    claim.template = template.or(claim.template.take());
    claim.contact = contact.or(claim.contact.take());
    claim.accepted_at = accepted_at.unwrap_or(claim.accepted_at);
    claim.proof = proof.or(claim.proof.take());
    claim.channel = channel.unwrap_or(claim.channel);
}

/// What a stored acceptance or evidence claims, its boxes opened; an erased one is none. What is given anew is not opened: it
/// may be given because it was lost.
async fn claim(
    unsealing: Unsealing<'_>,
    event: &Event,
    overrides: &Overrides,
) -> Result<AcceptanceClaim, Error> {
    let details = details_of(event).ok_or(damaged("acceptance"))?;
    let contact = match &overrides.contact {
        Some(_) => None,
        None => contact(unsealing, details).await?,
    };
    let proof = match &overrides.proof {
        Some(_) => None,
        None => proof(unsealing, details).await?,
    };
    let accepted_at = match &details.accepted_on {
        Some(date) => AcceptedAt::Date(Date::parse(date).map_err(|_| damaged("accepted_on"))?),
        None => AcceptedAt::Instant(instant_of(details.accepted_at.as_ref().ok_or(damaged("accepted_at"))?)?),
    };
    let template = details.template.as_ref().map(template).transpose()?;
    Ok(AcceptanceClaim {
        agreement: AgreementId::parse(&details.agreement_id).map_err(|_| damaged("agreement_id"))?,
        version: match &details.version {
            None => None,
            Some(version) => Some(VersionId::parse(version).map_err(|_| damaged("version"))?),
        },
        template,
        contact,
        accepted_at,
        channel: StoredEnum::of_optional(details.channel, "channel")?.unwrap_or(Channel::Api),
        proof,
        confirmed_at: None,
    })
}

fn template(it: &event::TemplateKey) -> Result<Template, Error> {
    let country = Country::parse(&it.country).map_err(|_| damaged("country"))?;
    let language = Language::parse(&it.language).map_err(|_| damaged("language"))?;
    Ok(Template { country, language })
}

/// What is in a box of an acceptance, where there is one and it was not erased.
async fn opened(
    unsealing: Unsealing<'_>,
    details: &AcceptanceDetails,
    kind: Kind,
    sealed: Option<&SealedBox>,
) -> Result<Option<Vec<u8>>, Error> {
    let Some(sealed) = sealed else { return Ok(None) };
    let subject = Subject { partner: &details.partner_id, customer: &details.customer_id };
    let disclosed = unsealing.open(&[Boxed { sealed_box: &boxed(sealed)?, subject, kind }]).await?;
    Ok(disclosed.into_iter().flatten().next().map(|it| it.plaintext))
}

async fn contact(unsealing: Unsealing<'_>, details: &AcceptanceDetails) -> Result<Option<Contact>, Error> {
    let plaintext = opened(unsealing, details, CONTACT, details.contact.as_ref()).await?;
    let Some(plaintext) = plaintext else { return Ok(None) };
    let contact = event::Contact::decode(plaintext.as_slice()).map_err(StoredError::from)?;
    Ok(Some(Contact {
        first_name: PersonName::parse(&contact.first_name).map_err(|_| damaged("first_name"))?,
        last_name: PersonName::parse(&contact.last_name).map_err(|_| damaged("last_name"))?,
        email: Email::parse(&contact.email).map_err(|_| damaged("email"))?,
        phone_number: match &contact.phone_number {
            Some(number) => PhoneNumber::parse(number).map_err(|_| damaged("phone_number"))?,
            None => None,
        },
    }))
}

async fn proof(unsealing: Unsealing<'_>, details: &AcceptanceDetails) -> Result<Option<Proof>, Error> {
    let Some(evidence) = &details.evidence else { return Ok(None) };
    let uri = opened(unsealing, details, URI, evidence.uri.as_ref()).await?;
    let sha256 = match &evidence.sha256 {
        Some(hash) => Some(hash.as_ref().try_into().map_err(|_| damaged("sha256"))?),
        None => None,
    };
    let uri = uri.and_then(|it| String::from_utf8(it).ok()).unwrap_or_default();
    Ok(Some(Proof { uri, sha256, media_type: evidence.media_type.clone() }))
}
