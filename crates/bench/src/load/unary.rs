//! Unary calls: so many callers on a connection, each of which awaits its answer and calls again.

use std::time::Instant as Stopwatch;

use super::bodies::{Bodies, PREFIX_BYTES, check_allowed};
use super::connection::{Connection, DATA};
use super::{Call, Seen};
use crate::Outcome;

/// One answer in so many is looked at closely.
const CHECKED_ONE_IN: u64 = 64;

/// A call under way.
#[derive(Debug)]
struct UnderWay {
    stream: u32,
    asked: Stopwatch,
    has_message: bool,
}

pub(super) fn run(
    call: Call,
    mut connection: Connection,
    mut bodies: Bodies,
    in_flight: usize,
    mut seen: Seen,
) -> Outcome<Seen> {
    let mut under_way: Vec<UnderWay> = Vec::with_capacity(in_flight);
    loop {
        let now = Stopwatch::now();
        if now >= seen.until {
            return Ok(seen);
        }
        while under_way.len() < in_flight {
            let stream = connection.begin();
            bodies.next(|body| connection.send(stream, body, true));
            under_way.push(UnderWay { stream, asked: now, has_message: false });
        }
        let mut arrived = None;
        connection.receive(|frame| {
            let now = *arrived.get_or_insert_with(Stopwatch::now);
            let place = under_way.iter().position(|it| it.stream == frame.stream);
            let place = place.ok_or("an answer to a call that was never made")?;
            if frame.kind == DATA {
                under_way[place].has_message = true;
                if call == Call::Authorize && seen.answered_in_all.is_multiple_of(CHECKED_ONE_IN) {
                    check_allowed(&frame.payload[PREFIX_BYTES..])?;
                }
            }
            if frame.is_last {
                let UnderWay { asked, has_message, .. } = under_way.swap_remove(place);
                if !has_message {
                    return Err(format!("a call failed: {}", frame.payload.escape_ascii()).into());
                }
                seen.answers(asked, now, 1);
            }
            Ok(())
        })?;
    }
}
