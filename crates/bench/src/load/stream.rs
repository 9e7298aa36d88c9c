//! A stream of orders on each connection: some are always unanswered, and answers come in their order.

use std::collections::VecDeque;
use std::time::Instant as Stopwatch;

use super::bodies::{Bodies, ORDERS_A_WRITE, PREFIX_BYTES, check_streamed_allowed};
use super::connection::{Connection, DATA};
use super::{Call, Seen};
use crate::Outcome;

/// Orders that were sent at once: when, and how many of them are unanswered.
type Asked = (Stopwatch, usize);

pub(super) fn run(
    call: Call,
    mut connection: Connection,
    mut bodies: Bodies,
    in_flight: usize,
    mut seen: Seen,
) -> Outcome<Seen> {
    let stream = connection.begin();
    let mut unanswered: VecDeque<Asked> = VecDeque::new();
    let mut answers = Vec::new();
    loop {
        let now = Stopwatch::now();
        if now >= seen.until {
            return Ok(seen);
        }
        while (unanswered.len() + 1) * ORDERS_A_WRITE <= in_flight {
            bodies.next(|orders| connection.send(stream, orders, false));
            unanswered.push_back((now, ORDERS_A_WRITE));
        }
        connection.receive(|frame| {
            if frame.is_last {
                return Err(format!("the stream failed: {}", frame.payload.escape_ascii()).into());
            }
            if frame.kind == DATA {
                answers.extend_from_slice(frame.payload);
            }
            Ok(())
        })?;
        take_answers(call, &mut answers, &mut unanswered, &mut seen)?;
    }
}

/// Takes the whole answers off the front.
fn take_answers(
    call: Call,
    answers: &mut Vec<u8>,
    unanswered: &mut VecDeque<Asked>,
    seen: &mut Seen,
) -> Outcome<()> {
    let (now, mut at) = (Stopwatch::now(), 0);
    while let Some(length) = answers.get(at + 1..at + PREFIX_BYTES) {
        let length = u32::from_be_bytes(length.try_into()?) as usize;
        let Some(message) = answers.get(at + PREFIX_BYTES..at + PREFIX_BYTES + length) else { break };
        let (asked, left) = unanswered.front_mut().ok_or("an answer without an order")?;
        // One of each write is looked at closely.
        if call == Call::Stream && *left == ORDERS_A_WRITE {
            check_streamed_allowed(message)?;
        }
        seen.answers(*asked, now, 1);
        *left -= 1;
        if *left == 0 {
            unanswered.pop_front();
        }
        at += PREFIX_BYTES + length;
    }
    answers.drain(..at);
    Ok(())
}
