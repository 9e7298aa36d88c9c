//! Tokens that were verified: a caller sends the same one with every call, and a signature costs more than a decision.

use std::hash::BuildHasher as _;
use std::mem;
use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use hashbrown::{DefaultHashBuilder, HashTable};
use zeroize::Zeroizing;

use crate::caller::Caller;
use crate::claims::Validity;

/// How many tokens are kept at most: so many that were used lately, and as many before those.
const TOKENS_MAX: usize = 1_024;

/// What a token was found to be.
#[derive(Clone, Debug)]
pub(crate) struct Verified {
    pub(crate) caller: Arc<Caller>,
    pub(crate) validity: Validity,
    /// Whose keys it holds by, among the issuers.
    pub(crate) issuer: usize,
    /// Which keys of the issuer's: with others it is verified again.
    pub(crate) generation: u64,
}

/// Tokens that were verified. Only what holds gets in, so that nobody without a credential can fill it or shape it.
pub(crate) struct Cache {
    hasher: DefaultHashBuilder,
    lately: HashTable<Entry>,
    before: HashTable<Entry>,
}

struct Entry {
    hash: u64,
    token: Zeroizing<Box<[u8]>>,
    verified: Verified,
}

impl Entry {
    /// Equal tokens are found by a hash with a seed of its own, and compared in a time that says nothing of where they
    /// differ.
    fn is(&self, hash: u64, token: &[u8]) -> bool {
        self.hash == hash && verify_slices_are_equal(&self.token, token).is_ok()
    }
}

impl Cache {
    pub(crate) fn new() -> Self {
        Self { hasher: DefaultHashBuilder::default(), lately: HashTable::new(), before: HashTable::new() }
    }

    /// What the token was found to be, whether or not it still holds.
    pub(crate) fn get(&mut self, token: &[u8]) -> Option<Verified> {
        let hash = self.hasher.hash_one(token);
        if let Some(entry) = self.lately.find(hash, |it| it.is(hash, token)) {
            return Some(entry.verified.clone());
        }
        let (entry, _) = self.before.find_entry(hash, |it| it.is(hash, token)).ok()?.remove();
        let verified = entry.verified.clone();
        self.keep(entry);
        Some(verified)
    }

    pub(crate) fn put(&mut self, token: &[u8], verified: Verified) {
        let hash = self.hasher.hash_one(token);
        let entry = Entry { hash, token: Zeroizing::new(token.into()), verified };
        if let Ok(known) = self.lately.find_entry(hash, |it| it.is(hash, token)) {
            known.remove();
        }
        self.keep(entry);
    }

    fn keep(&mut self, entry: Entry) {
        if self.lately.len() >= TOKENS_MAX {
            self.before = mem::take(&mut self.lately);
        }
        self.lately.insert_unique(entry.hash, entry, |it| it.hash);
    }
}
