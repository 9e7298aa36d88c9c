//! How customers' ids are hashed: by two numbers, which an image of the index keeps, so that its table stays one.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hash, Hasher};

use assent_domain::values::CustomerId;
use foldhash::SharedSeed;
use foldhash::fast::FoldHasher;

/// A hash function of ids, one of very many: whoever chooses ids does not know which.
#[derive(Debug)]
pub(crate) struct Hashing {
    seeds: [u64; 2],
    /// Made from the second one.
    shared: SharedSeed,
}

impl Default for Hashing {
    /// One that nobody can guess.
    fn default() -> Self {
        let random = || RandomState::new().build_hasher().finish();
        Self::of([random(), random()])
    }
}

impl Hashing {
    /// The one of these numbers.
    pub(crate) const fn of(seeds: [u64; 2]) -> Self {
        Self { seeds, shared: SharedSeed::from_u64(seeds[1]) }
    }

    /// The numbers that it is made from.
    pub(crate) const fn seeds(&self) -> [u64; 2] {
        self.seeds
    }

    #[inline]
    pub(crate) fn hash(&self, id: &CustomerId) -> u64 {
        let mut hasher = FoldHasher::with_seed(self.seeds[0], &self.shared);
        id.hash(&mut hasher);
        hasher.finish()
    }
}
