//! What clients want: commands with a request id each, which are sent again, and elsewhere, until they are answered.

use assent_domain::Refusals;
use assent_domain::command::{Command, Parties};
use assent_domain::event::EventRef;
use assent_domain::scenario as words;
use assent_domain::values::{Instant, OrderOutcome, PartnerStatus, TransactionKind};
use assent_event_log::RequestKey;

use super::chance::Chance;

/// Those that the template's ledger knows, each with each.
pub(crate) const PARTNERS: [&str; 2] = ["a", "b"];
pub(crate) const CUSTOMERS: [&str; 2] = ["x", "y"];

/// An acceptance that was recorded, and whose it is.
pub(crate) type Acceptance = (EventRef, Parties);

/// A request, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Request(pub(crate) usize);

/// A request, what it asks for, and everything that it was ever answered.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) command: Command,
    pub(crate) answers: Vec<Answer>,
}

/// What a client is told.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// It is stored, and its first event is there.
    Stored(u64),
    /// Nothing is stored, on this prefix and at this instant: it is so already, or it is refused.
    Not { prefix: u64, now: Instant, refused: Option<Refusals> },
}

impl Answer {
    /// Where it is stored.
    pub(crate) const fn stored(&self) -> Option<u64> {
        match self {
            Self::Stored(position) => Some(*position),
            Self::Not { .. } => None,
        }
    }
}

impl Request {
    /// The text that its events carry.
    pub(crate) fn id(self) -> String {
        uuid::Uuid::from_u128(self.0 as u128 + 1).to_string()
    }

    /// The request with this text.
    pub(crate) fn of_id(id: &str) -> Option<Self> {
        let number = uuid::Uuid::parse_str(id).ok()?.as_u128();
        Some(Self(usize::try_from(number).ok()?.checked_sub(1)?))
    }

    pub(crate) fn key(self) -> RequestKey {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&(self.0 as u64 + 1).to_be_bytes());
        key
    }
}

impl Job {
    /// A command of any kind. Those that name an event take one of `acceptances`.
    pub(crate) fn drawn(chance: &mut Chance, number: usize, acceptances: &[Acceptance]) -> Self {
        Self { command: command(chance, number, acceptances), answers: Vec::new() }
    }
}

/// Few instants, so that what one client claims is often another's duplicate.
fn command(chance: &mut Chance, number: usize, acceptances: &[Acceptance]) -> Command {
    let (partner, customer) = (chance.pick(&PARTNERS), chance.pick(&CUSTOMERS));
    let parties = words::parties(partner, customer);
    let day = 1 + chance.below(5);
    let claim = words::claim(&format!("2024-01-{day:02}"));
    match chance.below(16) {
        0..3 => words::attest(partner, customer, claim),
        3..5 => words::direct(partner, customer, claim),
        5 => words::confirm(partner, customer),
        6 => words::withdraw(partner, customer, &format!("2024-02-{day:02}")),
        7 => Command::EndRelationship { parties },
        8..10 => Command::EstablishRelationship { parties },
        10 => Command::SetPartnerStatus {
            partner: words::partner(partner),
            status: chance.pick(&[PartnerStatus::Active, PartnerStatus::Inactive, PartnerStatus::Active]),
        },
        11 => Command::RecordOrderOutcome {
            parties,
            reseller: None,
            transaction: TransactionKind::NewPurchase,
            product_family: None,
            outcome: chance.pick(&[OrderOutcome::Placed, OrderOutcome::Failed]),
            occurred_at: words::instant(&format!("2024-03-{day:02}")),
            decision: None,
        },
        12..14 => Command::RecordDecision { order: words::order(partner, customer), effective_at: None },
        14 => Command::RegisterCustomer {
            customer: words::customer(&format!("new-{number}")),
            facts: words::customer_facts(),
        },
        _ => match acceptances {
            [] => Command::RecordDecision { order: words::order(partner, customer), effective_at: None },
            there => {
                let (acceptance, parties) = there[chance.below(there.len())].clone();
                Command::VoidAcceptance { parties, acceptance }
            }
        },
    }
}
