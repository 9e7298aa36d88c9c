//! The append-only log: opaque entries in a dense order, with the Merkle tree over them.
//!
//! This crate stores bytes. It cannot name a customer, and what an entry means is decided elsewhere. It is the only
//! writer of entries: [`EventLog::append`] is the one way in, and nothing updates or deletes, here or in the database.
//!
//! An append commits entries, their Merkle root, the tiles they complete, the request keys they answer and the vault
//! rows they need, all of it or nothing. It is guarded by the size of the log that it was decided on, so positions
//! are dense and every entry is decided on exactly the prefix before it.
//!
//! What is stored is described byte by byte in `docs/format.md`. It lives in a SQLite file, which one process writes, or
//! in a PostgreSQL database, which any number of processes write: [`EventLog::follow`] brings in what the others
//! appended. Statements are the same text for both wherever they can be; the folders `sqlite` and `postgres` hold what
//! truly differs.

mod address;
mod append;
mod batch;
mod checkpoints;
mod database;
mod erase;
mod error;
mod file_lock;
mod follow;
mod ids;
mod leaf_groups;
mod load;
mod log;
mod migrate;
mod plan;
mod postgres;
mod pulse;
mod read;
mod requests;
mod sql;
mod sqlite;
mod stamp;
mod tree;
mod vault_rows;
mod verify;
mod write;

pub use append::Turn;
pub use batch::{Appended, Batch, Document, Draft, Head, KeyRow, RequestKey, StoredEntry, row_of_request};
pub use checkpoints::StoredCheckpoint;
pub use database::{Database, Dialect, PoolUse, Pools, Postgres, Sqlite, in_time};
pub use error::{AppendError, OpenError, ReadError};
pub use ids::{LedgerTag, POSITIONS_END, event_id, position_of};
pub use log::{DatabasePlace, EventLog, LogOptions, open_beside};
pub use migrate::migrate;
pub use postgres::Wakes;
pub use pulse::Beat;
pub use read::READ_ENTRIES_MAX;
pub use requests::RequestPages;
pub use sqlite::{gathering, pool as sqlite_pool, room_for, rows_given, take_rows};
pub use stamp::{ENTRY_BYTES_MAX, Links, STAMP_BYTES_MAX};
pub use vault_rows::{VaultPart, VaultParts};
pub use verify::{Finding, Verdict, Verified, VerifyError, verify, verify_passing_on};
