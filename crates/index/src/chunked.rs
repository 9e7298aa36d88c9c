//! Records that never move: growing copies nothing, and wastes at most one chunk.

use std::io::{self, Read};

use crate::words::take;

/// About how many bytes a chunk has. What an allocator rounds up, where the system gives memory in pages of two megabytes, is
/// taken as well: of chunks of a third of a megabyte it was a sixth, of one and of two an eighth, of four a twelfth.
const CHUNK_BYTES: usize = 1 << 22;

/// A list in chunks of fixed size.
#[derive(Debug)]
pub(crate) struct Chunked<T> {
    chunks: Vec<Vec<T>>,
    len: usize,
}

impl<T> Default for Chunked<T> {
    fn default() -> Self {
        Self { chunks: Vec::new(), len: 0 }
    }
}

impl<T> Chunked<T> {
    /// How many records a chunk has.
    const RECORDS: usize = (CHUNK_BYTES / size_of::<T>()).next_power_of_two();

    /// Appends a record; its place is its number for ever.
    pub(crate) fn push(&mut self, record: T) -> u32 {
        if self.len.is_multiple_of(Self::RECORDS) {
            self.chunks.push(Vec::with_capacity(Self::RECORDS));
        }
        self.chunks[self.len / Self::RECORDS].push(record);
        self.len += 1;
        u32::try_from(self.len - 1).expect("an index holds fewer than four thousand million records")
    }

    /// So many records, each made from the next words.
    pub(crate) fn read<const N: usize>(
        from: &mut impl Read,
        count: u64,
        of_words: impl Fn([u64; N]) -> T,
    ) -> io::Result<Self> {
        let mut it = Self::default();
        for _ in 0..count {
            it.push(of_words(take(from)?));
        }
        Ok(it)
    }

    pub(crate) fn get(&self, place: u32) -> &T {
        &self.chunks[place as usize / Self::RECORDS][place as usize % Self::RECORDS]
    }

    /// The record of a place, where it is one.
    pub(crate) fn find(&self, place: usize) -> Option<&T> {
        self.chunks.get(place / Self::RECORDS)?.get(place % Self::RECORDS)
    }

    pub(crate) fn get_mut(&mut self, place: u32) -> &mut T {
        &mut self.chunks[place as usize / Self::RECORDS][place as usize % Self::RECORDS]
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// The records from a place on.
    pub(crate) fn from(&self, place: usize) -> impl Iterator<Item = &T> {
        self.chunks.iter().skip(place / Self::RECORDS).flatten().skip(place % Self::RECORDS)
    }

    /// The bytes that the records take. The rest of the last chunk is room that the system has not given yet.
    pub(crate) const fn bytes(&self) -> usize {
        self.len * size_of::<T>()
    }
}
