//! Which events are wanted.

use assent_proto::event::Event;
use assent_proto::stored::type_of;
use assent_proto::v1::{EventFilter, ReadEventsRequest};

use super::parties::parties;

/// Which events are wanted; all that is given must hold.
#[derive(Clone, Debug)]
pub(super) struct Selection {
    pub(super) from: u64,
    pub(super) to: Option<u64>,
    pub(super) partner: Option<String>,
    pub(super) customer: Option<String>,
    pub(super) types: Vec<String>,
}

impl Selection {
    /// As the question to a server, which selects itself.
    pub(super) fn request(self, live: bool) -> ReadEventsRequest {
        let Self { from, to, partner, customer, types } = self;
        let is_everything = partner.is_none() && customer.is_none() && types.is_empty();
        let filter = EventFilter { partner_id: partner, customer_id: customer, types };
        ReadEventsRequest {
            from_position: from,
            to_position: to,
            filter: (!is_everything).then_some(filter),
            live,
            entry_only: false,
        }
    }

    /// Whether an event is wanted, its position aside.
    pub(super) fn takes(&self, event: &Event) -> bool {
        let Some(payload) = &event.payload else { return self.types.is_empty() };
        let (partners, customer) = parties(payload);
        let about_partner = self.partner.as_deref().is_none_or(|it| partners.contains(&Some(it)));
        let about_customer = self.customer.is_none() || self.customer.as_deref() == customer;
        let of_type = self.types.is_empty() || self.types.iter().any(|it| it == type_of(payload));
        about_partner && about_customer && of_type
    }
}
