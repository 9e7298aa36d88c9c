//! The story that `assent demo` plays: the CSP program's timeline, as data and a small driver.
//!
//! [`story`] is the data: chapters of steps, each with what it must lead to. [`Player`] carries steps out against a
//! running server and says what happened. The demo prints that; tests compare it with [`Expected`].

mod calls;
mod cast;
mod player;
mod story;

pub use player::{Broken, Outcome, Player};
pub use story::story;

use assent_proto::v1::{Channel, Cloud, Program, ReasonCode, Scenario, TransactionKind};

/// A part of the story.
#[derive(Clone, Debug)]
pub struct Chapter {
    /// What it is about.
    pub title: &'static str,
    /// Its steps, in order.
    pub steps: Vec<Step>,
}

/// One call, and what it must lead to.
#[derive(Clone, Debug)]
pub struct Step {
    /// The story's own words.
    pub told: &'static str,
    /// The call.
    pub act: Act,
    /// What it must lead to.
    pub expected: Expected,
}

/// A call.
#[derive(Clone, Debug)]
pub enum Act {
    /// Registers a partner.
    Partner {
        /// Its id.
        id: &'static str,
        /// Its program.
        program: Program,
        /// The domain of its staff's addresses.
        email_domain: &'static str,
    },
    /// Registers a customer.
    Customer {
        /// Its id.
        id: &'static str,
        /// Where it lives.
        cloud: Cloud,
        /// It has bought before.
        has_purchases: bool,
    },
    /// Puts a partner in touch with a customer.
    Relationship(Parties),
    /// Links a reseller to its provider.
    Link {
        /// The provider.
        provider: &'static str,
        /// The reseller.
        reseller: &'static str,
    },
    /// Asks about an order.
    Order(Order),
    /// Confirms an acceptance.
    Confirm(Accepted),
    /// Records a confirmation of old, as an import does.
    Backfill {
        /// What was accepted.
        accepted: Accepted,
        /// On which day it was confirmed then.
        confirmed_on: &'static str,
    },
    /// Attests an acceptance.
    Attest(Accepted, Scenario),
    /// Records a direct acceptance.
    Direct(Accepted),
    /// Puts another contact into the newest acceptance of the parties.
    CorrectContact(Parties, Person),
    /// Withdraws.
    Withdraw {
        /// Whose acceptance.
        parties: Parties,
        /// Of which agreement.
        agreement: &'static str,
        /// From which day on.
        withdrawn_on: &'static str,
    },
}

/// A partner and a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Parties {
    /// The partner.
    pub partner: &'static str,
    /// The customer.
    pub customer: &'static str,
}

/// A person inside a customer.
#[derive(Clone, Copy, Debug)]
pub struct Person {
    /// First name.
    pub first_name: &'static str,
    /// Last name.
    pub last_name: &'static str,
    /// E-mail address.
    pub email: &'static str,
}

/// What somebody accepted.
#[derive(Clone, Copy, Debug)]
pub struct Accepted {
    /// Who records it, for whom.
    pub parties: Parties,
    /// The agreement.
    pub agreement: &'static str,
    /// The day.
    pub on: &'static str,
    /// Who accepted.
    pub contact: Person,
}

/// An order to ask about.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    /// Who orders, for whom.
    pub parties: Parties,
    /// Through which reseller.
    pub reseller: Option<&'static str>,
    /// What it does.
    pub transaction: TransactionKind,
    /// The way it arrives.
    pub channel: Channel,
    /// For which product.
    pub product: Option<&'static str>,
    /// On which day; none is now.
    pub on: Option<&'static str>,
}

/// What a step must lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// It is recorded.
    Done,
    /// The order is allowed, for this reason.
    Allowed(ReasonCode),
    /// The order is denied, for exactly these reasons.
    Denied(&'static [ReasonCode]),
    /// It is refused with this reason, and nothing is recorded.
    Refused(&'static str),
}
