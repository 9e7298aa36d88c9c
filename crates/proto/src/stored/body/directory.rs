//! Partners, customers, relationships.

use assent_domain::Event;
use assent_domain::directory::{CustomerFacts, PartnerFacts};

use crate::event;
use crate::event::event::Payload;
use crate::stored::{StoredEnum, timestamp_of};

pub(super) fn directory(event: &Event) -> Payload {
    let of_partner = |it: &PartnerFacts| {
        Some(event::PartnerProfile {
            program: it.program.number(),
            country: it.country.to_string(),
            email_domains: it.email_domains.clone(),
        })
    };
    let of_customer = |it: &CustomerFacts| {
        Some(event::CustomerProfile {
            country: it.country.to_string(),
            cloud: it.cloud.number(),
            has_purchases: it.has_purchases,
        })
    };
    match event {
        Event::PartnerRegistered { partner, facts } => Payload::PartnerRegistered(event::PartnerRegistered {
            partner_id: partner.to_string(),
            profile: of_partner(facts),
        }),
        Event::PartnerChanged { partner, facts } => Payload::PartnerChanged(event::PartnerChanged {
            partner_id: partner.to_string(),
            profile: of_partner(facts),
        }),
        Event::PartnerStatusSet { partner, status } => Payload::PartnerStatusSet(event::PartnerStatusSet {
            partner_id: partner.to_string(),
            status: status.number(),
        }),
        Event::CustomerRegistered { customer, facts } => {
            Payload::CustomerRegistered(event::CustomerRegistered {
                customer_id: customer.to_string(),
                profile: of_customer(facts),
            })
        }
        Event::CustomerChanged { customer, facts } => Payload::CustomerChanged(event::CustomerChanged {
            customer_id: customer.to_string(),
            profile: of_customer(facts),
        }),
        Event::CustomerPurchased { customer, partner, occurred_at } => {
            Payload::CustomerPurchased(event::CustomerPurchased {
                customer_id: customer.to_string(),
                partner_id: partner.to_string(),
                occurred_at: Some(timestamp_of(*occurred_at)),
            })
        }
        Event::RelationshipEstablished { partner, customer } => {
            Payload::RelationshipEstablished(event::RelationshipEstablished {
                partner_id: partner.to_string(),
                customer_id: customer.to_string(),
            })
        }
        Event::RelationshipEnded { partner, customer } => {
            Payload::RelationshipEnded(event::RelationshipEnded {
                partner_id: partner.to_string(),
                customer_id: customer.to_string(),
            })
        }
        Event::ResellerLinked { provider, reseller } => Payload::ResellerLinked(event::ResellerLinked {
            provider_id: provider.to_string(),
            reseller_id: reseller.to_string(),
        }),
        Event::ResellerUnlinked { provider, reseller } => {
            Payload::ResellerUnlinked(event::ResellerUnlinked {
                provider_id: provider.to_string(),
                reseller_id: reseller.to_string(),
            })
        }
        _ => unreachable!("`payload` hands over the directory's events only"),
    }
}
