//! Unary calls: so many callers on a connection, each of which awaits its answer and calls again.

use std::time::Instant as Stopwatch;

use super::bodies::{Bodies, PREFIX_BYTES, check_allowed, check_batch_allowed};
use super::connection::{Connection, DATA};
use super::{Call, Seen};
use crate::Outcome;

/// One answer in so many is looked at closely.
const CHECKED_ONE_IN: u64 = 64;

/// The calls under way on a connection.
#[derive(Debug)]
pub(super) struct Calls {
    pub(super) connection: Connection,
    call: Call,
    bodies: Bodies,
    under_way: Vec<UnderWay>,
}

/// A call under way.
#[derive(Debug)]
struct UnderWay {
    stream: u32,
    asked: Stopwatch,
    has_message: bool,
    /// The answer, where it is looked at closely.
    kept: Option<Vec<u8>>,
}

impl Calls {
    pub(super) const fn new(call: Call, connection: Connection, bodies: Bodies) -> Self {
        Self { connection, call, bodies, under_way: Vec::new() }
    }

    pub(super) const fn under_way(&self) -> usize {
        self.under_way.len()
    }

    /// Begins a call that was meant to be made at this instant.
    pub(super) fn begin(&mut self, asked: Stopwatch) {
        let stream = self.connection.begin();
        self.bodies.next(|body| self.connection.send(stream, body, true));
        let is_checked = u64::from(stream / 2).is_multiple_of(CHECKED_ONE_IN);
        self.under_way.push(UnderWay { stream, asked, has_message: false, kept: is_checked.then(Vec::new) });
    }

    /// Takes the answers that have arrived.
    pub(super) fn receive(&mut self, seen: &mut Seen) -> Outcome<()> {
        let Self { connection, call, under_way, .. } = self;
        let mut arrived = None;
        connection.receive(|frame| {
            let now = *arrived.get_or_insert_with(Stopwatch::now);
            let place = under_way.iter().position(|it| it.stream == frame.stream);
            let place = place.ok_or("an answer to a call that was never made")?;
            if frame.kind == DATA {
                under_way[place].has_message = true;
                under_way[place].kept.iter_mut().for_each(|it| it.extend_from_slice(frame.payload));
            }
            if frame.is_last {
                let UnderWay { asked, has_message, kept, .. } = under_way.swap_remove(place);
                if !has_message {
                    return Err(format!("a call failed: {}", frame.payload.escape_ascii()).into());
                }
                match (*call, kept) {
                    (Call::Authorize, Some(answer)) => check_allowed(&answer[PREFIX_BYTES..])?,
                    (Call::Batch, Some(answer)) => check_batch_allowed(&answer[PREFIX_BYTES..])?,
                    _ => {}
                }
                seen.answers(asked, now, 1);
            }
            Ok(())
        })
    }
}

/// As many calls as a connection is to have under way, each followed by another one.
pub(super) fn run(mut calls: Calls, in_flight: usize, mut seen: Seen) -> Outcome<Seen> {
    loop {
        let now = Stopwatch::now();
        if now >= seen.until {
            return Ok(seen);
        }
        while calls.under_way() < in_flight {
            calls.begin(now);
        }
        calls.receive(&mut seen)?;
    }
}
