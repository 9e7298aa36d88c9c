//! The facts of every partner, customer and relationship, in memory: what decisions read.
//!
//! GUID ids are 16 bytes, records lie in chunks that never move, the table over the customers holds eight bytes a
//! slot, and what few relationships have is behind a null pointer. A customer has a relationship with few partners:
//! they are found from the customer on, because a table of their own would cost each decision two more reads of
//! memory that no cache holds. `known_at` needs nothing else: each fact carries the
//! positions that made and unmade it.

mod chunked;
mod places;
mod shared;
mod together;

use std::hash::BuildHasher;

use assent_domain::acceptance::Relationship;
use assent_domain::catalog::Catalogue;
use assent_domain::directory::{Customer, Partner};
use assent_domain::facts::{Facts, FactsMut, Found, Ledger};
use assent_domain::policy::Policies;
use assent_domain::values::{CustomerId, PartnerId};
use hashbrown::{DefaultHashBuilder, HashMap};

use chunked::Chunked;
use places::Places;
pub(crate) use shared::Pending;
pub use shared::{Applied, SharedIndex};

/// The facts of a log prefix.
#[derive(Debug, Default)]
pub struct Index {
    hasher: DefaultHashBuilder,
    partner_places: HashMap<PartnerId, u32>,
    partners: Chunked<(PartnerId, Partner)>,
    customer_places: Places,
    customers: Chunked<CustomerRecord>,
    relationships: Chunked<Record>,
    domains: HashMap<String, Vec<PartnerId>>,
    catalogue: Catalogue,
    policies: Policies,
    ledger: Ledger,
}

/// The place of nothing.
const NOWHERE: u32 = u32::MAX;

/// A customer, with the place of its last relationship. Aligned, so that it lies in two of the processor's cache lines.
#[derive(Debug)]
#[repr(align(32))]
struct CustomerRecord {
    id: CustomerId,
    last: u32,
    customer: Customer,
}

/// A relationship, with the places of its two sides, and of the same customer's relationship before it.
/// Aligned, so that it fills two of the processor's cache lines.
#[derive(Debug)]
#[repr(align(64))]
struct Record {
    partner: u32,
    customer: u32,
    before: u32,
    relationship: Relationship,
}

impl Index {
    /// How many relationships there are.
    pub const fn relationship_count(&self) -> usize {
        self.relationships.len()
    }

    /// The relationships from a place on, in the order in which they came about.
    pub fn relationships_from(
        &self,
        place: usize,
    ) -> impl Iterator<Item = (&PartnerId, &CustomerId, &Relationship)> {
        self.relationships.from(place).map(|it| {
            let partner = &self.partners.get(it.partner).0;
            (partner, &self.customers.get(it.customer).id, &it.relationship)
        })
    }

    /// Every partner.
    pub fn partners(&self) -> impl Iterator<Item = (&PartnerId, &Partner)> {
        self.partners.from(0).map(|(id, partner)| (id, partner))
    }

    /// Every customer.
    pub fn customers(&self) -> impl Iterator<Item = (&CustomerId, &Customer)> {
        self.customers.from(0).map(|it| (&it.id, &it.customer))
    }

    /// The partners from a place on, in the order in which they came about.
    pub fn partners_from(&self, place: usize) -> impl Iterator<Item = (&PartnerId, &Partner)> {
        self.partners.from(place).map(|(id, partner)| (id, partner))
    }

    /// How many records there are of the kind that there is most of.
    pub fn record_count(&self) -> usize {
        self.relationships.len().max(self.customers.len()).max(self.partners.len())
    }

    /// The customers from a place on, in the order in which they came about.
    pub fn customers_from(&self, place: usize) -> impl Iterator<Item = (&CustomerId, &Customer)> {
        self.customers.from(place).map(|it| (&it.id, &it.customer))
    }

    /// About how many bytes the index takes: records, tables, and what relationships hold beside them.
    pub fn bytes(&self) -> usize {
        let beside = |it: &Record| {
            let acceptances = &it.relationship.acceptances;
            let spilled = if acceptances.spilled() { acceptances.capacity() } else { 0 };
            let rest = it.relationship.rest.as_ref().map_or(0, |it| {
                size_of_val(&**it) + size_of_val(&*it.withdrawals) + size_of_val(&*it.evidence)
            });
            spilled * size_of::<assent_domain::acceptance::AcceptanceFact>() + rest
        };
        self.partners.bytes()
            + self.customers.bytes()
            + self.relationships.bytes()
            + self.relationships.from(0).map(beside).sum::<usize>()
            + self.customer_places.bytes()
    }

    /// Room for so many customers, so that filling it moves nothing.
    pub fn reserve(&mut self, customers: usize) {
        self.customer_places.reserve(customers);
    }

    #[inline]
    fn customer_place(&self, id: &CustomerId) -> Option<u32> {
        let hash = self.hasher.hash_one(id);
        self.customer_places.find(hash, |it| self.customers.get(it).id == *id)
    }

    fn relationship_place(&self, partner: u32, customer: u32) -> Option<u32> {
        let mut place = self.customers.get(customer).last;
        while place != NOWHERE {
            let record = self.relationships.get(place);
            if record.partner == partner {
                return Some(place);
            }
            place = record.before;
        }
        None
    }

    /// A partner and the customer of a place.
    fn found(&self, partner: &PartnerId, customer: Option<u32>) -> Found<'_> {
        let partner = self.partner_places.get(partner).copied();
        let relationship = partner.zip(customer).and_then(|(one, two)| self.relationship_place(one, two));
        Found {
            partner: partner.map(|it| &self.partners.get(it).1),
            customer: customer.map(|it| &self.customers.get(it).customer),
            relationship: relationship.map(|it| &self.relationships.get(it).relationship),
        }
    }

    fn make_partner(&mut self, id: &PartnerId) -> u32 {
        if let Some(place) = self.partner_places.get(id) {
            return *place;
        }
        let place = self.partners.push((id.clone(), Partner::default()));
        self.partner_places.insert(id.clone(), place);
        place
    }

    fn make_customer(&mut self, id: &CustomerId) -> u32 {
        if let Some(place) = self.customer_place(id) {
            return place;
        }
        let record = CustomerRecord { id: id.clone(), last: NOWHERE, customer: Customer::default() };
        let place = self.customers.push(record);
        self.customer_places.insert(self.hasher.hash_one(id), place);
        place
    }

    fn make_relationship(&mut self, partner: &PartnerId, customer: &CustomerId) -> u32 {
        let (partner, customer) = (self.make_partner(partner), self.make_customer(customer));
        if let Some(place) = self.relationship_place(partner, customer) {
            return place;
        }
        let before = self.customers.get(customer).last;
        let record = Record { partner, customer, before, relationship: Relationship::default() };
        let place = self.relationships.push(record);
        self.customers.get_mut(customer).last = place;
        place
    }
}

impl Facts for Index {
    fn partner(&self, id: &PartnerId) -> Option<&Partner> {
        self.partner_places.get(id).map(|place| &self.partners.get(*place).1)
    }

    fn customer(&self, id: &CustomerId) -> Option<&Customer> {
        self.customer_place(id).map(|place| &self.customers.get(place).customer)
    }

    fn relationship(&self, partner: &PartnerId, customer: &CustomerId) -> Option<&Relationship> {
        let (partner, customer) = (*self.partner_places.get(partner)?, self.customer_place(customer)?);
        let place = self.relationship_place(partner, customer)?;
        Some(&self.relationships.get(place).relationship)
    }

    fn find(&self, partner: &PartnerId, customer: &CustomerId) -> Found<'_> {
        self.found(partner, self.customer_place(customer))
    }

    fn partners_of_domain(&self, domain: &str) -> Vec<PartnerId> {
        self.domains.get(domain).cloned().unwrap_or_default()
    }

    fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    fn policies(&self) -> &Policies {
        &self.policies
    }

    fn ledger(&self) -> &Ledger {
        &self.ledger
    }
}

impl FactsMut for Index {
    fn partner_mut(&mut self, id: &PartnerId) -> &mut Partner {
        let place = self.make_partner(id);
        &mut self.partners.get_mut(place).1
    }

    fn customer_mut(&mut self, id: &CustomerId) -> &mut Customer {
        let place = self.make_customer(id);
        &mut self.customers.get_mut(place).customer
    }

    fn relationship_mut(&mut self, partner: &PartnerId, customer: &CustomerId) -> &mut Relationship {
        let place = self.make_relationship(partner, customer);
        &mut self.relationships.get_mut(place).relationship
    }

    fn set_domains(&mut self, partner: &PartnerId, before: &[String], now: &[String]) {
        for domain in before {
            if let Some(partners) = self.domains.get_mut(domain) {
                partners.retain(|it| it != partner);
                if partners.is_empty() {
                    self.domains.remove(domain);
                }
            }
        }
        for domain in now {
            self.domains.entry(domain.clone()).or_default().push(partner.clone());
        }
    }

    fn catalogue_mut(&mut self) -> &mut Catalogue {
        &mut self.catalogue
    }

    fn policies_mut(&mut self) -> &mut Policies {
        &mut self.policies
    }

    fn ledger_mut(&mut self) -> &mut Ledger {
        &mut self.ledger
    }
}
