//! What a log prefix says, as the two traits that every fold and every decision is written against.
//!
//! They are traits because three things hold facts: the in-memory index of a replica, the overlay of a batch that
//! is being decided (facts of the index plus what earlier commands of the batch would add), and the small worlds
//! of tests. One decision and one fold serve all three.

use std::borrow::Cow;
use std::ops::DerefMut;

use crate::acceptance::Relationship;
use crate::catalog::Catalogue;
use crate::directory::{Customer, Partner, StreamHead};
use crate::policy::Policies;
use crate::values::{CustomerId, Environment, PartnerId, Position};

/// Facts to decide on. Customers and relationships are many, so that whoever holds them may hold them in another form:
/// they are given as they are, or made for whoever asks.
pub trait Facts {
    /// A partner that an event names.
    fn partner(&self, id: &PartnerId) -> Option<&Partner>;
    /// A customer that an event names.
    fn customer(&self, id: &CustomerId) -> Option<Cow<'_, Customer>>;
    /// A relationship that an event names.
    fn relationship(&self, partner: &PartnerId, customer: &CustomerId) -> Option<Cow<'_, Relationship>>;
    /// All three, as [`Self::partner`], [`Self::customer`] and [`Self::relationship`] give them one by one.
    fn find(&self, partner: &PartnerId, customer: &CustomerId) -> Found<'_> {
        Found {
            partner: self.partner(partner),
            customer: self.customer(customer),
            relationship: self.relationship(partner, customer),
        }
    }
    /// The partners that registered this e-mail domain, in its IDNA form.
    fn partners_of_domain(&self, domain: &str) -> Vec<PartnerId>;
    /// The agreements.
    fn catalogue(&self) -> &Catalogue;
    /// The policies published.
    fn policies(&self) -> &Policies;
    /// What concerns the ledger as a whole.
    fn ledger(&self) -> &Ledger;
}

/// The two sides of an order, and what there is between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found<'a> {
    /// Who sells.
    pub partner: Option<&'a Partner>,
    /// Who buys.
    pub customer: Option<Cow<'a, Customer>>,
    /// Their relationship.
    pub relationship: Option<Cow<'a, Relationship>>,
}

/// Facts that events can be folded into. Each `_mut` makes what is not there yet; a change is there when what it gave is
/// dropped.
pub trait FactsMut: Facts {
    /// The partner.
    fn partner_mut(&mut self, id: &PartnerId) -> &mut Partner;
    /// The customer.
    fn customer_mut(&mut self, id: &CustomerId) -> impl DerefMut<Target = Customer>;
    /// The relationship.
    fn relationship_mut(
        &mut self,
        partner: &PartnerId,
        customer: &CustomerId,
    ) -> impl DerefMut<Target = Relationship>;
    /// The event at this position concerns the customer. This and what follows change one number of facts that may have to be
    /// taken out of their place and put back to be changed: facts that can do without say how.
    fn mention_customer(&mut self, id: &CustomerId, position: Position) {
        self.customer_mut(id).mentioned = position;
    }
    /// The event at this position stands in the customer's own stream.
    fn advance_customer(&mut self, id: &CustomerId, position: Position) {
        self.customer_mut(id).stream.advance(position);
    }
    /// The event at this position stands in the relationship's stream.
    fn advance_relationship(&mut self, partner: &PartnerId, customer: &CustomerId, position: Position) {
        self.relationship_mut(partner, customer).stream.advance(position);
    }
    /// The event at this position stands in the stream of the relationship's orders.
    fn advance_orders(&mut self, partner: &PartnerId, customer: &CustomerId, position: Position) {
        self.relationship_mut(partner, customer).orders.advance(position);
    }
    /// The e-mail domains that a partner has from now on; `before` are those it had.
    fn set_domains(&mut self, partner: &PartnerId, before: &[String], now: &[String]);
    /// The agreements.
    fn catalogue_mut(&mut self) -> &mut Catalogue;
    /// The policies.
    fn policies_mut(&mut self) -> &mut Policies;
    /// The ledger as a whole.
    fn ledger_mut(&mut self) -> &mut Ledger;
}

/// What concerns the ledger as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger {
    /// The position of the last event that was folded.
    pub applied: Position,
    /// The 34 bits that every id made by this ledger carries.
    pub tag: u64,
    /// What the ledger is for.
    pub environment: Environment,
    /// The edition of the rules in force.
    pub rules_edition: u32,
    /// Its own stream, `ledger`.
    pub stream: StreamHead,
}

impl Default for Ledger {
    fn default() -> Self {
        Self {
            applied: Position::START,
            tag: 0,
            environment: Environment::Production,
            rules_edition: 0,
            stream: StreamHead::default(),
        }
    }
}
