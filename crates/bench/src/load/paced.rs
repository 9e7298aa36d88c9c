//! Unary calls at a fixed rate, whatever becomes of those before: the time to an answer counts from the instant at which
//! its call was meant to be made, so that a server that stands still for a moment is charged with every call that it
//! kept from being made meanwhile (no coordinated omission).

use std::time::{Duration, Instant as Stopwatch};

use super::Seen;
use super::unary::Calls;
use crate::Outcome;

/// Makes so many calls a second on connections in turn. One thread does: it never waits, so that it is never late.
pub(super) fn run(mut connections: Vec<Calls>, rate: f64, mut seen: Seen) -> Outcome<Seen> {
    for calls in &mut connections {
        calls.connection.wait_for_nothing()?;
    }
    let begun = Stopwatch::now();
    let mut made = 0_u64;
    loop {
        let now = Stopwatch::now();
        if now >= seen.until {
            return Ok(seen);
        }
        loop {
            let meant = begun + Duration::from_secs_f64(made as f64 / rate);
            if meant > now {
                break;
            }
            let which = made as usize % connections.len();
            connections[which].begin(meant);
            made += 1;
        }
        for calls in &mut connections {
            calls.receive(&mut seen)?;
        }
    }
}
