//! A batch being decided: each command on exactly the prefix before it, which is the index plus what the commands
//! before it in the batch will add.

use std::collections::HashMap;

use assent_domain::command::{AcceptanceClaim, Command, Context, Parties};
use assent_domain::decide::duplicate_candidates;
use assent_domain::stream::stamp_of;
use assent_domain::values::{CustomerId, Instant, PartnerId, PolicyId, Position};
use assent_domain::{Event, Facts, Overlay, Recorded, decide, evolve};
use assent_event_log::{
    Batch, Document, Draft, ENTRY_BYTES_MAX, KeyRow, LedgerTag, Links, RequestKey, STAMP_BYTES_MAX,
    row_of_request,
};
use assent_projections::{Decoded, box_id};
use assent_proto::convert::{Ids, Intent};
use assent_proto::event::{self, Actor, DocumentRef};
use assent_proto::stored::{self, Particulars, timestamp_of};
use assent_vault::{Sealed, Subject, Vault};
use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use prost::Message;

use super::ahead::Ahead;
use super::duplicates::Known;
use super::queue::Caller;
use super::request::fingerprint;
use super::resolve::Resolved;
use super::{CONTACT, EMPLOYEE, REASON, URI, Written};
use crate::error::Error;
use crate::vault::{contact_fingerprint, contact_message, email_index, stored as stored_box};

/// A batch being decided.
pub(super) struct Plan<'a> {
    overlay: Overlay<'a>,
    vault: &'a Vault,
    at: Instant,
    batch: Batch,
    events: Vec<Decoded>,
    contacts: HashMap<Position, Known>,
}

impl<'a> Plan<'a> {
    /// Begins a batch on these facts; `at` is the `now` of every decision in it, and its `recorded_at`. `contacts` are
    /// those that its claims may have to be compared with.
    pub(super) fn new(
        facts: &'a dyn Facts,
        vault: &'a Vault,
        at: Instant,
        contacts: HashMap<Position, Known>,
    ) -> Self {
        let start = facts.ledger().applied.0;
        let batch = Batch {
            start,
            at: at.micros(),
            tag: LedgerTag::from_random(facts.ledger().tag),
            drafts: Vec::new(),
            requests: Vec::new(),
            vault: Vec::new(),
            erase: Vec::new(),
            documents: Vec::new(),
        };
        Self { overlay: Overlay::over(facts), vault, at, batch, events: Vec::new(), contacts }
    }

    /// The ledger's tag, where its first event is in this batch.
    pub(super) fn set_tag(&mut self, tag: LedgerTag) {
        self.batch.tag = tag;
    }

    /// What is to be stored, and what the next batch is decided on meanwhile; none where that is nothing.
    pub(super) fn finish(self) -> Option<(Batch, Ahead)> {
        let Self { overlay, vault: _, at, batch, events, mut contacts } = self;
        contacts.retain(|it, _| it.0 > batch.start);
        let requests = batch.requests.iter().map(|(key, _)| *key).collect();
        let changes = overlay.into_changes();
        (!batch.drafts.is_empty()).then(|| (batch, Ahead { at, events, changes, requests, contacts }))
    }

    /// Decides a command and adds its events.
    pub(super) fn command(
        &mut self,
        intent: &Intent,
        caller: &Caller,
        resolved: &Resolved,
        key: Option<RequestKey>,
    ) -> Result<Written, Error> {
        let command = resolved.command(intent);
        let claimed = Known::claimed(self.vault, command);
        let same = |it: &Position| self.contacts.get(it).is_some_and(|it| it.is_same_as(claimed));
        let same_contact = duplicate_candidates(&self.overlay, command).into_iter().filter(same).collect();
        let context = Context { now: self.at, expected_revision: intent.expected_revision, same_contact };
        let ids = Ids { tag: self.batch.tag.value() };
        self.check_chain(intent, resolved)?;
        let events =
            decide(&self.overlay, command, &context).map_err(|refusals| Error::Refused { refusals, ids })?;
        let nothing = events.is_empty() || intent.validate_only;
        if nothing {
            let revision = self.revision_of(command);
            let position = self.overlay.ledger().applied;
            return Ok(Written { position, replayed: false, revision, event: None });
        }
        let mut first = None;
        for (place, event) in events.into_iter().enumerate() {
            let draft = self.draft(event, intent, caller, resolved, (place == 0).then_some(claimed))?;
            let stored = self.add(draft, key.filter(|_| place == 0), intent, claimed);
            first.get_or_insert(stored);
        }
        let event = first.expect("a command that stores anything has a first event");
        Ok(Written {
            position: Position(event.position),
            replayed: false,
            revision: event.revision,
            event: Some(Box::new(event)),
        })
    }

    /// An erasure erases all that the prefix before it holds: what was followed must be all of that.
    fn check_chain(&self, intent: &Intent, resolved: &Resolved) -> Result<(), Error> {
        let Command::ErasePersonalData { customer, .. } = resolved.command(intent) else { return Ok(()) };
        let last = self.overlay.customer(customer).map(|it| it.mentioned).filter(|it| *it != Position::START);
        if last == resolved.chain_end {
            return Ok(());
        }
        Err(Error::unreachable(std::io::Error::other("more was written about the customer meanwhile")))
    }

    /// The revision of the relationship that a command is about; 0 where it is about none.
    fn revision_of(&self, command: &Command) -> u64 {
        let Some(parties) = relationship_of(command) else { return 0 };
        let relationship = self.overlay.relationship(&parties.partner, &parties.customer);
        relationship.map_or(0, |it| it.stream.revision.into())
    }

    /// Adds an event of the ledger itself.
    pub(super) fn ledger_event(&mut self, event: Event, particulars: &Particulars, documents: Vec<Document>) {
        let stamp = stamp_of(&self.overlay, &event);
        let body = stored::body(stamp.stream, &event, particulars, &|_| String::new());
        let drafted = Drafted {
            links: links(&stamp.links),
            revision: stamp.revision,
            body,
            event,
            rows: Vec::new(),
            documents,
        };
        let intent = None;
        self.store(drafted, None, intent, Known::Absent);
    }

    fn draft(
        &self,
        event: Event,
        intent: &Intent,
        caller: &Caller,
        resolved: &Resolved,
        first: Option<Known>,
    ) -> Result<Drafted, Error> {
        let mut rows = Vec::new();
        let mut particulars = self.particulars(&event, intent, caller, resolved);
        if let Some(claimed) = first {
            self.seal(&event, intent, resolved, claimed, &mut particulars, &mut rows);
        }
        let documents = documents_of(&event, intent, &mut particulars);
        let ids = Ids { tag: self.batch.tag.value() };
        let stamp = stamp_of(&self.overlay, &event);
        let body = stored::body(stamp.stream, &event, &particulars, &|it| ids.id(it).to_string());
        // Known before anything is added: a command that does not fit never spoils its batch.
        if body.encoded_len() > ENTRY_BYTES_MAX - STAMP_BYTES_MAX {
            return Err(Error::MessageTooLarge { bytes_max: ENTRY_BYTES_MAX });
        }
        Ok(Drafted { links: links(&stamp.links), revision: stamp.revision, body, event, rows, documents })
    }

    fn particulars(
        &self,
        event: &Event,
        intent: &Intent,
        caller: &Caller,
        resolved: &Resolved,
    ) -> Particulars {
        let actor = Actor { user_id: caller.user_id.clone(), role: caller.role.clone(), employee: None };
        let policy = match event {
            Event::OrderDecided { .. } => {
                self.overlay.policies().at(Position::END).map(|it| (it.document.id.clone(), it.version))
            }
            _ => None::<(PolicyId, u32)>,
        };
        Particulars {
            actor,
            request_id: intent.request_id.map(|it| it.to_string()),
            claim: claim_of(resolved.command(intent)).cloned(),
            scenario: resolved.scenario,
            order_ref: intent.order_ref.clone(),
            decision_position: intent.decision_position,
            policy,
            ..Particulars::default()
        }
    }

    /// Seals what is personal. The order of the rows is the order of the event's boxes: the first one will hold the
    /// request's fingerprint.
    fn seal(
        &self,
        event: &Event,
        intent: &Intent,
        resolved: &Resolved,
        claimed: Known,
        particulars: &mut Particulars,
        rows: &mut Vec<KeyRow>,
    ) {
        let partner = event.partner().map(PartnerId::text).unwrap_or_default();
        let customer = event.customer().map(CustomerId::text).unwrap_or_default();
        let (at, subject) = (self.at.micros(), Subject { partner: &partner, customer: &customer });
        let mut keep = |sealed: Sealed| {
            rows.push(sealed.row);
            Some(stored_box(sealed.sealed_box))
        };
        let claim = claim_of(resolved.command(intent));
        if let Some(contact) = claim.and_then(|it| it.contact.as_ref()) {
            let mut sealed = self.vault.seal(at, subject, CONTACT, &contact_message(contact).encode_to_vec());
            sealed.row.contact_fingerprint = match claimed {
                Known::Fingerprint(known) => Some(known.to_vec()),
                Known::Absent | Known::Erased => Some(contact_fingerprint(self.vault, contact).to_vec()),
            };
            sealed.row.email_index = Some(email_index(self.vault, &contact.email).to_vec());
            particulars.contact = keep(sealed);
        }
        // An address that was erased is not sealed anew as an empty one.
        if let Some(proof) = claim.and_then(|it| it.proof.as_ref()).filter(|it| !it.uri.is_empty()) {
            particulars.uri = keep(self.vault.seal(at, subject, URI, proof.uri.as_bytes()));
        }
        if let Some(reason) = &intent.reason {
            particulars.reason = keep(self.vault.seal(at, subject, REASON, reason.as_bytes()));
        }
        if let Some(employee) = &intent.employee {
            particulars.actor.employee =
                keep(self.vault.seal(at, subject, EMPLOYEE, employee.as_str().as_bytes()));
        }
    }

    fn add(
        &mut self,
        drafted: Drafted,
        key: Option<RequestKey>,
        intent: &Intent,
        claimed: Known,
    ) -> event::Event {
        self.store(drafted, key, Some(intent), claimed)
    }

    fn store(
        &mut self,
        drafted: Drafted,
        key: Option<RequestKey>,
        intent: Option<&Intent>,
        claimed: Known,
    ) -> event::Event {
        let Drafted { links, revision, mut body, event, mut rows, documents } = drafted;
        let position = Position(self.batch.start + self.batch.drafts.len() as u64 + 1);
        if let (Some(key), Some(intent)) = (key, intent) {
            let fingerprint = Some(fingerprint(self.vault, intent).to_vec());
            match rows.first_mut() {
                Some(row) => row.request_fingerprint = fingerprint,
                None => rows.push(KeyRow {
                    id: row_of_request(&key),
                    request_fingerprint: fingerprint,
                    ..KeyRow::default()
                }),
            }
            self.batch.requests.push((key, position.0));
        }
        self.batch.vault.extend(rows);
        if let Event::PersonalDataErased { key_ids, .. } = &event {
            self.batch.erase.extend(key_ids);
        }
        self.batch.documents.extend(documents);
        self.batch.drafts.push(Draft { body: Bytes::from(body.encode_to_vec()), revision, links });

        let kind = body.payload.as_ref().map_or("", stored::type_of);
        let recorded = Recorded { position, recorded_at: self.at, event };
        if matches!(recorded.event, Event::AcceptanceRecorded { .. }) {
            self.contacts.insert(position, claimed);
        }
        evolve(&mut self.overlay, &recorded);
        body.position = position.0;
        body.revision = revision;
        body.recorded_at = Some(timestamp_of(self.at));
        body.event_id = Ids { tag: self.batch.tag.value() }.id(recorded.reference()).to_string();
        self.events.push(Decoded { recorded, kind, box_id: box_id(&body) });
        body
    }
}

/// An event with all that is stored with it.
struct Drafted {
    links: Links,
    revision: u64,
    body: event::Event,
    event: Event,
    rows: Vec<KeyRow>,
    documents: Vec<Document>,
}

fn links(links: &assent_domain::stream::Links) -> Links {
    let place = |it: Option<Position>| it.map(|it| it.0);
    Links {
        stream: place(links.stream),
        customer: place(links.customer),
        partner: place(links.partner),
        agreement: place(links.agreement),
        reseller: place(links.reseller),
    }
}

/// The relationship whose stream a command writes to.
const fn relationship_of(command: &Command) -> Option<&Parties> {
    match command {
        Command::RecordAcceptance { parties, .. }
        | Command::CorrectAcceptance { parties, .. }
        | Command::VoidAcceptance { parties, .. }
        | Command::VoidWithdrawal { parties, .. }
        | Command::WithdrawAcceptance { parties, .. }
        | Command::RecordCancellation { parties, .. }
        | Command::SubmitEvidence { parties, .. }
        | Command::RejectEvidence { parties, .. }
        | Command::EstablishRelationship { parties }
        | Command::EndRelationship { parties } => Some(parties),
        Command::RegisterPartner { .. }
        | Command::SetPartnerStatus { .. }
        | Command::RegisterCustomer { .. }
        | Command::LinkReseller { .. }
        | Command::UnlinkReseller { .. }
        | Command::PublishAgreementVersion { .. }
        | Command::RetireAgreement { .. }
        | Command::PublishPolicy { .. }
        | Command::RecordDecision { .. }
        | Command::RecordOrderOutcome { .. }
        | Command::ErasePersonalData { .. }
        | Command::RecordLookup { .. }
        | Command::OpenInquiry { .. }
        | Command::FinishInquiry { .. } => None,
    }
}

const fn claim_of(command: &Command) -> Option<&AcceptanceClaim> {
    match command {
        Command::RecordAcceptance { claim, .. }
        | Command::CorrectAcceptance { claim, .. }
        | Command::SubmitEvidence { claim, .. } => Some(claim),
        _ => None,
    }
}

/// The documents that an event names, put into its particulars.
fn documents_of(event: &Event, intent: &Intent, particulars: &mut Particulars) -> Vec<Document> {
    let document = match event {
        Event::PolicyPublished { .. } => {
            intent.document.clone().map(|it| document(stored::POLICY_DOCUMENT, it))
        }
        Event::AgreementVersionPublished { published, .. } if !published.templates.is_empty() => {
            let list = stored::template_list(&published.templates);
            Some(document(stored::TEMPLATE_LIST, Bytes::from(list.encode_to_vec())))
        }
        _ => None,
    };
    particulars.document = document.as_ref().map(reference);
    document.into_iter().collect()
}

pub(super) fn document(media_type: &str, content: Bytes) -> Document {
    let mut sha256 = [0; 32];
    sha256.copy_from_slice(digest(&SHA256, &content).as_ref());
    Document { sha256, media_type: media_type.to_owned(), content }
}

pub(super) fn reference(it: &Document) -> DocumentRef {
    DocumentRef {
        sha256: Bytes::copy_from_slice(&it.sha256),
        size: it.content.len() as u64,
        media_type: it.media_type.clone(),
    }
}
