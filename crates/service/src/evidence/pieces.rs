//! Pieces of tiles in memory, as many as there is room for: each has one place, by its index, and stays there until another
//! one needs it. So none is searched for, and where all have room all stay.

use assent_evidence::Hash;
use parking_lot::Mutex;

/// So many pieces lie behind one lock, in memory that is taken when the first of them comes: as many groups as nearly fill 16
/// kilobytes, a size that the allocator gives without a rest.
const CHUNK_PIECES: usize = 28;

/// Pieces of `N` hashes each.
pub(super) struct Pieces<const N: usize> {
    chunks: Box<[Mutex<Chunk<N>>]>,
}

struct Chunk<const N: usize> {
    /// Which log these are of: how often it had been read anew.
    reloads: u64,
    /// None before the first one comes.
    pieces: Vec<Piece<N>>,
}

/// What lies at a place: its name beside it, so that one look fetches both.
#[derive(Clone)]
struct Piece<const N: usize> {
    /// The piece's index and one more; 0 for nothing.
    name: u64,
    hashes: [Hash; N],
}

impl<const N: usize> Pieces<N> {
    /// For as many as there is room for in so many bytes, a chunk at least.
    pub(super) fn new(bytes: usize) -> Self {
        let chunk_bytes = CHUNK_PIECES * size_of::<Piece<N>>();
        let chunks = (bytes / chunk_bytes).max(1);
        Self { chunks: (0..chunks).map(|_| Mutex::new(Chunk { reloads: 0, pieces: Vec::new() })).collect() }
    }

    /// What `read` takes from a piece, where it is there and of the log that had been read anew so often.
    pub(super) fn get<T>(&self, reloads: u64, index: u64, read: impl FnOnce(&[Hash; N]) -> T) -> Option<T> {
        let (chunk, place) = self.place(index);
        let chunk = self.chunks[chunk].lock();
        let piece = chunk.pieces.get(place).filter(|it| chunk.reloads == reloads && it.name == index + 1)?;
        Some(read(&piece.hashes))
    }

    /// Keeps a piece of the log that had been read anew so often.
    pub(super) fn keep(&self, reloads: u64, index: u64, hashes: &[Hash; N]) {
        let (chunk, place) = self.place(index);
        let mut chunk = self.chunks[chunk].lock();
        let Chunk { reloads: kept_of, pieces } = &mut *chunk;
        if *kept_of > reloads {
            return;
        }
        if *kept_of < reloads || pieces.is_empty() {
            *kept_of = reloads;
            pieces.clear();
            pieces.resize(CHUNK_PIECES, Piece { name: 0, hashes: [Hash::default(); N] });
        }
        pieces[place] = Piece { name: index + 1, hashes: *hashes };
    }

    /// In which chunk a piece lies, and where there.
    fn place(&self, index: u64) -> (usize, usize) {
        let place = (index % (self.chunks.len() * CHUNK_PIECES) as u64) as usize;
        (place / CHUNK_PIECES, place % CHUNK_PIECES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(index: u64) -> [Hash; 2] {
        [[index as u8; 32], [!index as u8; 32]]
    }

    #[test]
    fn where_all_have_room_all_stay() {
        let pieces = Pieces::<2>::new(5 * CHUNK_PIECES * (64 + 8));
        let all = 5 * CHUNK_PIECES as u64;
        (0..all).for_each(|index| pieces.keep(0, index, &piece(index)));
        for index in 0..all {
            assert_eq!(pieces.get(0, index, |it| *it), Some(piece(index)));
        }
        pieces.keep(0, all, &piece(all));
        assert_eq!(pieces.get(0, 0, |it| *it), None);
        assert_eq!(pieces.get(0, all, |it| *it), Some(piece(all)));
    }

    #[test]
    fn without_room_there_are_the_last_ones_of_a_chunk() {
        let pieces = Pieces::<2>::new(0);
        let chunk = CHUNK_PIECES as u64;
        (0..2 * chunk).for_each(|index| pieces.keep(0, index, &piece(index)));
        let there: Vec<u64> =
            (0..2 * chunk).filter(|index| pieces.get(0, *index, |_| ()).is_some()).collect();
        assert_eq!(there, (chunk..2 * chunk).collect::<Vec<_>>());
    }

    #[test]
    fn what_was_of_a_log_that_is_gone_is_not_there() {
        let pieces = Pieces::<2>::new(1 << 12);
        pieces.keep(0, 5, &piece(5));
        assert_eq!(pieces.get(1, 5, |it| *it), None);
        pieces.keep(1, 6, &piece(6));
        assert_eq!(pieces.get(1, 5, |it| *it), None);
        pieces.keep(0, 5, &piece(5));
        assert_eq!(pieces.get(0, 5, |it| *it), None);
        pieces.keep(1, 5, &piece(7));
        assert_eq!(pieces.get(1, 5, |it| *it), Some(piece(7)));
    }
}
