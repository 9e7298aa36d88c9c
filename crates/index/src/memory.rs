//! What the index takes.

use assent_domain::acceptance::{AcceptanceFact, EvidenceFact, Relationship, WithdrawalFact};
use assent_domain::directory::{Customer, CustomerFacts};
use assent_domain::history::History;

use crate::Index;

/// The bytes that an index takes, by what they are for. Policies and catalogue are not in it: they are few.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// The records: the current facts of customers and relationships, with the customers' GUIDs.
    pub records: usize,
    /// The table that finds a customer.
    pub table: usize,
    /// The texts of customers' ids that are no GUIDs.
    pub texts: usize,
    /// What is beside the records: customers and relationships with a history, and that history.
    pub history: usize,
    /// The partners.
    pub partners: usize,
}

impl Memory {
    /// All but the history.
    pub const fn current(&self) -> usize {
        self.records + self.table + self.texts + self.partners
    }

    /// Everything.
    pub const fn total(&self) -> usize {
        self.current() + self.history
    }
}

impl Index {
    /// The bytes that the index takes, as far as it knows: not what an allocator adds.
    pub fn memory(&self) -> Memory {
        let of_customers: usize = self.rich_customers.from(0).map(beside_customer).sum();
        let of_relationships: usize = self.rich_relationships.from(0).map(beside_relationship).sum();
        Memory {
            records: self.customers.bytes() + self.further.bytes(),
            table: self.customer_places.bytes(),
            texts: self.texts.bytes(),
            history: self.rich_customers.bytes()
                + self.rich_relationships.bytes()
                + of_customers
                + of_relationships,
            partners: self.partners.bytes() + self.partner_places.allocation_size(),
        }
    }
}

/// What a customer holds beside itself.
fn beside_customer(it: &Customer) -> usize {
    it.facts.as_ref().map_or(0, History::<CustomerFacts>::bytes_beside)
}

/// What a relationship holds beside itself.
fn beside_relationship(it: &Relationship) -> usize {
    let spilled = if it.acceptances.spilled() { it.acceptances.capacity() } else { 0 };
    let rest = it.rest.as_ref().map_or(0, |it| {
        size_of_val(&**it)
            + it.withdrawals.capacity() * size_of::<WithdrawalFact>()
            + it.evidence.capacity() * size_of::<EvidenceFact>()
    });
    spilled * size_of::<AcceptanceFact>() + rest + it.in_force.as_ref().map_or(0, History::bytes_beside)
}
