//! The encoded state of a row. Rows are thrown away with their edition, so these messages may change with it.

mod directory;
mod ledger;
mod relationship;
mod rich;

use assent_domain::directory::StreamHead;
use assent_domain::event::EventRef;
use assent_domain::history::History;
use assent_domain::values::{Instant, Position};

pub(crate) use directory::{CustomerState, PartnerState};
pub(crate) use ledger::LedgerState;
pub(crate) use relationship::RelationshipState;
pub(crate) use rich::{RichCustomer, RichRelationship};

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct Head {
    #[prost(uint64, tag = "1")]
    last: u64,
    #[prost(uint32, tag = "2")]
    revision: u32,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct Reference {
    #[prost(uint64, tag = "1")]
    position: u64,
    #[prost(int64, tag = "2")]
    recorded_at: i64,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct Since {
    #[prost(uint64, tag = "1")]
    position: u64,
    #[prost(uint32, tag = "2")]
    value: u32,
}

fn head(it: StreamHead) -> Head {
    Head { last: it.last.0, revision: it.revision }
}

fn stream(it: Head) -> StreamHead {
    StreamHead { last: Position(it.last), revision: it.revision }
}

fn reference(it: EventRef) -> Reference {
    Reference { position: it.position.0, recorded_at: it.recorded_at.micros() }
}

fn instant(micros: i64) -> Option<Instant> {
    Instant::from_micros(micros).ok()
}

fn event_ref(it: Reference) -> Option<EventRef> {
    Some(EventRef { position: Position(it.position), recorded_at: instant(it.recorded_at)? })
}

fn small(it: u32) -> Option<u16> {
    u16::try_from(it).ok()
}

fn kind<T: Copy>(all: &[T], number: u32) -> Option<T> {
    all.get(number as usize).copied()
}

fn history<T: Copy>(it: Option<&History<T>>, number: impl Fn(T) -> u32) -> Vec<Since> {
    let values = it.into_iter().flat_map(History::values);
    values.map(|(position, value)| Since { position: position.0, value: number(*value) }).collect()
}

fn restored<T>(values: &[Since], value: impl Fn(u32) -> Option<T>) -> Option<Option<History<T>>> {
    let of = |it: &Since| Some((Position(it.position), value(it.value)?));
    Some(History::from_values(values.iter().map(of).collect::<Option<Vec<_>>>()?))
}
