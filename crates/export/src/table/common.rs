//! What the rows of all tables have: the event at their beginning, who acted at their end.

use assent_proto::event::Event;
use assent_proto::stored::type_of;

use super::Cell;
use crate::disclosure::{Item, ItemKind, said};
use crate::entry::Entry;
use crate::parties::parties;

/// Position, id, instant, type, partner, customer and reseller: the first columns of every table.
pub(super) fn told(entry: &Entry) -> [Cell; 7] {
    let names = parties(entry.payload());
    let named = |it: Option<&str>| Cell::text(it.unwrap_or_default());
    [
        Cell::Number(entry.position()),
        Cell::text(&entry.event.event_id),
        Cell::Instant(entry.recorded_at),
        Cell::text(type_of(entry.payload())),
        named(names.partner),
        named(names.customer),
        named(names.reseller),
    ]
}

/// What is shown of an event's sealed item of a kind.
pub(super) fn item(items: &[Item<'_>], kind: ItemKind) -> Cell {
    let found = items.iter().find(|it| it.kind == kind);
    found.map_or(Cell::Empty, |it| Cell::text(said(&it.shown)))
}

/// Acting user, role, employee and request: the last columns of every table.
pub(super) fn actor(event: &Event, items: &[Item<'_>]) -> [Cell; 4] {
    let actor = event.actor.as_ref();
    [
        Cell::optional(actor.map(|it| &it.user_id)),
        Cell::optional(actor.and_then(|it| it.role.as_ref())),
        item(items, ItemKind::Employee),
        Cell::optional(event.request_id.as_ref()),
    ]
}

/// The name of a closed set's member without the set's.
pub(crate) fn short<'a>(name: &'a str, set: &str) -> &'a str {
    let name = name.strip_prefix(set).unwrap_or(name);
    if name == "UNSPECIFIED" { "" } else { name }
}
