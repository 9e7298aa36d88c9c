//! The lock of the one process that writes.
//!
//! It is a file of its own: locking the database file itself would get in the way of SQLite's locks.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::error::OpenError;

/// The lock `<database file>.lock`, held until it is released or dropped.
#[derive(Debug)]
pub(crate) struct FileLock(File);

impl FileLock {
    /// Takes the lock of a database file, at once or not at all.
    pub(crate) fn take(path: &Path) -> Result<Self, OpenError> {
        let mut lock = path.as_os_str().to_owned();
        lock.push(".lock");
        let lock = PathBuf::from(lock);
        let file = match OpenOptions::new().create(true).truncate(false).write(true).open(&lock) {
            Ok(file) => file,
            Err(error) if cannot_write(&error) => {
                return Err(OpenError::ReadOnlyFile { path: path.to_owned() });
            }
            Err(source) => return Err(OpenError::Lock { lock, source }),
        };
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(OpenError::Locked { path: path.to_owned(), lock }),
            Err(TryLockError::Error(source)) => Err(OpenError::Lock { lock, source }),
        }
    }

    /// Lets the next process in. Where it fails, dropping the file does the same.
    pub(crate) fn release(&self) {
        if let Err(error) = self.0.unlock() {
            tracing::warn!(%error, "could not release the ledger's lock file");
        }
    }
}

fn cannot_write(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem)
}
