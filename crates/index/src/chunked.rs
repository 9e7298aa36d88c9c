//! Records that never move: growing copies nothing, and wastes at most one chunk.

const CHUNK: usize = 4_096;

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
    /// Appends a record; its place is its number for ever.
    pub(crate) fn push(&mut self, record: T) -> u32 {
        if self.len.is_multiple_of(CHUNK) {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        self.chunks[self.len / CHUNK].push(record);
        self.len += 1;
        u32::try_from(self.len - 1).expect("an index holds fewer than four thousand million records")
    }

    pub(crate) fn get(&self, place: u32) -> &T {
        &self.chunks[place as usize / CHUNK][place as usize % CHUNK]
    }

    /// The record of a place, where it is one.
    pub(crate) fn find(&self, place: usize) -> Option<&T> {
        self.chunks.get(place / CHUNK)?.get(place % CHUNK)
    }

    pub(crate) fn get_mut(&mut self, place: u32) -> &mut T {
        &mut self.chunks[place as usize / CHUNK][place as usize % CHUNK]
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// The records from a place on.
    pub(crate) fn from(&self, place: usize) -> impl Iterator<Item = &T> {
        self.chunks.iter().skip(place / CHUNK).flatten().skip(place % CHUNK)
    }

    /// The bytes that the chunks take.
    pub(crate) const fn bytes(&self) -> usize {
        self.chunks.len() * CHUNK * size_of::<T>()
    }
}
