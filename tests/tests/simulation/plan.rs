//! A batch being decided, as `crates/service/src/append/plan.rs` does it: each command on exactly the prefix before it.

use assent_domain::command::{Command, Context};
use assent_domain::decide::duplicate_candidates;
use assent_domain::stream::stamp_of;
use assent_domain::values::{Instant, Position};
use assent_domain::{Event, Facts, Overlay, Recorded, Refusals, decide, evolve};
use assent_event_log::{Batch, Document, Draft, KeyRow, LedgerTag, Links, row_of_request};
use assent_projections::Decoded;
use assent_proto::convert::Ids;
use assent_proto::event::DocumentRef;
use assent_proto::stored::{self, Particulars};
use bytes::Bytes;
use prost::Message as _;

use super::jobs::Request;

/// The tag of every ledger here.
pub(crate) const TAG: u64 = 7;

/// A batch being decided.
pub(crate) struct Plan<'a> {
    overlay: Overlay<'a>,
    at: Instant,
    batch: Batch,
    events: Vec<Decoded>,
}

/// What becomes of a command on these facts. All that accept are the same person.
pub(crate) fn decided(facts: &dyn Facts, command: &Command, now: Instant) -> Result<Vec<Event>, Refusals> {
    let same_contact = duplicate_candidates(facts, command);
    decide(facts, command, &Context { now, expected_revision: None, same_contact })
}

impl<'a> Plan<'a> {
    /// Begins a batch on these facts.
    pub(crate) fn new(facts: &'a dyn Facts, at: Instant) -> Self {
        Self::on(Overlay::over(facts), at)
    }

    /// Begins the first batch of a ledger.
    pub(crate) fn first(at: Instant) -> Plan<'static> {
        Plan::on(Overlay::empty(), at)
    }

    fn on(overlay: Overlay<'a>, at: Instant) -> Self {
        let batch = Batch {
            start: overlay.ledger().applied.0,
            at: at.micros(),
            tag: LedgerTag::from_random(TAG),
            drafts: Vec::new(),
            requests: Vec::new(),
            vault: Vec::new(),
            erase: Vec::new(),
            documents: Vec::new(),
        };
        Self { overlay, at, batch, events: Vec::new() }
    }

    /// How far the log has got with what is in the batch so far.
    pub(crate) fn position(&self) -> u64 {
        self.overlay.ledger().applied.0
    }

    /// Decides a command and adds its events; gives the position of the first, or none where it is so already.
    pub(crate) fn command(
        &mut self,
        request: Option<Request>,
        command: &Command,
    ) -> Result<Option<u64>, Refusals> {
        let events = decided(&self.overlay, command, self.at)?;
        let first = (!events.is_empty()).then(|| self.position() + 1);
        if let (Some(request), Some(first)) = (request, first) {
            let key = request.key();
            self.batch.requests.push((key, first));
            // None of these events has a sealed box, so that the request has a row of its own.
            self.batch.vault.push(KeyRow { id: row_of_request(&key), ..KeyRow::default() });
        }
        for event in events {
            self.event(request, event, None);
        }
        Ok(first)
    }

    /// Adds an event; `file` is the document that it publishes.
    pub(crate) fn event(&mut self, request: Option<Request>, event: Event, file: Option<Document>) {
        let policies = self.overlay.policies().at(Position::END);
        let policy = match &event {
            Event::OrderDecided { .. } => policies.map(|it| (it.document.id.clone(), it.version)),
            _ => None,
        };
        let document = file.or_else(|| templates_of(&event));
        let particulars = Particulars {
            request_id: request.map(Request::id),
            document: document.as_ref().map(reference),
            policy,
            ..Particulars::default()
        };
        self.batch.documents.extend(document);
        let stamp = stamp_of(&self.overlay, &event);
        let ids = Ids { tag: TAG };
        let body = stored::body(stamp.stream, &event, &particulars, &|it| ids.text(it));
        let links = links(&stamp.links);
        let bytes = Bytes::from(body.encode_to_vec());
        self.batch.drafts.push(Draft { body: bytes, revision: stamp.revision, links });
        let position = Position(self.position() + 1);
        let recorded = Recorded { position, recorded_at: self.at, event };
        evolve(&mut self.overlay, &recorded);
        let kind = body.payload.as_ref().map_or("", stored::type_of);
        self.events.push(Decoded { recorded, kind, box_id: None });
    }

    /// What is to be stored, and what the index applies once it is.
    pub(crate) fn finish(self) -> (Batch, Vec<Decoded>) {
        (self.batch, self.events)
    }
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

fn templates_of(event: &Event) -> Option<Document> {
    let Event::AgreementVersionPublished { published, .. } = event else { return None };
    let list = stored::template_list(&published.templates).encode_to_vec();
    (!published.templates.is_empty()).then(|| document(stored::TEMPLATE_LIST, Bytes::from(list)))
}

/// A document to be stored.
pub(crate) fn document(media_type: &str, content: Bytes) -> Document {
    let sha256 = assent_evidence::sha256(&content);
    Document { sha256, media_type: media_type.to_owned(), content }
}

fn reference(it: &Document) -> DocumentRef {
    DocumentRef {
        sha256: Bytes::copy_from_slice(&it.sha256),
        size: it.content.len() as u64,
        media_type: it.media_type.clone(),
    }
}
