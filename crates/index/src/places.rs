//! The places of records by the hash of their ids: one read of memory that no cache holds, where a table that keeps
//! its marks apart from its entries takes two.
//!
//! The table is many small ones, each of which grows by itself: growing a large one would keep every decision waiting for
//! a second, and leave it half empty.

use std::io::{self, Read, Write};

use prefetch_index::prefetch_index;

use crate::words::{malformed, put, take};

/// How many tables share the places: one for each value of the lowest bits of a hash.
const SHARDS: usize = 1_024;

/// Open tables. A slot holds half of the hash and the place: a place that is not meant is hardly ever looked at, and
/// growing needs no ids.
#[derive(Debug)]
pub(crate) struct Places(Box<[Shard]>);

impl Default for Places {
    fn default() -> Self {
        Self((0..SHARDS).map(|_| Shard::default()).collect())
    }
}

impl Places {
    /// The place with this hash for which that holds.
    #[inline]
    pub(crate) fn find(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        self.shard(hash).find(half(hash), is_it)
    }

    /// The place that is most likely found for this hash.
    pub(crate) fn likely(&self, hash: u64) -> Option<u32> {
        self.find(hash, |_| true)
    }

    /// Has the processor fetch what stands first where this hash is looked for, and does not wait for it.
    #[inline]
    pub(crate) fn fetch(&self, hash: u64) {
        let shard = self.shard(hash);
        if !shard.slots.is_empty() {
            prefetch_index(&shard.slots, shard.home(half(hash)));
        }
    }

    /// Takes in a place that is not there yet.
    pub(crate) fn insert(&mut self, hash: u64, place: u32) {
        let shard = shard_of(hash);
        self.0[shard].insert(half(hash) << 32 | u64::from(place), slots_first(shard));
    }

    /// Room for so many more, so that taking them in moves nothing: hashes are spread over the shards, but not evenly.
    pub(crate) fn reserve(&mut self, more: usize) {
        let each = more.div_ceil(SHARDS);
        let more = each + 4 * each.isqrt();
        self.0.iter_mut().enumerate().for_each(|(at, it)| it.make_room(more, slots_first(at)));
    }

    /// The bytes that it takes.
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&*self.0) + self.0.iter().map(|it| size_of_val(&*it.slots)).sum::<usize>()
    }

    pub(crate) fn write(&self, to: &mut impl Write) -> io::Result<()> {
        for Shard { slots, len: _ } in &self.0 {
            put(to, [slots.len() as u64])?;
            slots.iter().try_for_each(|it| put(to, [*it]))?;
        }
        Ok(())
    }

    /// The table of so many places, which takes no more than so many bytes.
    pub(crate) fn read(from: &mut impl Read, places: usize, bytes: u64) -> io::Result<Self> {
        let mut it = Self::default();
        for shard in &mut it.0 {
            *shard = Shard::read(from, bytes)?;
        }
        let is_whole = it.0.iter().map(|it| it.len).sum::<usize>() == places;
        if is_whole { Ok(it) } else { Err(malformed()) }
    }

    #[inline]
    fn shard(&self, hash: u64) -> &Shard {
        &self.0[shard_of(hash)]
    }
}

/// One of the tables.
#[derive(Debug, Default)]
struct Shard {
    slots: Box<[u64]>,
    len: usize,
}

/// No place: an index never has so many records.
const EMPTY: u64 = u64::MAX;
/// At most four of five slots are taken: then a place is found at once or near by, mostly in the same cache line.
const TAKEN: usize = 4;
const OF: usize = 5;

impl Shard {
    #[inline]
    fn find(&self, half: u64, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
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

    fn read(from: &mut impl Read, bytes: u64) -> io::Result<Self> {
        const AT_ONCE: usize = 64;
        let [count] = take(from)?;
        if count > bytes / size_of::<u64>() as u64 {
            return Err(malformed());
        }
        let mut slots = vec![EMPTY; count as usize].into_boxed_slice();
        let mut chunks = slots.chunks_exact_mut(AT_ONCE);
        for chunk in &mut chunks {
            chunk.copy_from_slice(&take::<AT_ONCE>(from)?);
        }
        for slot in chunks.into_remainder() {
            [*slot] = take(from)?;
        }
        let len = slots.iter().filter(|it| **it != EMPTY).count();
        // Otherwise what is not there would be looked for without an end.
        if len > 0 && len == slots.len() {
            return Err(malformed());
        }
        Ok(Self { slots, len })
    }

    fn insert(&mut self, slot: u64, slots_first: usize) {
        self.make_room(1, slots_first);
        self.put(slot);
        self.len += 1;
    }

    /// Grows by a quarter until there is room: so few moves that they do not count, and little room that nothing uses.
    fn make_room(&mut self, more: usize, slots_first: usize) {
        let (needed, mut slots) = ((self.len + more) * OF, self.slots.len());
        while needed > slots * TAKEN {
            slots = slots_first.max(slots + slots / 4);
        }
        if slots > self.slots.len() {
            self.resize(slots);
        }
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
        let before = std::mem::replace(&mut self.slots, vec![EMPTY; slots].into());
        before.into_iter().filter(|it| *it != EMPTY).for_each(|it| self.put(it));
    }
}

/// How many slots a table has first: not the same for each, so that not all of them grow at once and one takes the memory
/// that another has left.
const fn slots_first(shard: usize) -> usize {
    const FEWEST: usize = 32;
    FEWEST + shard * (FEWEST / 4) / SHARDS
}

const fn shard_of(hash: u64) -> usize {
    hash as usize % SHARDS
}

const fn half(hash: u64) -> u64 {
    hash >> 32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Any mixing will do.
    fn hash(number: u32) -> u64 {
        let mixed = u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed ^ mixed >> 29
    }

    #[test]
    fn every_place_is_found_again_however_often_the_table_grew() {
        let mut places = Places::default();
        places.fetch(7);
        assert_eq!(places.find(7, |_| true), None);
        for place in 0..20_000 {
            places.insert(hash(place), place);
        }
        assert!((0..20_000).all(|it| places.find(hash(it), |place| place == it) == Some(it)));
        assert!((20_000..40_000).all(|it| places.find(hash(it), |place| place == it).is_none()));
        assert!(places.0.iter().all(|it| it.len * OF <= it.slots.len() * TAKEN));
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
    fn a_full_table_takes_little_more_than_its_slots_and_room_that_was_made_is_enough() {
        const COUNT: u32 = 200_000;
        let (mut grown, mut reserved) = (Places::default(), Places::default());
        reserved.reserve(COUNT as usize);
        let bytes = reserved.bytes();
        for place in 0..COUNT {
            grown.insert(hash(place), place);
            reserved.insert(hash(place), place);
        }
        assert_eq!(reserved.bytes(), bytes);
        assert!(grown.bytes() < COUNT as usize * 13, "{} bytes", grown.bytes());
    }
}
