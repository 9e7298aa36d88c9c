//! Whether the events of an export themselves tell of what it says is erased.

use std::collections::HashSet;

use assent_proto::event::event::Payload;

use crate::disclosure::{Item, Shown};
use crate::entry::Entry;

/// How many items are followed up at once; of more than these only the count is said.
const FOLLOWED_MAX: usize = 1 << 20;

/// Items that are said to be erased, and for which no erasure was read yet.
#[derive(Debug, Default)]
pub(super) struct Erasures {
    open: HashSet<[u8; 16]>,
    /// How many items have their erasure among the events.
    pub(super) told: u64,
}

impl Erasures {
    /// Looks at an event and its items, in the order of the log: an erasure stands behind what it erases.
    pub(super) fn look(&mut self, entry: &Entry, items: &[Item<'_>]) {
        let erased = items.iter().filter(|it| matches!(it.shown, Shown::Erased));
        for key_id in erased.filter_map(|it| it.sealed.key_id.as_ref().try_into().ok()) {
            if self.open.len() < FOLLOWED_MAX {
                self.open.insert(key_id);
            }
        }
        if let Payload::PersonalDataErased(it) = entry.payload() {
            let key_ids = it.key_ids.iter().filter_map(|it| <[u8; 16]>::try_from(it.as_ref()).ok());
            self.told += key_ids.filter(|it| self.open.remove(it)).count() as u64;
        }
    }
}
