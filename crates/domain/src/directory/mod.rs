//! Partners, customers, and who sells through whom (rules W1, W3, W6).

use crate::history::History;
use crate::values::{Cloud, Country, Instant, PartnerId, PartnerStatus, Position, Program};

/// Where a stream stands: what the next event of it is stamped with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreamHead {
    /// The position of its last event; START where there is none.
    pub last: Position,
    /// How many events it has.
    pub revision: u32,
}

impl StreamHead {
    /// One more event stands in the stream.
    pub fn advance(&mut self, position: Position) {
        self.last = position;
        self.revision += 1;
    }
}

/// What registering a partner says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartnerFacts {
    /// The program.
    pub program: Program,
    /// The country.
    pub country: Country,
    /// The domains of the partner's own people, in IDNA form, sorted (rule W3).
    pub email_domains: Vec<String>,
}

/// A partner; also one that is only mentioned by events so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Partner {
    /// Its registration; none where it is not registered.
    pub facts: Option<History<PartnerFacts>>,
    /// Its status; none where it is not registered.
    pub status: Option<History<PartnerStatus>>,
    /// For a reseller: each provider that it was ever linked to, and whether it is.
    pub providers: Vec<Link>,
    /// For a provider: each reseller that was ever linked to it; the reseller's record says whether it still is.
    pub resellers: Vec<PartnerId>,
    /// Its stream, `partner/{id}`.
    pub stream: StreamHead,
    /// The position of the last event that names it.
    pub mentioned: Position,
}

/// A reseller's link to a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The provider.
    pub provider: PartnerId,
    /// Whether the link is in force.
    pub in_force: History<bool>,
    /// Its stream, `link/{provider}/{reseller}`.
    pub stream: StreamHead,
}

impl Partner {
    /// The registration that the prefix knows.
    pub fn at(&self, prefix: Position) -> Option<&PartnerFacts> {
        self.facts.as_ref()?.at(prefix)
    }

    /// Whether the prefix has it active.
    pub fn is_active_at(&self, prefix: Position) -> bool {
        self.status.as_ref().and_then(|it| it.at(prefix)) == Some(&PartnerStatus::Active)
    }

    /// This reseller's link to the provider, where there ever was one.
    pub fn link(&self, provider: &PartnerId) -> Option<&Link> {
        self.providers.iter().find(|it| it.provider == *provider)
    }

    /// The same, to be changed.
    pub fn link_mut(&mut self, provider: &PartnerId) -> Option<&mut Link> {
        self.providers.iter_mut().find(|it| it.provider == *provider)
    }

    /// Whether the prefix links this reseller to the provider.
    pub fn is_linked_to(&self, provider: &PartnerId, prefix: Position) -> bool {
        self.link(provider).is_some_and(|it| it.in_force.at(prefix) == Some(&true))
    }

    /// Whether the prefix lets this reseller sell through the provider: the link is in force, and both still have the
    /// programs that a link is for (rule O8).
    pub fn sells_through(&self, provider: &Self, provider_id: &PartnerId, prefix: Position) -> bool {
        let is = |it: &Self, program| it.at(prefix).is_some_and(|facts| facts.program == program);
        is(self, Program::IndirectReseller)
            && is(provider, Program::IndirectProvider)
            && self.is_linked_to(provider_id, prefix)
    }

    /// The providers that the prefix links this reseller to, in the order of their first link.
    pub fn providers_at(&self, prefix: Position) -> impl Iterator<Item = &PartnerId> {
        self.providers.iter().filter(move |it| it.in_force.at(prefix) == Some(&true)).map(|it| &it.provider)
    }
}

/// What registering a customer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CustomerFacts {
    /// The country.
    pub country: Country,
    /// The cloud.
    pub cloud: Cloud,
    /// Whether it had purchases before it was registered: since ever, then (rule C11).
    pub has_purchases: bool,
}

/// A customer; also one that is only mentioned by events so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Customer {
    /// Its registration; none where it is not registered.
    pub facts: Option<History<CustomerFacts>>,
    /// The earliest PLACED order known of, through any partner.
    pub first_purchase: Option<Instant>,
    /// Its stream, `customer/{id}`.
    pub stream: StreamHead,
    /// The position of the last event that names it.
    pub mentioned: Position,
}

impl Customer {
    /// The registration that the prefix knows.
    pub fn at(&self, prefix: Position) -> Option<&CustomerFacts> {
        self.facts.as_ref()?.at(prefix)
    }

    /// Whether a purchase lies before this instant (rule C11).
    pub fn has_purchase_before(&self, instant: Instant) -> bool {
        let ever = self.facts.as_ref().is_some_and(|it| it.values().any(|(_, facts)| facts.has_purchases));
        ever || self.first_purchase.is_some_and(|it| it < instant)
    }
}
