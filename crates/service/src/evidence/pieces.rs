//! Pieces of tiles in memory, as many as there is room for: each has one place, by its index, and stays there until another
//! one needs it. So none is searched for, and where all have room all stay.

use assent_evidence::Hash;
use parking_lot::Mutex;

/// So many pieces lie behind one lock, in memory that is taken when the first of them comes.
const CHUNK_PIECES: usize = 32;

/// Pieces of `N` hashes each.
pub(super) struct Pieces<const N: usize> {
    chunks: Box<[Mutex<Option<Box<Chunk<N>>>>]>,
}

struct Chunk<const N: usize> {
    /// Which log these are of: how often it had been read anew.
    reloads: u64,
    /// What lies at each place: the piece's index and one more; 0 for nothing.
    kept: [u64; CHUNK_PIECES],
    pieces: Vec<[Hash; N]>,
}

impl<const N: usize> Pieces<N> {
    /// For as many as there is room for in so many bytes, a chunk at least.
    pub(super) fn new(bytes: usize) -> Self {
        let chunk_bytes = CHUNK_PIECES * (size_of::<[Hash; N]>() + size_of::<u64>());
        let chunks = (bytes / chunk_bytes).max(1);
        Self { chunks: (0..chunks).map(|_| Mutex::new(None)).collect() }
    }

    /// What `read` takes from a piece, where it is there and of the log that had been read anew so often.
    pub(super) fn get<T>(&self, reloads: u64, index: u64, read: impl FnOnce(&[Hash; N]) -> T) -> Option<T> {
        let (chunk, place) = self.place(index);
        let chunk = self.chunks[chunk].lock();
        let chunk = chunk.as_ref().filter(|it| it.reloads == reloads && it.kept[place] == index + 1)?;
        Some(read(&chunk.pieces[place]))
    }

    /// Keeps a piece of the log that had been read anew so often.
    pub(super) fn keep(&self, reloads: u64, index: u64, piece: &[Hash; N]) {
        let (chunk, place) = self.place(index);
        let mut chunk = self.chunks[chunk].lock();
        let chunk = chunk.get_or_insert_with(|| Box::new(Chunk::new(reloads)));
        if chunk.reloads < reloads {
            (chunk.reloads, chunk.kept) = (reloads, [0; CHUNK_PIECES]);
        }
        if chunk.reloads == reloads {
            chunk.kept[place] = index + 1;
            chunk.pieces[place] = *piece;
        }
    }

    /// In which chunk a piece lies, and where there.
    fn place(&self, index: u64) -> (usize, usize) {
        let place = (index % (self.chunks.len() * CHUNK_PIECES) as u64) as usize;
        (place / CHUNK_PIECES, place % CHUNK_PIECES)
    }
}

impl<const N: usize> Chunk<N> {
    fn new(reloads: u64) -> Self {
        Self { reloads, kept: [0; CHUNK_PIECES], pieces: vec![[Hash::default(); N]; CHUNK_PIECES] }
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
        let pieces = Pieces::<2>::new(160 * (64 + 8));
        (0..160).for_each(|index| pieces.keep(0, index, &piece(index)));
        for index in 0..160 {
            assert_eq!(pieces.get(0, index, |it| *it), Some(piece(index)));
        }
        pieces.keep(0, 160, &piece(160));
        assert_eq!(pieces.get(0, 0, |it| *it), None);
        assert_eq!(pieces.get(0, 160, |it| *it), Some(piece(160)));
    }

    #[test]
    fn without_room_there_are_the_last_ones_of_a_chunk() {
        let pieces = Pieces::<2>::new(0);
        (0..64).for_each(|index| pieces.keep(0, index, &piece(index)));
        let there: Vec<u64> = (0..64).filter(|index| pieces.get(0, *index, |_| ()).is_some()).collect();
        assert_eq!(there, (32..64).collect::<Vec<_>>());
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
