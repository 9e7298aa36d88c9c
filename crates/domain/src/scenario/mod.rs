//! Given, when, then: small worlds for tests, of this crate and of others. Nothing but tests uses them; they panic
//! where a test is wrong.
//!
//! ```
//! use assent_domain::scenario::{confirm, microsoft, order};
//! use assent_domain::authorize::{Outcome, ReasonCode};
//!
//! let world = microsoft().at("2024-01-15").parties("contoso", "fabrikam").did(confirm("contoso", "fabrikam"));
//! let decision = world.ask(&order("contoso", "fabrikam"));
//! assert_eq!((decision.outcome, decision.reasons[0].code), (Outcome::Allowed, ReasonCode::AcceptanceInForce));
//! ```

mod then;
mod timeline;
mod words;

use std::collections::HashMap;

use crate::acceptance::Relationship;
use crate::authorize::{AsOf, Decision, Order, authorize};
use crate::command::{Command, Context};
use crate::decide::{decide, duplicate_candidates};
use crate::event::{Event, EventRef, Recorded};
use crate::evolve::evolve;
use crate::facts::Facts;
use crate::overlay::Overlay;
use crate::refusal::Refusals;
use crate::values::{Contact, Instant, PartnerStatus, Position, Program};

pub use then::Then;
pub use timeline::{CLOUD_AGREEMENT, CUSTOMER_AGREEMENT, microsoft, microsoft_sandbox, timeline};
pub use words::{
    agreement, attest, by_contact, claim, claim_of, confirm, contact, correct, customer, customer_facts,
    direct, instant, order, parties, partner, partner_facts, product, version, withdraw,
};

/// A ledger in memory, with a clock that stands still until it is set.
pub struct World {
    /// What its log says.
    pub facts: Overlay<'static>,
    /// Its log.
    pub log: Vec<Recorded>,
    /// Its clock.
    pub now: Instant,
    /// What the vault knows: who accepted.
    contacts: HashMap<Position, Option<Contact>>,
    expected_revision: Option<u64>,
}

/// The log, an event a line: what a test that fails shows.
impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "it is {}", self.now)?;
        for Recorded { position, recorded_at, event } in &self.log {
            match event {
                Event::PolicyPublished { version, .. } => writeln!(f, "{position} policy {version}")?,
                Event::AgreementVersionPublished { agreement, published } => {
                    writeln!(f, "{position} {agreement} {}", published.version)?;
                }
                other => writeln!(f, "{position} {recorded_at} {other:?}")?,
            }
        }
        Ok(())
    }
}

/// A world in which these events happened in 2018; by its clock it is 2024-01-15.
pub fn given(events: impl IntoIterator<Item = Event>) -> World {
    let world = World {
        facts: Overlay::empty(),
        log: Vec::new(),
        now: instant("2018-08-01"),
        contacts: HashMap::new(),
        expected_revision: None,
    };
    world.and(events).at("2024-01-15")
}

impl World {
    /// Sets the clock: a day, or RFC 3339.
    #[must_use]
    pub fn at(mut self, now: &str) -> Self {
        self.now = instant(now);
        self
    }

    /// These happened too.
    #[must_use]
    pub fn and(mut self, events: impl IntoIterator<Item = Event>) -> Self {
        for event in events {
            self.append(event);
        }
        self
    }

    /// A direct-bill partner and a customer of the public cloud in the United States, in a relationship.
    #[must_use]
    pub fn parties(self, partner: &str, customer: &str) -> Self {
        self.partner(partner, Program::DirectBill).customer(customer).related(partner, customer)
    }

    /// A registered partner, whose people have addresses in `{id}.example`.
    #[must_use]
    pub fn partner(self, id: &str, program: Program) -> Self {
        self.did(Command::RegisterPartner { partner: partner(id), facts: partner_facts(id, program) })
    }

    /// A registered customer of the public cloud in the United States.
    #[must_use]
    pub fn customer(self, id: &str) -> Self {
        self.did(Command::RegisterCustomer { customer: customer(id), facts: customer_facts() })
    }

    /// A relationship in force.
    #[must_use]
    pub fn related(self, partner: &str, customer: &str) -> Self {
        self.did(Command::EstablishRelationship { parties: parties(partner, customer) })
    }

    /// A reseller linked to a provider.
    #[must_use]
    pub fn linked(self, provider: &str, reseller: &str) -> Self {
        self.did(Command::LinkReseller { provider: partner(provider), reseller: partner(reseller) })
    }

    /// A partner that is no longer active.
    #[must_use]
    pub fn inactive(self, id: &str) -> Self {
        self.did(Command::SetPartnerStatus { partner: partner(id), status: PartnerStatus::Inactive })
    }

    /// The next command expects this revision of its relationship.
    #[must_use]
    pub const fn expecting(mut self, revision: u64) -> Self {
        self.expected_revision = Some(revision);
        self
    }

    /// This command was carried out.
    ///
    /// # Panics
    ///
    /// Where it is refused.
    #[must_use]
    pub fn did(mut self, command: Command) -> Self {
        let done = self.run(&command);
        assert!(done.is_ok(), "{command:?} is refused: {done:?}");
        self
    }

    /// Tries a command, to see what becomes of it.
    pub fn when(mut self, command: Command) -> Then {
        let result = self.run(&command);
        Then { result, world: self }
    }

    /// Carries the command out, as the append task does: decided on the log before it, then folded.
    ///
    /// # Errors
    ///
    /// Why it is refused.
    pub fn run(&mut self, command: &Command) -> Result<Vec<Recorded>, Refusals> {
        let context = Context {
            now: self.now.max(self.last_instant()),
            expected_revision: self.expected_revision.take(),
            same_contact: self.same_contact(command),
        };
        let events = decide(&self.facts, command, &context)?;
        let recorded: Vec<_> = events.into_iter().map(|it| self.append(it)).collect();
        if let (Some(claim), Some(first)) = (words::claim_in(command), recorded.first()) {
            self.contacts.insert(first.position, claim.contact.clone());
        }
        Ok(recorded)
    }

    /// What the whole log answers now.
    ///
    /// # Panics
    ///
    /// Where no policy was published.
    pub fn ask(&self, order: &Order) -> Decision {
        self.ask_as_of(order, Position::END, self.now)
    }

    /// What a prefix of the log answers as of an instant.
    ///
    /// # Panics
    ///
    /// Where the prefix knows no policy.
    pub fn ask_as_of(&self, order: &Order, prefix: Position, effective_at: Instant) -> Decision {
        authorize(&self.facts, order, &AsOf { prefix, effective_at }).expect("the test published a policy")
    }

    /// What the log says about two parties.
    ///
    /// # Panics
    ///
    /// Where no event names them together.
    pub fn relationship(&self, of_partner: &str, of_customer: &str) -> Relationship {
        let found = self.facts.relationship(&partner(of_partner), &customer(of_customer));
        found.expect("the test made something happen between the two").into_owned()
    }

    /// The last event of the log.
    ///
    /// # Panics
    ///
    /// Where nothing happened yet.
    pub fn last(&self) -> EventRef {
        self.log.last().expect("the test made something happen").reference()
    }

    fn last_instant(&self) -> Instant {
        self.log.last().map_or(Instant::EPOCH, |it| it.recorded_at)
    }

    fn append(&mut self, event: Event) -> Recorded {
        let position = Position(self.log.len() as u64 + 1);
        let recorded = Recorded { position, recorded_at: self.now.max(self.last_instant()), event };
        evolve(&mut self.facts, &recorded);
        self.log.push(recorded.clone());
        recorded
    }

    fn same_contact(&self, command: &Command) -> Vec<Position> {
        let wanted = words::claim_in(command).map(|it| &it.contact);
        let same = |it: &Position| wanted.is_some_and(|wanted| self.contacts.get(it) == Some(wanted));
        duplicate_candidates(&self.facts, command).into_iter().filter(same).collect()
    }
}
