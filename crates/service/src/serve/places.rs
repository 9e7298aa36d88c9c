//! How many connections there may be: in all, and of one address, so that no flood takes the places of all others.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;
use tracing::warn;

use super::config::ConnectionLimits;
use super::network::Network;

/// Of how many connections, one may be new: still shaking hands, or silent.
const NEW_AMONG: usize = 4;
/// How often refused connections are spoken of.
const SPOKEN_EVERY: Duration = Duration::from_secs(10);

/// The places that connections take.
#[derive(Clone)]
pub(super) struct Places(Arc<Mutex<Taken>>);

struct Taken {
    limits: ConnectionLimits,
    all: Count,
    of: HashMap<Network, Count>,
    refused: u64,
    spoken: Option<Instant>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    /// All connections.
    open: usize,
    /// Those among them that are new.
    new: usize,
}

impl Count {
    const fn is_full(self, max: usize) -> bool {
        self.open >= max || self.new >= max.div_ceil(NEW_AMONG)
    }
}

impl Places {
    pub(super) fn new(limits: ConnectionLimits) -> Self {
        let (all, of) = (Count::default(), HashMap::new());
        Self(Arc::new(Mutex::new(Taken { limits, all, of, refused: 0, spoken: None })))
    }

    /// A place for a new connection from this address; none where it has too many, or all have.
    pub(super) fn take(&self, from: IpAddr) -> Option<Place> {
        let of = Network::of(from);
        let mut taken = self.0.lock();
        let limits = taken.limits;
        let count = taken.of.get(&of).copied().unwrap_or_default();
        if taken.all.is_full(limits.max) || count.is_full(limits.per_address_max) {
            taken.refuse(from);
            return None;
        }
        taken.change(of, |it| *it = Count { open: it.open + 1, new: it.new + 1 });
        drop(taken);
        Some(Place { places: self.clone(), of, is_new: true })
    }
}

impl Taken {
    fn change(&mut self, of: Network, change: impl Fn(&mut Count)) {
        change(&mut self.all);
        let count = self.of.entry(of).or_default();
        change(count);
        if count.open == 0 {
            self.of.remove(&of);
        }
    }

    fn refuse(&mut self, from: IpAddr) {
        self.refused += 1;
        if self.spoken.is_none_or(|it| it.elapsed() >= SPOKEN_EVERY) {
            let (open, refused) = (self.all.open, self.refused);
            warn!(%from, open, refused, "connections were refused: there are too many, of one address or in all");
            self.spoken = Some(Instant::now());
        }
    }
}

/// The place of a connection, for as long as it is there.
pub(super) struct Place {
    places: Places,
    of: Network,
    is_new: bool,
}

impl Place {
    /// Where the connection comes from.
    pub(super) const fn network(&self) -> Network {
        self.of
    }

    /// The connection is new no more.
    pub(super) fn settle(&mut self) {
        if std::mem::take(&mut self.is_new) {
            self.places.0.lock().change(self.of, |it| it.new -= 1);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.settle();
        self.places.0.lock().change(self.of, |it| it.open -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: ConnectionLimits =
        ConnectionLimits { max: 8, per_address_max: 4, first_call_within: Duration::ZERO };

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn settled(places: &Places, from: &str) -> Option<Place> {
        let mut place = places.take(address(from))?;
        place.settle();
        Some(place)
    }

    #[test]
    fn one_address_leaves_places_for_others_and_others_leave_none() {
        let places = Places::new(LIMITS);
        let mut held: Vec<_> = (0..4).filter_map(|_| settled(&places, "192.0.2.1")).collect();
        assert_eq!(held.len(), 4);
        assert!(settled(&places, "192.0.2.1").is_none());
        held.extend((0..4).filter_map(|_| settled(&places, "192.0.2.2")));
        assert_eq!(held.len(), 8);
        assert!(settled(&places, "192.0.2.3").is_none());
        held.pop();
        assert!(settled(&places, "192.0.2.3").is_some());
    }

    #[test]
    fn silent_connections_take_a_quarter_of_the_places_at_most() {
        let places = Places::new(LIMITS);
        let silent = places.take(address("192.0.2.1")).unwrap();
        assert!(places.take(address("192.0.2.1")).is_none());
        let other = places.take(address("192.0.2.2")).unwrap();
        assert!(places.take(address("192.0.2.3")).is_none());
        drop((silent, other));
        assert!(places.take(address("192.0.2.1")).is_some());
        assert!(places.0.lock().of.is_empty(), "an address without connections is forgotten");
    }
}
