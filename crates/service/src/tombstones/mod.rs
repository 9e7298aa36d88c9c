//! What was erased stays erased, whatever backup is restored.
//!
//! The log names the vault rows that each erasure deleted, and a list outside of the data names them once more: for a
//! restore that takes the log back, too. Before a ledger is served, every row that either of them names is deleted
//! again.

mod list;
mod sweep;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use assent_domain::privacy::KeyId;
use tracing::error;

use list::List;
pub use list::erased_keys;
pub(crate) use sweep::{erase_again, erased_by, learn_erased, sweep};

/// The list of erased key ids, where one is kept. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tombstones(Option<Arc<Mutex<List>>>);

/// Why a list could not be opened, or added to.
#[derive(Debug, thiserror::Error)]
pub enum TombstonesError {
    /// The file could not be read or written.
    #[error("could not read or write the list of erased keys `{}`", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is something else.
    #[error("line {line} of `{}` is no erased key: is it another file?", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
}

impl Tombstones {
    /// Opens the list, and makes it where there is none.
    pub(crate) fn open(path: Option<&Path>) -> Result<Self, TombstonesError> {
        let Some(path) = path else { return Ok(Self(None)) };
        let list = List::open(path.to_owned())?;
        Ok(Self(Some(Arc::new(Mutex::new(list)))))
    }

    /// Adds what was erased. It is erased already: where the list can't be written, the next start adds it.
    pub(crate) fn note(&self, erased: &[KeyId]) {
        if let Err(error) = self.add(erased) {
            error!(
                error = &error as &dyn std::error::Error,
                "could not add to the list of erased keys: make it writable, and start the server again"
            );
        }
    }

    /// Adds keys, durably.
    fn add(&self, erased: &[KeyId]) -> Result<(), TombstonesError> {
        let Some(list) = &self.0 else { return Ok(()) };
        list.lock().unwrap_or_else(PoisonError::into_inner).add(erased)
    }

    fn all(&self) -> Vec<KeyId> {
        let Some(list) = &self.0 else { return Vec::new() };
        list.lock().unwrap_or_else(PoisonError::into_inner).erased.iter().copied().collect()
    }
}
