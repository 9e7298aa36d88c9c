//! A replay of the whole log: one call, whose messages are counted event by event.

use std::net::SocketAddr;
use std::time::Instant as Stopwatch;

use assent_proto::v1::{ReadEventsRequest, ReadEventsResponse};
use prost::Message;
use prost::encoding::{DecodeContext, decode_key, skip_field};

use super::bodies::{PREFIX_BYTES, add};
use super::connection::{Connection, DATA};
use crate::Outcome;

const PATH: &str = "/assent.v1.AuditService/ReadEvents";
/// The field of a message that each of its events is.
const EVENTS: u32 = 1;
/// One message in so many is looked at closely.
const CHECKED_ONE_IN: u64 = 64;

/// What has come of a replay.
#[derive(Debug, Default)]
struct Replayed {
    messages: u64,
    events: u64,
    /// Up to where the server says that this is all.
    through: Option<u64>,
}

/// Reads the log from its first event to its last, or until this instant; how many events came.
pub(crate) fn replay(address: SocketAddr, entry_only: bool, until: Option<Stopwatch>) -> Outcome<u64> {
    let mut request = Vec::new();
    add(&ReadEventsRequest { entry_only, ..Default::default() }, &mut request);
    let mut connection = Connection::open(address, PATH, None)?;
    let stream = connection.begin();
    connection.send(stream, &request, true);
    let (mut replayed, mut arrived, mut has_ended) = (Replayed::default(), Vec::new(), false);
    while !has_ended {
        if until.is_some_and(|it| Stopwatch::now() >= it) {
            return Ok(replayed.events);
        }
        connection.receive(|frame| {
            if frame.kind == DATA {
                arrived.extend_from_slice(frame.payload);
            }
            has_ended |= frame.is_last;
            Ok(())
        })?;
        let taken = replayed.take(&arrived)?;
        arrived.drain(..taken);
    }
    // A call that fails ends earlier: headers are not read here.
    match replayed.through {
        Some(through) if through == replayed.events && through > 0 && arrived.is_empty() => Ok(through),
        through => Err(format!("{} events came of a log up to {through:?}", replayed.events).into()),
    }
}

impl Replayed {
    /// Takes the whole messages off the front; how many bytes they are.
    fn take(&mut self, arrived: &[u8]) -> Outcome<usize> {
        let mut at = 0;
        while let Some(length) = arrived.get(at + 1..at + PREFIX_BYTES) {
            let begins = at + PREFIX_BYTES;
            let length = u32::from_be_bytes(length.try_into()?) as usize;
            let Some(message) = arrived.get(begins..begins + length) else { break };
            self.message(message)?;
            at = begins + length;
        }
        Ok(at)
    }

    fn message(&mut self, message: &[u8]) -> Outcome<()> {
        let events = events(message)?;
        if events == 0 || self.messages.is_multiple_of(CHECKED_ONE_IN) {
            let answer = ReadEventsResponse::decode(message)?;
            if answer.events.iter().any(|it| it.entry.is_empty()) {
                return Err("an event came without its entry".into());
            }
            self.through = answer.checkpoint.map(|it| it.position).or(self.through);
        }
        self.messages += 1;
        self.events += events;
        Ok(())
    }
}

/// How many events a message has.
fn events(mut message: &[u8]) -> Outcome<u64> {
    let mut events = 0;
    while !message.is_empty() {
        let (field, wire) = decode_key(&mut message)?;
        skip_field(wire, field, &mut message, DecodeContext::default())?;
        events += u64::from(field == EVENTS);
    }
    Ok(events)
}
