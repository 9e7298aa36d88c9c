//! Personal data: sealed boxes that may stand in the log for ever, and the keys that may not.
//!
//! Each personal item is sealed with a random key of its own. The box goes into an entry; its key, wrapped by the
//! master key, goes into a row of the vault, in the same commit. Deleting the row erases the item everywhere the box
//! was ever copied to, and changes no hash of the log.
//!
//! Unsealing always reads the row: nothing here caches a key or a plaintext. What a process remembers is which rows were
//! erased: one that a backup brings back is not read, and one that is lost is not taken for erased. No `Debug` shows a
//! secret.
//!
//! Box, wrapping and fingerprints are for ever; `docs/format.md` shows the bytes. Rows are inserted and erased by the
//! log, in the append's own transaction; what changes of them here is who wraps their key ([`rotate`]).

mod crypto;
mod error;
mod master_key;
mod master_keys;
mod rotate;
mod rows;
mod sealed_box;
mod sql;
mod vault;

/// Whether the document that shows the bytes of boxes, keys and fingerprints shows these, white space aside.
#[cfg(test)]
fn shown_in_the_format(golden: &str) -> bool {
    let text: String = include_str!("../../../docs/format.md").split_whitespace().collect();
    text.contains(golden)
}

pub use error::{MasterKeyError, OpenError, RotateError, UnsealError};
pub use master_key::{MasterKey, MasterKeyId};
pub use master_keys::{MasterKeyIds, MasterKeys};
pub use rotate::{Rotated, rotate, wrapped_by};
pub use sealed_box::{Disclosed, Kind, SUITE, SealedBox, Subject};
pub use vault::{Boxed, Sealed, Vault};
