//! A log that holds what commands made of it.

use std::sync::Arc;

use assent_domain::command::{Command, Context};
use assent_domain::event::VersionPublished;
use assent_domain::privacy::{InquiryScope, KEYS_PER_ERASURE_MAX};
use assent_domain::scenario as words;
use assent_domain::stream::stamp_of;
use assent_domain::values::{Environment, Instant, Position, Program};
use assent_domain::{Event, Facts, Overlay, Recorded, decide, evolve};
use assent_event_log::{
    Batch, Document, Draft, EventLog, KeyRow, LedgerTag, Links, RequestKey, row_of_request,
};
use assent_proto::convert::Ids;
use assent_proto::event::DocumentRef;
use assent_proto::stored::{self, Particulars};
use bytes::Bytes;
use prost::Message;

use crate::place::Place;

const TAG: u64 = 7;

/// A log, and the facts that a fold of it must give.
pub(crate) struct Ledger {
    pub(crate) url: String,
    pub(crate) log: EventLog,
    pub(crate) facts: Overlay<'static>,
    pub(crate) place: Place,
    now: Instant,
}

impl Ledger {
    /// A new ledger with the built-in policy.
    pub(crate) async fn begun(place: Place) -> Self {
        Self::begun_at(place, words::instant("2024-06-01T00:00:00.123457Z")).await
    }

    /// The same at another instant, and so another ledger.
    pub(crate) async fn begun_at(place: Place, now: Instant) -> Self {
        let url = place.url();
        let log = EventLog::open(&url).await.unwrap();
        let mut ledger = Self { url, log, facts: Overlay::empty(), place, now };
        let pack = assent_policy_file::built_in();
        let mut events = vec![
            Event::LedgerFormatted { format: 1, tag: TAG, environment: Environment::Production },
            Event::RulesActivated { edition: 1 },
        ];
        events.extend(pack.document.agreements.iter().map(|(agreement, published)| {
            Event::AgreementVersionPublished { agreement: agreement.clone(), published: published.clone() }
        }));
        let file = document(stored::POLICY_DOCUMENT, Bytes::from_static(pack.bytes));
        events.push(Event::PolicyPublished {
            version: 1,
            document: Arc::new(pack.document),
            sha256: file.sha256,
        });
        ledger.append(events, Some(file)).await;
        ledger
    }

    /// Carries out a command, a minute after the one before; a refused one stores nothing.
    pub(crate) async fn did(&mut self, command: &Command) -> bool {
        match self.decided(command) {
            Some(events) => {
                self.append(events, None).await;
                true
            }
            None => false,
        }
    }

    /// Carries out commands that have nothing to do with each other, all in one commit.
    pub(crate) async fn did_together(&mut self, commands: impl IntoIterator<Item = Command>) {
        let decided = commands.into_iter().map(|it| self.decided(&it).expect("it is carried out"));
        let events = decided.collect::<Vec<_>>().concat();
        self.append(events, None).await;
    }

    /// What a command, carried out a minute after the one before, has to append, for somebody else to do it.
    pub(crate) fn next(&mut self, command: &Command) -> Batch {
        let events = self.decided(command).expect("it is carried out");
        self.batch(events, None)
    }

    fn decided(&mut self, command: &Command) -> Option<Vec<Event>> {
        self.now = self.now.plus_micros(60_000_000);
        let context = Context { now: self.now, expected_revision: None, same_contact: Vec::new() };
        decide(&self.facts, command, &context).ok()
    }

    /// Parties that can do business.
    pub(crate) async fn parties(&mut self, partner: &str, customer: &str) {
        for command in [
            Command::RegisterPartner {
                partner: words::partner(partner),
                facts: words::partner_facts(partner, Program::DirectBill),
            },
            Command::RegisterCustomer { customer: words::customer(customer), facts: words::customer_facts() },
            Command::EstablishRelationship { parties: words::parties(partner, customer) },
        ] {
            assert!(self.did(&command).await, "{command:?}");
        }
    }

    async fn append(&mut self, events: Vec<Event>, file: Option<Document>) {
        if !events.is_empty() {
            let batch = self.batch(events, file);
            self.log.append(batch).await.unwrap();
        }
    }

    fn batch(&mut self, events: Vec<Event>, file: Option<Document>) -> Batch {
        let start = self.facts.ledger().applied.0;
        // Nobody asked for what a ledger begins with.
        let request_id = (start > 0).then(|| format!("018bcfe5-687b-7969-9a5a-{start:012x}"));
        let keys = request_id.iter().flat_map(|it| request_keys(&events[0], it));
        let requests: Vec<(RequestKey, u64)> = keys.map(|key| (key, start + 1)).collect();
        let row = |(key, _): &(RequestKey, u64)| KeyRow { id: row_of_request(key), ..KeyRow::default() };
        let vault = requests.iter().map(row).collect();
        let mut drafts = Vec::new();
        let mut documents: Vec<_> = file.into_iter().collect();
        let policy = documents.first().map(reference);
        for event in events {
            let templates = templates_of(&event);
            let named = match &event {
                Event::PolicyPublished { .. } => policy.clone(),
                _ => templates.as_ref().map(reference),
            };
            documents.extend(templates);
            let request_id = request_id.clone();
            let own = Particulars { document: named, request_id, ..Particulars::default() };
            let stamp = stamp_of(&self.facts, &event);
            let place = |it: Option<Position>| it.map(|it| it.0);
            let links = Links {
                stream: place(stamp.links.stream),
                customer: place(stamp.links.customer),
                partner: place(stamp.links.partner),
                agreement: place(stamp.links.agreement),
                reseller: place(stamp.links.reseller),
            };
            let ids = Ids { tag: TAG };
            let body = stored::body(stamp.stream, &event, &own, &|it| ids.text(it));
            drafts.push(Draft { body: Bytes::from(body.encode_to_vec()), revision: stamp.revision, links });
            let position = Position(start + drafts.len() as u64);
            evolve(&mut self.facts, &Recorded { position, recorded_at: self.now, event });
        }
        let tag = LedgerTag::new(TAG).unwrap();
        let erase = Vec::new();
        Batch { start, at: self.now.micros(), tag, drafts, requests, vault, erase, documents }
    }
}

/// Where these ledgers keep a request: every append but the first is one.
pub(crate) fn request_keys(_: &Event, request_id: &str) -> Vec<RequestKey> {
    vec![assent_evidence::sha256(request_id.as_bytes())]
}

fn templates_of(event: &Event) -> Option<Document> {
    let Event::AgreementVersionPublished { published: VersionPublished { templates, .. }, .. } = event else {
        return None;
    };
    let list = stored::template_list(templates).encode_to_vec();
    (!templates.is_empty()).then(|| document(stored::TEMPLATE_LIST, Bytes::from(list)))
}

fn document(media_type: &str, content: Bytes) -> Document {
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

/// A busy story: of every kind of command one, and of most several.
pub(crate) async fn busy(place: Place) -> Ledger {
    busy_in_steps(place, async |_| {}).await
}

/// The same, with something done after each step of it.
pub(crate) async fn busy_in_steps(place: Place, step: impl AsyncFn(&Ledger)) -> Ledger {
    let mut ledger = Ledger::begun(place).await;
    for (partner, customer) in [("a", "x"), ("a", "y"), ("b", "x")] {
        ledger.parties(partner, customer).await;
        step(&ledger).await;
        assert!(ledger.did(&words::confirm(partner, customer)).await);
        step(&ledger).await;
    }
    let acceptance =
        ledger.facts.relationship(&words::partner("a"), &words::customer("x")).unwrap().acceptances[0]
            .recorded;
    let corrected = words::correct("a", "x", acceptance, words::claim("2024-05-01T00:00:00Z"));
    assert!(ledger.did(&corrected).await);
    step(&ledger).await;
    for command in scenario_commands() {
        assert!(ledger.did(&command).await, "{command:?}");
        step(&ledger).await;
    }
    ledger
}

fn scenario_commands() -> Vec<Command> {
    use assent_domain::values::{OrderOutcome, PartnerStatus, TransactionKind};
    let outcome = |partner, customer| Command::RecordOrderOutcome {
        parties: words::parties(partner, customer),
        reseller: None,
        transaction: TransactionKind::NewPurchase,
        product_family: None,
        outcome: OrderOutcome::Placed,
        occurred_at: words::instant("2024-05-20T00:00:00Z"),
        decision: None,
    };
    let register = |id, program| Command::RegisterPartner {
        partner: words::partner(id),
        facts: words::partner_facts(id, program),
    };
    vec![
        outcome("a", "x"),
        outcome("b", "x"),
        Command::WithdrawAcceptance {
            parties: words::parties("b", "x"),
            agreement: words::agreement("microsoft-customer-agreement"),
            withdrawn_at: None,
        },
        register("provider", Program::IndirectProvider),
        register("reseller", Program::IndirectReseller),
        Command::LinkReseller { provider: words::partner("provider"), reseller: words::partner("reseller") },
        Command::SetPartnerStatus { partner: words::partner("b"), status: PartnerStatus::Inactive },
        // More rows than one event names.
        Command::ErasePersonalData {
            customer: words::customer("x"),
            contact: None,
            key_ids: (0..=KEYS_PER_ERASURE_MAX as u128).map(u128::to_be_bytes).collect(),
        },
        Command::RecordLookup { records: Vec::new() },
        Command::OpenInquiry { scope: InquiryScope::Partner(words::partner("a")), with_contacts: true },
        Command::EndRelationship { parties: words::parties("a", "y") },
        Command::EstablishRelationship { parties: words::parties("a", "y") },
    ]
}
