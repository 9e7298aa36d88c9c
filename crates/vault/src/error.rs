//! What can go wrong with the vault.

use std::path::PathBuf;

use crate::master_key::MasterKeyId;
use crate::master_keys::MasterKeyIds;

/// Why a master key could not be taken. The text that was given is never shown.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// The text is not a key.
    #[error("a master key is 32 bytes, written as 64 hexadecimal digits or in base64")]
    Malformed,
    /// The file could not be read.
    #[error("could not read the master key from `{}`", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// Why the vault could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The vault needs another master key, too.
    #[error("wrong master key: the vault needs key {needed}, given was key {given}")]
    WrongMasterKey {
        /// A key that wraps the vault's own key, or a row.
        needed: MasterKeyId,
        /// The keys that were given.
        given: MasterKeyIds,
    },
    /// The master key is the right one, but the vault's own key does not unwrap.
    #[error("the vault is corrupt: its fingerprint key does not unwrap with key {master_key}")]
    Corrupt {
        /// The key that was given, and that the vault names.
        master_key: MasterKeyId,
    },
    /// The vault has no keys yet, and the database was opened read-only.
    #[error("the vault has not been set up yet: start the server once")]
    NotSetUp,
    /// The database did not answer.
    #[error("could not read the vault's own keys")]
    Unreachable {
        /// Why.
        #[source]
        source: sqlx::Error,
    },
}

/// Why a box could not be unsealed. An erased one is no error.
#[derive(Debug, thiserror::Error)]
pub enum UnsealError {
    /// The box was made by a release that knows more.
    #[error("box {} has suite {suite}, which this release does not know", hex::encode(key_id))]
    UnknownSuite {
        /// The box.
        key_id: [u8; 16],
        /// Its suite.
        suite: u32,
    },
    /// The vault has no key for the box, and nobody said that it was erased (LOG_CORRUPT).
    #[error("the vault has lost the key of box {}", hex::encode(key_id))]
    Lost {
        /// The box.
        key_id: [u8; 16],
    },
    /// The box's key is wrapped by another master key.
    #[error("wrong master key: box {} needs key {needed}, given was key {given}", hex::encode(key_id))]
    WrongMasterKey {
        /// The box.
        key_id: [u8; 16],
        /// The key that wraps the box's key.
        needed: MasterKeyId,
        /// The keys that the vault was opened with.
        given: MasterKeyIds,
    },
    /// Key, box, subject and commitment do not belong together (LOG_CORRUPT).
    #[error("box {} is corrupt: {finding}", hex::encode(key_id))]
    Corrupt {
        /// The box.
        key_id: [u8; 16],
        /// What was found.
        finding: &'static str,
    },
    /// The database did not answer.
    #[error("could not read the keys of {boxes} boxes")]
    Unreachable {
        /// How many rows were asked for.
        boxes: usize,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
}

/// Why a vault's keys were not all wrapped anew. What was done stays done: run it again.
#[derive(Debug, thiserror::Error)]
pub enum RotateError {
    /// There is nothing to rotate.
    #[error("the old and the new master key are the same")]
    SameKey,
    /// The vault could not be opened with these keys.
    #[error("could not open the vault with the old and the new master key")]
    Open(#[from] OpenError),
    /// A row's key does not unwrap with the master key that it names.
    #[error("row {} of the vault is corrupt: its wrapped key does not unwrap", hex::encode(id))]
    Corrupt {
        /// The row.
        id: [u8; 16],
    },
    /// Servers go on wrapping with the old key.
    #[error(
        "keys are still being wrapped by the old master key: start every server with --master-key-file of the new key \
         first and of the old one second, and rotate again"
    )]
    StillWrapping,
    /// The database did not answer, or others held its rows too long.
    #[error("could not read or write the vault")]
    Unreachable(#[from] sqlx::Error),
}
