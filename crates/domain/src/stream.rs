//! Streams and chains: what the log stamps on an event beside its position.
//!
//! A stream is what an event is stored in; the chains of its customer, partner, reseller and agreement link it to the
//! last event that named the same one. Along them histories are read, and exports prove that nothing was left out.

use std::fmt;

use crate::directory::StreamHead;
use crate::event::Event;
use crate::facts::{Facts, FactsMut};
use crate::values::{AgreementId, CustomerId, PartnerId, PolicyId, Position};

/// The stream that an event stands in. Its text names it for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the fields are the parts of the names that Display gives")]
pub enum Stream<'a> {
    /// `ledger`.
    Ledger,
    /// `partner/{partner}`.
    Partner(&'a PartnerId),
    /// `customer/{customer}`.
    Customer(&'a CustomerId),
    /// `link/{provider}/{reseller}`.
    Link { provider: &'a PartnerId, reseller: &'a PartnerId },
    /// `relationship/{partner}/{customer}`.
    Relationship { partner: &'a PartnerId, customer: &'a CustomerId },
    /// `orders/{partner}/{customer}`: recorded decisions and outcomes, which carry no relationship revision.
    Orders { partner: &'a PartnerId, customer: &'a CustomerId },
    /// `agreement/{agreement}`.
    Agreement(&'a AgreementId),
    /// `policy/{policy}`.
    Policy(&'a PolicyId),
}

impl fmt::Display for Stream<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ledger => f.write_str("ledger"),
            Self::Partner(partner) => write!(f, "partner/{partner}"),
            Self::Customer(customer) => write!(f, "customer/{customer}"),
            Self::Link { provider, reseller } => write!(f, "link/{provider}/{reseller}"),
            Self::Relationship { partner, customer } => write!(f, "relationship/{partner}/{customer}"),
            Self::Orders { partner, customer } => write!(f, "orders/{partner}/{customer}"),
            Self::Agreement(agreement) => write!(f, "agreement/{agreement}"),
            Self::Policy(policy) => write!(f, "policy/{policy}"),
        }
    }
}

/// What the log stamps on an event, beside its position, its instant and its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The stream's name.
    pub stream: String,
    /// 1 for the first event of the stream.
    pub revision: u64,
    /// The event before it in each of its chains.
    pub links: Links,
}

/// The previous positions of an event's stream and chains; none where it is the first, or names no such thing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// In its stream.
    pub stream: Option<Position>,
    /// Naming its customer.
    pub customer: Option<Position>,
    /// Naming its partner, as partner or as reseller.
    pub partner: Option<Position>,
    /// Naming its agreement.
    pub agreement: Option<Position>,
    /// Naming its reseller, as partner or as reseller.
    pub reseller: Option<Position>,
}

/// What the next event is stamped with, if it is this one.
pub fn stamp_of(facts: &(impl Facts + ?Sized), event: &Event) -> Stamp {
    let stream = stream_of(event);
    let head = head_of(facts, stream);
    let customer = event.customer().and_then(|it| facts.customer(it)).map(|it| it.mentioned);
    let partner = event.partner().and_then(|it| facts.partner(it)).map(|it| it.mentioned);
    let reseller = event.reseller().and_then(|it| facts.partner(it)).map(|it| it.mentioned);
    let agreement = event.agreement().and_then(|it| facts.catalogue().find(it)).map(|it| it.mentioned);
    let there = |it: &Position| *it != Position::START;
    Stamp {
        stream: stream.to_string(),
        revision: u64::from(head.revision) + 1,
        links: Links {
            stream: Some(head.last).filter(there),
            customer: customer.filter(there),
            partner: partner.filter(there),
            agreement: agreement.filter(there),
            reseller: reseller.filter(there),
        },
    }
}

/// The stream that the event stands in.
pub fn stream_of(event: &Event) -> Stream<'_> {
    match event {
        // An inquiry stands in one stream whatever it is about: the chain that it closes is what it links to.
        Event::LedgerFormatted { .. }
        | Event::RulesActivated { .. }
        | Event::PersonLookedUp { .. }
        | Event::InquiryOpened { .. }
        | Event::InquiryExported { .. } => Stream::Ledger,
        Event::PartnerRegistered { partner, .. }
        | Event::PartnerChanged { partner, .. }
        | Event::PartnerStatusSet { partner, .. } => Stream::Partner(partner),
        Event::CustomerRegistered { customer, .. }
        | Event::CustomerChanged { customer, .. }
        | Event::CustomerPurchased { customer, .. }
        | Event::PersonalDataErased { customer, .. } => Stream::Customer(customer),
        Event::ResellerLinked { provider, reseller } | Event::ResellerUnlinked { provider, reseller } => {
            Stream::Link { provider, reseller }
        }
        Event::RelationshipEstablished { partner, customer }
        | Event::RelationshipEnded { partner, customer }
        | Event::AcceptanceRecorded { partner, customer, .. }
        | Event::AcceptanceVoided { partner, customer, .. }
        | Event::WithdrawalVoided { partner, customer, .. }
        | Event::AcceptanceWithdrawn { partner, customer, .. }
        | Event::CancellationRecorded { partner, customer, .. }
        | Event::EvidenceSubmitted { provider: partner, customer, .. }
        | Event::EvidenceRejected { provider: partner, customer, .. } => {
            Stream::Relationship { partner, customer }
        }
        Event::OrderDecided { order, .. } => {
            Stream::Orders { partner: &order.partner, customer: &order.customer }
        }
        Event::OrderOutcomeRecorded { partner, customer, .. } => Stream::Orders { partner, customer },
        Event::AgreementVersionPublished { agreement, .. } | Event::AgreementRetired { agreement, .. } => {
            Stream::Agreement(agreement)
        }
        Event::PolicyPublished { document, .. } => Stream::Policy(&document.id),
    }
}

/// Where the stream stands; at revision 0 where nothing stands in it yet.
pub fn head_of(facts: &(impl Facts + ?Sized), stream: Stream<'_>) -> StreamHead {
    let head = match stream {
        Stream::Ledger => Some(facts.ledger().stream),
        Stream::Partner(partner) => facts.partner(partner).map(|it| it.stream),
        Stream::Customer(customer) => facts.customer(customer).map(|it| it.stream),
        Stream::Link { provider, reseller } => {
            facts.partner(reseller).and_then(|it| it.link(provider)).map(|it| it.stream)
        }
        Stream::Relationship { partner, customer } => {
            facts.relationship(partner, customer).map(|it| it.stream)
        }
        Stream::Orders { partner, customer } => facts.relationship(partner, customer).map(|it| it.orders),
        Stream::Agreement(agreement) => facts.catalogue().find(agreement).map(|it| it.stream),
        // A ledger has one policy, so that its stream needs no look-up by id.
        Stream::Policy(_) => Some(facts.policies().stream),
    };
    head.unwrap_or_default()
}

/// One more event stands in the stream. A link or an agreement that the fold could not place has no head.
pub(crate) fn advance(facts: &mut impl FactsMut, stream: Stream<'_>, position: Position) {
    let head = match stream {
        Stream::Customer(customer) => return facts.advance_customer(customer, position),
        Stream::Relationship { partner, customer } => {
            return facts.advance_relationship(partner, customer, position);
        }
        Stream::Orders { partner, customer } => {
            return facts.advance_orders(partner, customer, position);
        }
        Stream::Ledger => Some(&mut facts.ledger_mut().stream),
        Stream::Partner(partner) => Some(&mut facts.partner_mut(partner).stream),
        Stream::Link { provider, reseller } => {
            facts.partner_mut(reseller).link_mut(provider).map(|it| &mut it.stream)
        }
        Stream::Agreement(agreement) => facts.catalogue_mut().find_mut(agreement).map(|it| &mut it.stream),
        Stream::Policy(_) => Some(&mut facts.policies_mut().stream),
    };
    if let Some(head) = head {
        head.advance(position);
    }
}
