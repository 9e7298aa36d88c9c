//! The sequential model: the pure domain at one prefix of the log.

use std::collections::HashMap;

use assent_domain::authorize::{AsOf, authorize};
use assent_domain::command::{Command, Context};
use assent_domain::decide::duplicate_candidates;
use assent_domain::values::{Contact, Instant, Position};
use assent_domain::{Event, Facts, Overlay, Recorded, Refusals, decide, evolve, stamp_of};
use assent_proto::convert::{Asked, Ids, Intent, RequestId, What, answer};
use assent_proto::v1::AuthorizeOrderResponse;

use super::calls::{Answer, Call, Written};
use super::told::told;

/// The domain at a prefix.
pub(super) struct Model {
    facts: Overlay<'static>,
    /// The instant of the prefix's last event.
    last_at: Instant,
    /// What the vault knows: who accepted.
    contacts: HashMap<Position, Option<Contact>>,
    carried_out: HashMap<RequestId, Written>,
}

impl Default for Model {
    fn default() -> Self {
        let (contacts, carried_out) = (HashMap::new(), HashMap::new());
        Self { facts: Overlay::empty(), last_at: Instant::EPOCH, contacts, carried_out }
    }
}

impl Model {
    /// The prefix.
    pub(super) fn position(&self) -> u64 {
        self.facts.ledger().applied.0
    }

    fn ids(&self) -> Ids {
        Ids { tag: self.facts.ledger().tag }
    }

    /// What becomes of a write at this prefix and instant.
    pub(super) fn decide(&self, intent: &Intent, now: Instant) -> Result<Vec<Event>, Refusals> {
        let command = command(intent);
        let contact = contact(command);
        let same = |it: &Position| self.contacts.get(it).is_some_and(|it| it.as_ref() == contact);
        let same_contact = duplicate_candidates(&self.facts, command).into_iter().filter(same).collect();
        let context = Context { now, expected_revision: intent.expected_revision, same_contact };
        decide(&self.facts, command, &context)
    }

    /// What the request was answered before, where it was carried out.
    pub(super) fn carried_out(&self, intent: &Intent) -> Option<&Written> {
        self.carried_out.get(intent.request_id.as_ref()?)
    }

    /// The answer to a write that is refused at this prefix. All that is stated lies in the past, so that it does not
    /// matter how long after the prefix's last event it was decided.
    pub(super) fn refusal(&self, intent: &Intent) -> Option<Answer> {
        if self.carried_out(intent).is_some() {
            return None;
        }
        let refusals = self.decide(intent, self.last_at.plus_micros(1)).err()?;
        Some(told(&refusals, self.ids()))
    }

    /// Carries out a write: its events are the next ones. Gives what it is answered.
    pub(super) fn carry_out(&mut self, call: &Call, intent: &Intent, events: &[Recorded]) -> Written {
        let first = events.first().expect("a write that stores anything has a first event");
        let revision = stamp_of(&self.facts, &first.event).revision;
        let mut written = Written::at(first.position.0, false, None);
        match call {
            Call::Relationship(_) | Call::Withdraw(_) => written.revision = Some(revision),
            Call::Confirm(_) | Call::Attest(_) | Call::Direct(_) => {
                written.revision = Some(revision);
                written.acceptance_id = Some(self.ids().text(first.reference()));
                self.contacts.insert(first.position, contact(command(intent)).cloned());
            }
            Call::Order(_) => written.decision = self.recorded(first),
            Call::Customer(_) | Call::Outcome(_) => {}
        }
        for recorded in events {
            self.apply(recorded);
        }
        if let Some(request_id) = intent.request_id {
            self.carried_out.insert(request_id, written.clone());
        }
        written
    }

    /// Goes on to the next prefix.
    pub(super) fn apply(&mut self, recorded: &Recorded) {
        evolve(&mut self.facts, recorded);
        self.last_at = recorded.recorded_at;
    }

    /// The answer to an order at this prefix, decided at that instant.
    pub(super) fn authorize(&self, asked: &Asked, effective_at: Instant) -> AuthorizeOrderResponse {
        let as_of = AsOf { prefix: self.facts.ledger().applied, effective_at };
        let decision = authorize(&self.facts, &asked.order, &as_of).expect("there is a policy");
        let policy = self.facts.policies().at(as_of.prefix).expect("there is a policy");
        answer::response(&decision, &as_of, &policy.document.id, policy.version, &self.ids())
    }

    /// Whether an answer's instant is not before the prefix that it rests on.
    pub(super) fn is_over(&self, instant: Instant) -> bool {
        instant >= self.last_at
    }

    /// The answer to an order whose decision is this event.
    fn recorded(&self, event: &Recorded) -> Option<Box<AuthorizeOrderResponse>> {
        let Event::OrderDecided { effective_at, prefix, decision, order: _ } = &event.event else {
            return None;
        };
        let as_of = AsOf { prefix: *prefix, effective_at: *effective_at };
        let policy = self.facts.policies().at(*prefix).expect("there is a policy");
        let (id, version) = (&policy.document.id, policy.version);
        let mut response = answer::response(decision, &as_of, id, version, &self.ids());
        response.recorded_position = Some(event.position.0);
        Some(Box::new(response))
    }
}

fn command(intent: &Intent) -> &Command {
    match &intent.what {
        What::Command(command) => command,
        other => panic!("these calls name no event: {other:?}"),
    }
}

fn contact(command: &Command) -> Option<&Contact> {
    match command {
        Command::RecordAcceptance { claim, .. } => claim.contact.as_ref(),
        _ => None,
    }
}
