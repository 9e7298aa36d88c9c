//! Unary calls at a fixed rate, whatever becomes of those before: the time to an answer counts from the instant at which
//! its call was meant to be made, so that a server that stands still for a moment is charged with every call that it
//! kept from being made meanwhile (no coordinated omission).

use std::os::fd::AsFd as _;
use std::time::{Duration, Instant as Stopwatch};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::prctl::set_timerslack;

use super::Seen;
use super::unary::Calls;
use crate::Outcome;

/// How long answers are waited for, where no call can be begun, until is looked again.
const ANSWER_WAIT_MAX: Duration = Duration::from_millis(1);

/// How many calls a connection has under way: what servers of gRPC announce at the least (RFC 9113, section 6.5.2). Calls
/// above wait here, and what they wait is in the time to their answers.
const UNDER_WAY_MAX: usize = 100;

/// Makes so many calls a second on connections in turn. One thread does. It goes on until every call that was meant to be
/// made in the time that is measured has its answer.
///
/// With a core of its own it never waits, so that it is never late. Where it shares one, it sleeps between calls, as clients do: a
/// core that it kept busy with nothing would be missing where its answers are made. What it wakes up late is in the time to them.
pub(super) fn run(
    mut connections: Vec<Calls>,
    rate: f64,
    shares_core: bool,
    mut seen: Seen,
) -> Outcome<Seen> {
    if shares_core {
        // Unless it is asked to, Linux lets a sleep last 50 microseconds longer.
        set_timerslack(1)?;
    }
    for calls in &mut connections {
        calls.connection.wait_for_nothing()?;
    }
    let begun = Stopwatch::now();
    let mut made = 0_u64;
    loop {
        let now = Stopwatch::now().min(seen.until);
        let mut meant = begun + Duration::from_secs_f64(made as f64 / rate);
        while meant < now {
            let which = made as usize % connections.len();
            if connections[which].under_way() >= UNDER_WAY_MAX {
                break;
            }
            connections[which].begin(meant);
            made += 1;
            meant = begun + Duration::from_secs_f64(made as f64 / rate);
        }
        if meant >= seen.until && connections.iter().all(|calls| calls.under_way() == 0) {
            return Ok(seen);
        }
        for calls in &mut connections {
            calls.receive(&mut seen)?;
        }
        if shares_core {
            let can_begin = meant >= now && meant < seen.until;
            wait(&connections, if can_begin { meant } else { Stopwatch::now() + ANSWER_WAIT_MAX })?;
        }
    }
}

/// Waits for something of an answer, at most until this instant.
fn wait(connections: &[Calls], until: Stopwatch) -> Outcome<()> {
    let Some(left) = until.checked_duration_since(Stopwatch::now()) else { return Ok(()) };
    let mut sockets: Vec<_> =
        connections.iter().map(|it| PollFd::new(it.connection.as_fd(), PollFlags::POLLIN)).collect();
    match ppoll(&mut sockets, Some(left.into()), None) {
        Ok(_) | Err(Errno::EINTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
