//! A ledger in memory: the domain's events, stamped and encoded as the log does it.

use std::collections::BTreeMap;

use assent_domain::event::{Event, EventRef, Recorded};
use assent_domain::overlay::Overlay;
use assent_domain::stream::stamp_of;
use assent_domain::values::{Instant, Position};
use assent_domain::{evolve, scenario};
use assent_evidence::{Hash, leaf_hash, sha256};
use assent_export::Disclosure;
use assent_proto::convert::Ids;
use assent_proto::event::{Actor, Contact, DocumentRef, Links};
use assent_proto::stored::{POLICY_DOCUMENT, Particulars, TEMPLATE_LIST, body, template_list, timestamp_of};
use bytes::Bytes;
use prost::Message as _;

use super::seal::seal;

const TAG: u64 = 0x2_5a5a_5a5a;
pub(crate) const USER: &str = "grace@contoso.example";

/// Who tests look at the facts of.
pub(crate) struct Ledger {
    pub(crate) facts: Overlay<'static>,
    pub(crate) entries: Vec<Bytes>,
    pub(crate) recorded: Vec<Recorded>,
    /// What a vault could show of each event.
    pub(crate) boxes: BTreeMap<u64, Vec<Disclosure>>,
    pub(crate) documents: BTreeMap<Hash, Vec<u8>>,
    pub(crate) now: Instant,
}

impl Ledger {
    /// A ledger with the agreements and the policy of the domain's scenarios.
    pub(crate) fn new() -> Self {
        let mut ledger = Self {
            facts: Overlay::empty(),
            entries: Vec::new(),
            recorded: Vec::new(),
            boxes: BTreeMap::new(),
            documents: BTreeMap::new(),
            now: scenario::instant("2024-01-15"),
        };
        for it in scenario::microsoft().log {
            ledger.append(it.event);
        }
        ledger
    }

    pub(crate) fn size(&self) -> u64 {
        self.entries.len() as u64
    }

    pub(crate) fn leaves(&self) -> Vec<Hash> {
        self.entries.iter().map(|it| leaf_hash(it)).collect()
    }

    /// Stores an event, with every sealed item that it can have.
    pub(crate) fn append(&mut self, event: Event) -> EventRef {
        let position = self.size() + 1;
        let ids = Ids { tag: TAG };
        let stamp = stamp_of(&self.facts, &event);
        let own = self.particulars(position, &event);
        let links = stamp.links;
        let at = |it: Option<Position>| it.map(|it| it.0);
        let reference = EventRef::new(Position(position), self.now);
        let stored = assent_proto::event::Event {
            position,
            revision: stamp.revision,
            recorded_at: Some(timestamp_of(self.now)),
            event_id: ids.text(reference),
            links: Some(Links {
                stream: at(links.stream),
                customer: at(links.customer),
                partner: at(links.partner),
                agreement: at(links.agreement),
                reseller: at(links.reseller),
            }),
            ..body(stamp.stream, &event, &own, &|it| ids.text(it))
        };
        self.entries.push(stored.encode_to_vec().into());
        let recorded = Recorded { position: Position(position), recorded_at: self.now, event };
        evolve(&mut self.facts, &recorded);
        self.recorded.push(recorded);
        reference
    }

    fn particulars(&mut self, position: u64, event: &Event) -> Particulars {
        let contact = Contact {
            first_name: "Ada".to_owned(),
            last_name: "Łukasiewicz, \"A\"".to_owned(),
            email: "ada@example.com".to_owned(),
            phone_number: position.is_multiple_of(2).then(|| "+49 30 1".to_owned()),
        };
        let reason = match event {
            Event::InquiryOpened { .. } => super::export::PURPOSE.to_owned(),
            _ => format!("because\nof {position}"),
        };
        let mut boxes = Vec::new();
        let mut sealed = |kind: u8, plaintext: &[u8]| {
            let (sealed, disclosure) = seal(position, kind, plaintext);
            boxes.push(disclosure);
            Some(sealed)
        };
        let employee = if position.is_multiple_of(3) { sealed(2, b"Grace H.") } else { None };
        let claim = super::story::claim_of(event);
        let own = Particulars {
            actor: Actor { user_id: USER.to_owned(), role: Some("ADMIN_AGENT".to_owned()), employee },
            request_id: (position % 2 == 1).then(|| format!("c0ffee00-0000-4000-8000-{position:012}")),
            scenario: super::story::scenario_of(event),
            contact: sealed(1, &contact.encode_to_vec()).filter(|_| claim.is_some()),
            uri: sealed(4, b"https://example.com/a?b=1,2").filter(|_| claim.is_some()),
            claim,
            reason: sealed(3, reason.as_bytes()),
            document: self.document(event),
            order_ref: Some(format!("order-{position}")),
            decision_position: Some(position - 1).filter(|it| it.is_multiple_of(2)),
            policy: Some((assent_domain::values::PolicyId::parse("microsoft-csp").expect("it is an id"), 1)),
        };
        self.boxes.insert(position, boxes);
        own
    }

    fn document(&mut self, event: &Event) -> Option<DocumentRef> {
        let (content, media_type) = match event {
            Event::AgreementVersionPublished { published, .. } => {
                (template_list(&published.templates).encode_to_vec(), TEMPLATE_LIST)
            }
            Event::PolicyPublished { version, .. } => {
                (format!("version: {version}\n").into_bytes(), POLICY_DOCUMENT)
            }
            _ => return None,
        };
        let (hash, size) = (sha256(&content), content.len() as u64);
        self.documents.insert(hash, content);
        Some(DocumentRef { sha256: Bytes::copy_from_slice(&hash), size, media_type: media_type.to_owned() })
    }
}
