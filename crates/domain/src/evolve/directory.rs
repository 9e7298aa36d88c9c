//! Partners, customers, relationships and links.

use crate::directory::{CustomerFacts, Link, PartnerFacts, StreamHead};
use crate::facts::FactsMut;
use crate::history::History;
use crate::values::{CustomerId, Instant, PartnerId, PartnerStatus, Position};

/// A partner is active from its registration on, until its status is set.
pub(super) fn partner_registered(
    facts: &mut impl FactsMut,
    position: Position,
    id: &PartnerId,
    registered: &PartnerFacts,
) {
    let partner = facts.partner_mut(id);
    let before = partner.facts.as_ref().map(|it| it.current().email_domains.clone()).unwrap_or_default();
    set(&mut partner.facts, position, registered.clone());
    if partner.status.is_none() {
        partner.status = Some(History::new(position, PartnerStatus::Active));
    }
    if before != registered.email_domains {
        facts.set_domains(id, &before, &registered.email_domains);
    }
}

pub(super) fn partner_status_set(
    facts: &mut impl FactsMut,
    position: Position,
    id: &PartnerId,
    status: PartnerStatus,
) {
    set(&mut facts.partner_mut(id).status, position, status);
}

pub(super) fn customer_registered(
    facts: &mut impl FactsMut,
    position: Position,
    id: &CustomerId,
    registered: &CustomerFacts,
) {
    set(&mut facts.customer_mut(id).facts, position, *registered);
}

/// The earliest purchase counts, through this partner and through any.
pub(super) fn customer_purchased(
    facts: &mut impl FactsMut,
    customer: &CustomerId,
    partner: &PartnerId,
    occurred_at: Instant,
) {
    let earlier = |known: Option<Instant>| Some(known.map_or(occurred_at, |it| it.min(occurred_at)));
    let mut of_customer = facts.customer_mut(customer);
    of_customer.first_purchase = earlier(of_customer.first_purchase);
    drop(of_customer);
    let mut through_partner = facts.relationship_mut(partner, customer);
    through_partner.first_purchase = earlier(through_partner.first_purchase);
}

pub(super) fn relationship_set(
    facts: &mut impl FactsMut,
    position: Position,
    partner: &PartnerId,
    customer: &CustomerId,
    in_force: bool,
) {
    set(&mut facts.relationship_mut(partner, customer).in_force, position, in_force);
}

/// The reseller's record holds the link; the provider's only knows whom to ask.
pub(super) fn link_set(
    facts: &mut impl FactsMut,
    position: Position,
    provider: &PartnerId,
    reseller: &PartnerId,
    in_force: bool,
) {
    let of_reseller = facts.partner_mut(reseller);
    match of_reseller.link_mut(provider) {
        Some(link) => link.in_force.change(position, in_force),
        None => of_reseller.providers.push(Link {
            provider: provider.clone(),
            in_force: History::new(position, in_force),
            stream: StreamHead::default(),
        }),
    }
    let resellers = &mut facts.partner_mut(provider).resellers;
    if !resellers.contains(reseller) {
        resellers.push(reseller.clone());
    }
}

fn set<T>(fact: &mut Option<History<T>>, position: Position, value: T) {
    match fact {
        Some(history) => history.change(position, value),
        None => *fact = Some(History::new(position, value)),
    }
}
