//! Partners and customers.

use assent_domain::Facts;
use assent_domain::directory::{CustomerFacts, PartnerFacts};
use assent_domain::values::{CustomerId, Instant, PartnerId, Position};

use crate::v1;

/// A partner as the prefix knows it; none where it is not registered then.
pub fn partner(facts: &(impl Facts + ?Sized), id: &PartnerId, prefix: Position) -> Option<v1::Partner> {
    let partner = facts.partner(id)?;
    let PartnerFacts { program, country, email_domains } = partner.at(prefix)?;
    let status = partner.status.as_ref().and_then(|it| it.at(prefix)).copied();
    let is_linked =
        |it: &&PartnerId| facts.partner(it).is_some_and(|reseller| reseller.is_linked_to(id, prefix));
    Some(v1::Partner {
        partner_id: id.to_string(),
        program: v1::Program::from(*program) as i32,
        country: country.to_string(),
        email_domains: email_domains.clone(),
        status: status.map_or(v1::PartnerStatus::Unspecified, v1::PartnerStatus::from) as i32,
        providers: partner.providers_at(prefix).map(ToString::to_string).collect(),
        resellers: partner.resellers.iter().filter(is_linked).map(ToString::to_string).collect(),
    })
}

/// A customer as the prefix knows it; none where it is not registered then.
pub fn customer(facts: &(impl Facts + ?Sized), id: &CustomerId, prefix: Position) -> Option<v1::Customer> {
    let customer = facts.customer(id)?;
    let CustomerFacts { country, cloud, has_purchases: _ } = customer.at(prefix)?;
    Some(v1::Customer {
        customer_id: id.to_string(),
        country: country.to_string(),
        cloud: v1::Cloud::from(*cloud) as i32,
        has_purchases: customer.has_purchase_before(Instant::LAST),
    })
}
