//! How many connections are served at a time: in all, and of one address, so that no flood takes the places of all others.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The places that connections take.
#[derive(Clone)]
pub(crate) struct Places {
    max: usize,
    per_address_max: usize,
    taken: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// The place of a connection, for as long as it is there.
pub(crate) struct Place {
    places: Places,
    of: IpAddr,
}

impl Places {
    pub(crate) fn new(max: usize, per_address_max: usize) -> Self {
        Self { max, per_address_max, taken: Arc::default() }
    }

    /// A place for a connection from there; none where it has too many, or all have.
    pub(crate) fn take(&self, from: IpAddr) -> Option<Place> {
        let of = network(from);
        let mut taken = self.taken();
        let own = taken.get(&of).copied().unwrap_or(0);
        if own >= self.per_address_max || taken.values().sum::<usize>() >= self.max {
            return None;
        }
        taken.insert(of, own + 1);
        drop(taken);
        Some(Place { places: self.clone(), of })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        // Whoever panicked here has changed nothing, or all of it.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        match taken.get_mut(&self.of) {
            Some(own) if *own > 1 => *own -= 1,
            Some(_) | None => drop(taken.remove(&self.of)),
        }
    }
}

/// What counts as one address: of IPv6, the 64 bits that a household is given.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(it) => it.into(),
        IpAddr::V6(it) => Ipv6Addr::from_bits(it.to_bits() & (u128::MAX << 64)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_leaves_places_for_others_and_a_place_is_given_back() {
        let places = Places::new(3, 2);
        let take = |from: &str| places.take(from.parse().unwrap());
        let (one, two) = (take("2001:db8::1"), take("2001:db8::2"));
        assert!(one.is_some() && two.is_some() && take("2001:db8::3").is_none());
        let other = take("192.0.2.1");
        assert!(other.is_some() && take("192.0.2.2").is_none());
        drop((one, two));
        assert!(take("192.0.2.2").is_some());
        drop(other);
        assert!(places.taken().is_empty());
    }
}
