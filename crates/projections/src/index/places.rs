//! The places of records by the hash of their ids: one read of memory that no cache holds, where a table that keeps
//! its marks apart from its entries takes two.

/// An open table. A slot holds half of the hash and the place: a place that is not meant is hardly ever looked at, and
/// growing needs no ids.
#[derive(Debug, Default)]
pub(crate) struct Places {
    slots: Vec<u64>,
    len: usize,
}

/// No place: an index never has so many records.
const EMPTY: u64 = u64::MAX;
/// At most three of four slots are taken: then a place is found at once or next to it.
const TAKEN: usize = 3;
const OF: usize = 4;
const SLOTS_MIN: usize = 16;

impl Places {
    /// The place with this hash for which that holds.
    #[inline]
    pub(crate) fn find(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        let half = half(hash);
        let mut at = self.home(half);
        loop {
            let slot = self.slots[at];
            if slot == EMPTY {
                return None;
            }
            if slot >> 32 == half && is_it(slot as u32) {
                return Some(slot as u32);
            }
            at = self.after(at);
        }
    }

    /// The place that is most likely found for this hash.
    pub(crate) fn likely(&self, hash: u64) -> Option<u32> {
        self.find(hash, |_| true)
    }

    /// What stands first where this hash is looked for: who reads it has it in the processor's caches.
    pub(crate) fn first_slot(&self, hash: u64) -> Option<u64> {
        self.slots.get(self.home(half(hash))).copied()
    }

    /// Takes in a place that is not there yet.
    pub(crate) fn insert(&mut self, hash: u64, place: u32) {
        if (self.len + 1) * OF > self.slots.len() * TAKEN {
            self.resize(SLOTS_MIN.max(self.slots.len() * 3 / 2));
        }
        self.put(half(hash) << 32 | u64::from(place));
        self.len += 1;
    }

    /// Room for so many more, so that taking them in moves nothing.
    pub(crate) fn reserve(&mut self, more: usize) {
        let slots = (self.len + more) * OF / TAKEN + 1;
        if slots > self.slots.len() {
            self.resize(slots);
        }
    }

    /// The bytes that it takes.
    pub(crate) const fn bytes(&self) -> usize {
        self.slots.capacity() * size_of::<u64>()
    }

    /// Where a hash is looked for first: halves of hashes in their order, spread over all slots.
    const fn home(&self, half: u64) -> usize {
        ((half * self.slots.len() as u64) >> 32) as usize
    }

    const fn after(&self, at: usize) -> usize {
        if at + 1 == self.slots.len() { 0 } else { at + 1 }
    }

    fn put(&mut self, slot: u64) {
        let mut at = self.home(slot >> 32);
        while self.slots[at] != EMPTY {
            at = self.after(at);
        }
        self.slots[at] = slot;
    }

    fn resize(&mut self, slots: usize) {
        let before = std::mem::replace(&mut self.slots, vec![EMPTY; slots]);
        before.into_iter().filter(|it| *it != EMPTY).for_each(|it| self.put(it));
    }
}

const fn half(hash: u64) -> u64 {
    hash >> 32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Any mixing will do.
    fn hash(number: u32) -> u64 {
        u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    #[test]
    fn every_place_is_found_again_however_often_the_table_grew() {
        let mut places = Places::default();
        assert_eq!((places.find(7, |_| true), places.first_slot(7)), (None, None));
        for place in 0..10_000 {
            places.insert(hash(place), place);
        }
        assert!((0..10_000).all(|it| places.find(hash(it), |place| place == it) == Some(it)));
        assert!((10_000..20_000).all(|it| places.find(hash(it), |place| place == it).is_none()));
        assert!(places.len * OF <= places.slots.len() * TAKEN);
    }

    #[test]
    fn places_of_one_hash_are_told_apart_by_what_they_hold() {
        let mut places = Places::default();
        for place in 0..100 {
            places.insert(u64::MAX, place);
        }
        assert!((0..100).all(|it| places.find(u64::MAX, |place| place == it) == Some(it)));
        assert_eq!(places.find(u64::MAX, |_| false), None);
    }

    #[test]
    fn room_that_was_made_is_enough() {
        let mut places = Places::default();
        places.reserve(1_000);
        let bytes = places.bytes();
        (0..1_000).for_each(|it| places.insert(hash(it), it));
        assert_eq!(places.bytes(), bytes);
    }
}
