//! The master keys that a vault is opened with: while one takes the place of another, both.

use std::fmt;

use crate::master_key::{MasterKey, MasterKeyId};

/// The master keys at hand: the first one wraps, and each of them unwraps what it has wrapped.
#[derive(Clone, Debug)]
pub struct MasterKeys {
    first: MasterKey,
    others: Vec<MasterKey>,
}

/// The names of master keys, safe to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MasterKeyIds(pub Vec<MasterKeyId>);

impl MasterKeys {
    /// The key that wraps, and those that only unwrap.
    pub const fn new(first: MasterKey, others: Vec<MasterKey>) -> Self {
        Self { first, others }
    }

    /// The key that wraps.
    pub(crate) const fn first(&self) -> &MasterKey {
        &self.first
    }

    /// The key of this name.
    pub(crate) fn find(&self, id: &[u8]) -> Option<&MasterKey> {
        std::iter::once(&self.first).chain(&self.others).find(|it| it.id().0 == id)
    }

    /// Their names, the first one's first.
    pub(crate) fn ids(&self) -> MasterKeyIds {
        MasterKeyIds(std::iter::once(&self.first).chain(&self.others).map(MasterKey::id).collect())
    }
}

impl From<MasterKey> for MasterKeys {
    fn from(only: MasterKey) -> Self {
        Self::new(only, Vec::new())
    }
}

impl fmt::Display for MasterKeyIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(ids) = self;
        let names: Vec<String> = ids.iter().map(ToString::to_string).collect();
        f.write_str(&names.join(", "))
    }
}
