//! Events and histories.

use assent_domain::command::Parties;
use assent_domain::values::{CustomerId, PartnerId, Position};

use super::Page;
use crate::convert::fields::{Fields, Parsed};
use crate::convert::violations::Violations;
use crate::stored::TYPES;
use crate::v1;

/// Which events are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Events {
    /// From this position on, inclusive.
    pub from: Position,
    /// Up to this position, inclusive; none: the end of the log.
    pub to: Option<Position>,
    /// Only these.
    pub filter: EventFilter,
    /// Keep streaming what comes.
    pub live: bool,
    /// Leave out everything but the entry.
    pub entry_only: bool,
}

/// Which events pass; all that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// About this partner.
    pub partner: Option<PartnerId>,
    /// About this customer.
    pub customer: Option<CustomerId>,
    /// Of these types (see [`crate::stored::type_of`]); empty: of each.
    pub types: Vec<&'static str>,
}

/// Whose history is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// Whose.
    pub parties: Parties,
    /// The page; newest first.
    pub page: Page,
}

/// The events of the log.
pub fn read_events(request: &v1::ReadEventsRequest) -> Result<Events, Violations> {
    let v1::ReadEventsRequest { from_position, to_position, filter, live, entry_only } = request;
    let mut fields = Fields::default();
    let from = Position((*from_position).max(1));
    let to = match to_position.map(Position) {
        Some(to) if to < from => fields.bad("to_position", "must not be before `from_position`"),
        to => Ok(to),
    };
    let filter = match filter {
        Some(filter) => fields.nest("filter", |inner| inner.event_filter(filter)),
        None => Ok(EventFilter::default()),
    };
    fields.finish(|| Ok(Events { from, to: to?, filter: filter?, live: *live, entry_only: *entry_only }))
}

/// The history of a customer through a partner.
pub fn get_history(request: &v1::GetHistoryRequest) -> Result<History, Violations> {
    let v1::GetHistoryRequest { partner_id, customer_id, page_size, page_token } = request;
    let mut fields = Fields::default();
    let parties = fields.parties(partner_id, customer_id);
    let page = fields.page(*page_size, page_token, &["history", partner_id, customer_id]);
    fields.finish(|| Ok(History { parties: parties?, page: page? }))
}

impl Fields {
    fn event_filter(&mut self, filter: &v1::EventFilter) -> Parsed<EventFilter> {
        let v1::EventFilter { partner_id, customer_id, types } = filter;
        let partner = self.optional("partner_id", partner_id.as_deref(), PartnerId::parse);
        let customer = self.optional("customer_id", customer_id.as_deref(), CustomerId::parse);
        let known = |wanted: &String| {
            let known = TYPES.iter().copied().find(|it| it == wanted);
            known.ok_or("must be the name of a payload's field, for example acceptance_confirmed")
        };
        let types = self.values("types", types, TYPES.len(), known);
        Ok(EventFilter { partner: partner?, customer: customer?, types: types? })
    }
}
