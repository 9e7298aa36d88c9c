//! Refused credentials, counted where they come from: to look at one costs a signature check, and whoever sends it has to have
//! nothing.
//!
//! What holds is never counted, so that a thousand callers behind one address are no flood. Where too many did not hold,
//! nothing that is not remembered is looked at for a while. A connection on which somebody was let in, or whose certificate
//! stands for a caller, is counted by itself, more generously: whoever else calls from the address can't keep its callers from
//! renewing their tokens, and it may be a gateway's. A new connection has a few looks of its own, whatever its address did: a
//! caller whose token is good needs one, and others can't spend it.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;
use tracing::warn;

use crate::clock::SystemClock;
use crate::serve::{Network, Peer};

/// So many refused credentials of one address at once, and one more in so much time.
const OF_ADDRESS: Rate = Rate { burst: 100, every: Duration::from_millis(50) };
/// The same of a connection on which somebody was let in.
const OF_CONNECTION: Rate = Rate { burst: 1_000, every: Duration::from_millis(5) };
/// How many credentials of a new connection are looked at before its address is asked about. To open one costs the other side
/// one of few places, and the server no less than such a look.
const LOOKS_OF_ITS_OWN: u32 = 2;
/// How many addresses are remembered before those are forgotten that have nothing to wait for.
const ADDRESSES_KEPT: usize = 1_024;
/// How often it is said that credentials are not looked at.
const SPOKEN_EVERY: Duration = Duration::from_secs(10);

/// Who has shown too many credentials that did not hold. One for all doors of a server.
#[derive(Debug, Default)]
pub(crate) struct Refusals(Mutex<Counted>);

#[derive(Debug, Default)]
struct Counted {
    of: HashMap<Network, Refused>,
    /// Above this many, those that have nothing to wait for are forgotten.
    kept: usize,
    spoken: Option<Instant>,
}

/// What was refused, as the instant at which it would be forgotten (GCRA: the theoretical arrival time).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refused(Instant);

struct Rate {
    burst: u32,
    every: Duration,
}

impl Rate {
    /// How long nothing more is looked at.
    fn wait(&self, refused: Refused, now: Instant) -> Option<Duration> {
        let over = (refused.0.saturating_duration_since(now)).checked_sub(self.every * self.burst)?;
        // Who comes back a moment too early would only be refused again.
        Some(over + self.every)
    }

    /// With one more. What was under way when there were too many makes nobody wait longer.
    fn and_one(&self, refused: Option<Refused>, now: Instant) -> Refused {
        let more = refused.map_or(now, |it| it.0.max(now)) + self.every;
        Refused(more.min(now + self.every * (self.burst + 1)))
    }
}

impl Refusals {
    /// How long no credential of the peer's is looked at that is not remembered; none: it is looked at now.
    pub(super) fn wait(&self, peer: &Peer, now: Instant) -> Option<Duration> {
        if is_known(peer) {
            return (*peer.refused().lock()).and_then(|it| OF_CONNECTION.wait(it, now));
        }
        if peer.refused_before() < LOOKS_OF_ITS_OWN {
            return None;
        }
        let from = peer.from();
        let mut counted = self.0.lock();
        let wait = counted.of.get(&from).and_then(|it| OF_ADDRESS.wait(*it, now))?;
        if counted.spoken.is_none_or(|it| now.duration_since(it) >= SPOKEN_EVERY) {
            counted.spoken = Some(now);
            warn!(%from, "too many credentials of an address were refused: more are not looked at for a while");
        }
        Some(wait)
    }

    /// A credential of the peer's did not hold.
    pub(super) fn count(&self, peer: &Peer, now: Instant) {
        if is_known(peer) {
            let mut refused = peer.refused().lock();
            *refused = Some(OF_CONNECTION.and_one(*refused, now));
            return;
        }
        peer.refuse_before();
        let mut counted = self.0.lock();
        let Counted { of, kept, spoken: _ } = &mut *counted;
        if of.len() >= (*kept).max(ADDRESSES_KEPT) {
            of.retain(|_, it| it.0 > now);
            // Twice as many, so that to forget costs no more than to remember.
            *kept = of.len() * 2;
        }
        let refused = of.get(&peer.from()).copied();
        of.insert(peer.from(), OF_ADDRESS.and_one(refused, now));
    }
}

/// Whether somebody was let in there, or would be without a token.
fn is_known(peer: &Peer) -> bool {
    let certificate = || peer.certificate().and_then(|it| it.as_ref().ok());
    peer.is_known() || certificate().is_some_and(|it| it.holds(SystemClock.now()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A new connection from there.
    fn fresh(last: u8) -> Peer {
        Peer::new(Network::of([192, 0, 2, last].into()), None)
    }

    /// One that has had its own looks.
    fn peer(last: u8) -> Peer {
        let peer = fresh(last);
        (0..LOOKS_OF_ITS_OWN).for_each(|_| peer.refuse_before());
        peer
    }

    #[test]
    fn a_new_connection_has_looks_of_its_own_whatever_its_address_did() {
        let (refusals, now) = (Refusals::default(), Instant::now());
        (0..=OF_ADDRESS.burst).for_each(|_| refusals.count(&peer(1), now));
        let fresh = fresh(1);
        for _ in 0..LOOKS_OF_ITS_OWN {
            assert_eq!(refusals.wait(&fresh, now), None);
            refusals.count(&fresh, now);
        }
        assert!(refusals.wait(&fresh, now).is_some());
    }

    #[test]
    fn however_many_were_under_way_nobody_waits_longer_than_for_two() {
        let (refusals, now) = (Refusals::default(), Instant::now());
        (0..20 * OF_ADDRESS.burst).for_each(|_| refusals.count(&peer(1), now));
        assert_eq!(refusals.wait(&peer(1), now), Some(OF_ADDRESS.every * 2));
        let known = fresh(1);
        known.let_in();
        (0..20 * OF_CONNECTION.burst).for_each(|_| refusals.count(&known, now));
        assert_eq!(refusals.wait(&known, now), Some(OF_CONNECTION.every * 2));
    }

    #[test]
    fn an_address_whose_credentials_did_not_hold_waits_and_no_other_does() {
        let (refusals, now) = (Refusals::default(), Instant::now());
        for _ in 0..OF_ADDRESS.burst {
            assert_eq!(refusals.wait(&peer(1), now), None);
            refusals.count(&peer(1), now);
        }
        let wait = refusals.wait(&peer(1), now).expect("there were too many");
        assert_eq!(refusals.wait(&peer(2), now), None);
        assert_eq!(refusals.wait(&peer(1), now + wait), None);
        refusals.count(&peer(1), now + wait);
        assert!(refusals.wait(&peer(1), now + wait).is_some());
    }

    #[test]
    fn a_connection_that_is_known_waits_for_nobody_elses_sake() {
        let (refusals, now) = (Refusals::default(), Instant::now());
        (0..=OF_ADDRESS.burst).for_each(|_| refusals.count(&peer(1), now));
        let known = peer(1);
        known.let_in();
        assert_eq!(refusals.wait(&known, now), None);
        (0..OF_CONNECTION.burst).for_each(|_| refusals.count(&known, now));
        assert!(refusals.wait(&known, now).is_some());
    }

    #[test]
    fn addresses_that_wait_for_nothing_are_forgotten() {
        let (refusals, mut now) = (Refusals::default(), Instant::now());
        for number in 0..20_000_u32 {
            now += OF_ADDRESS.every;
            let address = std::net::Ipv4Addr::from_bits(number);
            refusals.count(&Peer::new(Network::of(address.into()), None), now);
        }
        assert!(refusals.0.lock().of.len() <= 2 * ADDRESSES_KEPT);
    }
}
