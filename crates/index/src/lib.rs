//! The facts of every partner, customer and relationship, in memory: what decisions read.
//!
//! Millions of customers are nearly all alike, so that a record holds in a few words what nearly all are
//! (`plain`), and what few are lies beside the records as the domain has it. `known_at` needs nothing else: each fact
//! carries the positions that made and unmade it. Records lie in chunks that never move, GUIDs are 16 bytes, and a
//! decision reads memory that no cache holds twice: a slot of the table over the customers, and the record.

mod bits;
mod change;
mod chunked;
mod hashing;
mod ids;
mod memory;
mod places;
mod plain;
mod record;
mod texts;
mod together;
mod words;

use std::borrow::Cow;
use std::ops::{DerefMut, Range};

use assent_domain::acceptance::Relationship;
use assent_domain::catalog::Catalogue;
use assent_domain::directory::{Customer, Partner};
use assent_domain::facts::{Facts, FactsMut, Found, Ledger};
use assent_domain::policy::Policies;
use assent_domain::values::{CustomerId, PartnerId, Position};
use foldhash::SharedSeed;
use foldhash::fast::SeedableRandomState;
use hashbrown::HashMap;

use change::{CustomerChange, RelationshipChange};
use chunked::Chunked;
use hashing::Hashing;
pub use memory::Memory;
use places::Places;
use plain::{HEAD, HeadPlace, ORDERS_HEAD};
use record::{CustomerRecord, FurtherRecord, Held, NOWHERE};
use texts::Texts;
pub use together::Likely;
pub use words::Restoring;

/// The facts of a log prefix.
#[derive(Debug, Default)]
pub struct Index {
    hashing: Hashing,
    partner_places: HashMap<PartnerId, u32, SeedableRandomState>,
    partners: Chunked<(PartnerId, Partner)>,
    customer_places: Places,
    customers: Chunked<CustomerRecord>,
    /// All relationships but each customer's first.
    further: Chunked<FurtherRecord>,
    first_relationships: usize,
    rich_customers: Chunked<Customer>,
    rich_relationships: Chunked<Relationship>,
    texts: Texts,
    domains: HashMap<String, Vec<PartnerId>>,
    catalogue: Catalogue,
    policies: Policies,
    ledger: Ledger,
}

/// Where a relationship lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In the record of this customer, as its first.
    First(u32),
    /// In a record of its own.
    Further(u32),
}

impl Index {
    /// An index whose hashes are the same in every process, so that two runs take the same steps. For measuring only:
    /// whoever chooses ids could choose such as are found slowly.
    pub fn with_fixed_hashes() -> Self {
        let hasher = SeedableRandomState::with_seed(0, SharedSeed::global_fixed());
        let partner_places = HashMap::with_hasher(hasher);
        Self { hashing: Hashing::of([0, 0]), partner_places, ..Self::default() }
    }

    /// How many relationships there are.
    pub const fn relationship_count(&self) -> usize {
        self.first_relationships + self.further.len()
    }

    /// How many customers there are.
    pub const fn customer_count(&self) -> usize {
        self.customers.len()
    }

    /// The places in which relationships may be. A place keeps its relationship; new ones come at any place.
    pub const fn relationship_places(&self) -> Range<usize> {
        let (customers, further) = (self.customers.len(), self.further.len());
        0..2 * if customers > further { customers } else { further }
    }

    /// The relationships at some of these places.
    pub fn relationships_at(
        &self,
        places: Range<usize>,
    ) -> impl Iterator<Item = (&PartnerId, CustomerId, Cow<'_, Relationship>)> {
        let end = places.end.min(self.relationship_places().end);
        (places.start.min(end)..end).filter_map(|it| {
            let (place, is_further) = (it / 2, it % 2 == 1);
            let (partner, customer, place) = if is_further {
                let record = self.further.find(place)?;
                (record.partner, record.customer, Place::Further(place as u32))
            } else {
                let record = self.customers.find(place).filter(|it| it.partner != NOWHERE)?;
                (record.partner, place as u32, Place::First(place as u32))
            };
            Some((&self.partners.get(partner).0, self.customer_id(customer), self.relationship_in(place)))
        })
    }

    /// Every relationship.
    pub fn relationships(&self) -> impl Iterator<Item = (&PartnerId, CustomerId, Cow<'_, Relationship>)> {
        self.relationships_at(self.relationship_places())
    }

    /// The position of the last acceptance of a customer, through whichever partner; START where there is none.
    pub fn last_acceptance(&self, customer: &CustomerId) -> Position {
        let Some(customer) = self.customer_place(customer) else { return Position::START };
        let record = self.customers.get(customer);
        let first = (record.partner != NOWHERE).then_some(Place::First(customer));
        let mut next = record.next;
        let further = std::iter::from_fn(|| {
            let place = (next != NOWHERE).then_some(next)?;
            next = self.further.get(place).next;
            Some(Place::Further(place))
        });
        let last = |it| self.relationship_in(it).acceptances.last().map(|it| it.recorded.position);
        first.into_iter().chain(further).filter_map(last).max().unwrap_or(Position::START)
    }

    /// Every partner.
    pub fn partners(&self) -> impl Iterator<Item = (&PartnerId, &Partner)> {
        self.partners_from(0)
    }

    /// Every customer.
    pub fn customers(&self) -> impl Iterator<Item = (CustomerId, Cow<'_, Customer>)> {
        self.customers_from(0)
    }

    /// The partners from a place on, in the order in which they came about.
    pub fn partners_from(&self, place: usize) -> impl Iterator<Item = (&PartnerId, &Partner)> {
        self.partners.from(place).map(|(id, partner)| (id, partner))
    }

    /// The customers from a place on, in the order in which they came about.
    pub fn customers_from(&self, place: usize) -> impl Iterator<Item = (CustomerId, Cow<'_, Customer>)> {
        (place..self.customers.len()).map(|it| (self.customer_id(it as u32), self.customer_in(it as u32)))
    }

    /// The place of a customer: how many came about before it.
    pub fn place_of_customer(&self, id: &CustomerId) -> Option<usize> {
        self.customer_place(id).map(|it| it as usize)
    }

    /// The place of a relationship, which it keeps.
    pub fn place_of_relationship(&self, partner: &PartnerId, customer: &CustomerId) -> Option<usize> {
        let (partner, customer) = (self.partner_place(partner)?, self.customer_place(customer)?);
        self.relationship_place(partner, customer).map(|it| match it {
            Place::First(place) => 2 * place as usize,
            Place::Further(place) => 2 * place as usize + 1,
        })
    }

    /// How many places there are of the kind that there is most of.
    pub fn place_count(&self) -> usize {
        self.relationship_places().end.max(self.partners.len())
    }

    /// Room for so many customers, so that filling it moves nothing.
    pub fn reserve(&mut self, customers: usize) {
        self.customer_places.reserve(customers);
    }

    fn relationship_place(&self, partner: u32, customer: u32) -> Option<Place> {
        let record = self.customers.get(customer);
        if record.partner == partner {
            return Some(Place::First(customer));
        }
        let mut place = record.next;
        while place != NOWHERE {
            let record = self.further.get(place);
            if record.partner == partner {
                return Some(Place::Further(place));
            }
            place = record.next;
        }
        None
    }

    #[inline(always)]
    fn customer_in(&self, place: u32) -> Cow<'_, Customer> {
        shown(self.customers.get(place).customer(), &self.rich_customers)
    }

    #[inline(always)]
    fn relationship_in(&self, place: Place) -> Cow<'_, Relationship> {
        // Not one after the other: facts are made where they are to lie, and moving them costs as much.
        match place {
            Place::First(place) => shown(self.customers.get(place).relationship(), &self.rich_relationships),
            Place::Further(place) => shown(self.further.get(place).relationship(), &self.rich_relationships),
        }
    }

    #[inline]
    fn partner_place(&self, id: &PartnerId) -> Option<u32> {
        self.partner_places.get(id).copied()
    }

    /// The partner and the customer of these places.
    #[inline]
    fn found(&self, partner: Option<u32>, customer: Option<u32>) -> Found<'_> {
        let relationship = partner.zip(customer).and_then(|(one, two)| self.relationship_place(one, two));
        Found {
            partner: partner.map(|it| &self.partners.get(it).1),
            customer: customer.map(|it| self.customer_in(it)),
            relationship: relationship.map(|it| self.relationship_in(it)),
        }
    }

    fn make_partner(&mut self, id: &PartnerId) -> u32 {
        if let Some(place) = self.partner_place(id) {
            return place;
        }
        let place = self.partners.push((id.clone(), Partner::default()));
        self.partner_places.insert(id.clone(), place);
        place
    }

    fn make_relationship(&mut self, partner: &PartnerId, customer: &CustomerId) -> Place {
        let (partner, customer) = (self.make_partner(partner), self.make_customer(customer));
        if let Some(place) = self.relationship_place(partner, customer) {
            return place;
        }
        let record = self.customers.get_mut(customer);
        if record.partner == NOWHERE {
            record.partner = partner;
            self.first_relationships += 1;
            return Place::First(customer);
        }
        let place = self.further.push(FurtherRecord::new(partner, customer, record.next));
        record.next = place;
        Place::Further(place)
    }

    /// One more event stands in a stream of a relationship, where that can be said in its record.
    fn advance_stream(&mut self, place: Place, head: HeadPlace, position: Position) -> bool {
        match place {
            Place::First(place) => self.customers.get_mut(place).advance_relationship(head, position),
            Place::Further(place) => self.further.get_mut(place).advance_relationship(head, position),
        }
    }
}

/// Facts as a record holds them, where the rich ones are these.
#[inline(always)]
fn shown<T: Clone>(held: Held<T>, rich: &Chunked<T>) -> Cow<'_, T> {
    match held {
        Held::Plain(it) => Cow::Owned(it),
        Held::Rich(place) => Cow::Borrowed(rich.get(place)),
    }
}

impl Facts for Index {
    fn partner(&self, id: &PartnerId) -> Option<&Partner> {
        self.partner_place(id).map(|place| &self.partners.get(place).1)
    }

    fn customer(&self, id: &CustomerId) -> Option<Cow<'_, Customer>> {
        self.customer_place(id).map(|place| self.customer_in(place))
    }

    fn relationship(&self, partner: &PartnerId, customer: &CustomerId) -> Option<Cow<'_, Relationship>> {
        let (partner, customer) = (self.partner_place(partner)?, self.customer_place(customer)?);
        self.relationship_place(partner, customer).map(|place| self.relationship_in(place))
    }

    #[inline]
    fn find(&self, partner: &PartnerId, customer: &CustomerId) -> Found<'_> {
        // The partner is looked for while the processor fetches the customer's slot.
        let hash = self.hash_and_fetch(customer);
        let partner = self.partner_place(partner);
        self.found(partner, self.customer_place_of(hash, customer))
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

    fn customer_mut(&mut self, id: &CustomerId) -> impl DerefMut<Target = Customer> {
        let place = self.make_customer(id);
        CustomerChange::of(self, place)
    }

    fn relationship_mut(
        &mut self,
        partner: &PartnerId,
        customer: &CustomerId,
    ) -> impl DerefMut<Target = Relationship> {
        let place = self.make_relationship(partner, customer);
        RelationshipChange::of(self, place)
    }

    fn mention_customer(&mut self, id: &CustomerId, position: Position) {
        let place = self.make_customer(id);
        if !self.customers.get_mut(place).mention(position) {
            CustomerChange::of(self, place).mentioned = position;
        }
    }

    fn advance_customer(&mut self, id: &CustomerId, position: Position) {
        let place = self.make_customer(id);
        if !self.customers.get_mut(place).advance_customer(position) {
            CustomerChange::of(self, place).stream.advance(position);
        }
    }

    fn advance_relationship(&mut self, partner: &PartnerId, customer: &CustomerId, position: Position) {
        let place = self.make_relationship(partner, customer);
        if !self.advance_stream(place, HEAD, position) {
            RelationshipChange::of(self, place).stream.advance(position);
        }
    }

    fn advance_orders(&mut self, partner: &PartnerId, customer: &CustomerId, position: Position) {
        let place = self.make_relationship(partner, customer);
        if !self.advance_stream(place, ORDERS_HEAD, position) {
            RelationshipChange::of(self, place).orders.advance(position);
        }
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
