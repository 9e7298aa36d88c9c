//! What can go wrong with the log, each with the sentence that tells a person what to do about it.

use std::path::PathBuf;

use crate::stamp::ENTRY_BYTES_MAX;

/// Why a log could not be opened. Nothing was written, and no file of another program was touched.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL names a database that this build cannot open.
    #[error("cannot open a `{scheme}` database: write `sqlite:<file>` or `postgres://user@host/database`")]
    UnknownScheme {
        /// What the URL begins with. The rest is left out, because it may hold a password.
        scheme: String,
    },
    /// The URL names no database. It is not repeated: it may hold a password.
    #[error("this is no database URL: write `sqlite:<file>`, or `postgres://user@host/database`")]
    NoFile,
    /// There is nothing at the path, and it is not to be made.
    #[error("there is no ledger at `{}`", path.display())]
    Missing {
        /// The database file.
        path: PathBuf,
    },
    /// The file's folder does not exist.
    #[error("the folder of `{}` does not exist", path.display())]
    FolderMissing {
        /// The database file.
        path: PathBuf,
    },
    /// The file is no database, or no file at all; it was left as it is.
    #[error("`{}` is not a database file; it was left as it is", path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// The database belongs to another program; it was left as it is.
    #[error(
        "`{}` is a database of another program (application id {application_id:#010x}); it was left as it is",
        path.display()
    )]
    ForeignDatabase {
        /// The database file.
        path: PathBuf,
        /// What the file says in `PRAGMA application_id`; 0 when it says nothing.
        application_id: i32,
    },
    /// The file, or its folder, cannot be written.
    #[error("`{}` is read-only, and a ledger must be able to write to its file and folder", path.display())]
    ReadOnlyFile {
        /// The database file.
        path: PathBuf,
    },
    /// Another process has the ledger open.
    #[error("`{}` is in use by another process, which holds `{}`", path.display(), lock.display())]
    Locked {
        /// The database file.
        path: PathBuf,
        /// The lock file.
        lock: PathBuf,
    },
    /// The lock file could not be made or locked.
    #[error("could not lock `{}`", lock.display())]
    Lock {
        /// The lock file.
        lock: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The URL of a PostgreSQL database is none.
    #[error("this is no database URL: write `postgres://user@host:port/database`")]
    Url {
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// The URL of a PostgreSQL database says something that is not understood.
    #[error(
        "the database URL has a parameter `{key}`, which is none of PostgreSQL's that are understood here"
    )]
    UrlParameter {
        /// Its name; not its value, which may be a secret.
        key: String,
    },
    /// A file can't be durable on a second machine.
    #[error("a file is on one machine: durability on a second one needs a PostgreSQL database")]
    NotReplicated,
    /// The server could lose what it acknowledges, is a standby, or is too old.
    #[error("`{place}` will not do: {why}")]
    Unfit {
        /// The database, without its password.
        place: String,
        /// What is wrong, and what to do.
        why: String,
    },
    /// A pooler stands between, and gives away a session's connection after each transaction.
    #[error(
        "`{place}` is a connection pooler in transaction mode: prepared statements, wake-ups by LISTEN, the lease of \
         the read models and session settings do not work there; use its session mode, or connect to the database"
    )]
    TransactionPooling {
        /// The database, without its password.
        place: String,
    },
    /// The role that a server runs as could not be granted what it needs.
    #[error("could not grant the role `{role}` what a server needs in `{place}`")]
    Grant {
        /// The database, without its password.
        place: String,
        /// The role.
        role: String,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// A newer release has written the tables.
    #[error("`{place}` was written by a newer release, which added migration {migration}")]
    NewerRelease {
        /// The database, without its password.
        place: String,
        /// The first migration that this release does not know.
        migration: i64,
    },
    /// The tables have not been made or brought up to date yet, and a reader does not do that.
    #[error("the tables of `{place}` are not up to date: run `assent migrate`, or start the server once")]
    NotMigrated {
        /// The database, without its password.
        place: String,
    },
    /// The tables could not be made.
    #[error("could not bring the tables of `{place}` up to date")]
    Migrate {
        /// The database, without its password.
        place: String,
        /// Why.
        #[source]
        source: sqlx::migrate::MigrateError,
    },
    /// The database could not be reached.
    #[error("could not open `{place}`")]
    Unreachable {
        /// The database, without its password.
        place: String,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// The log could not be read, or contradicts itself.
    #[error("could not read the log in `{place}`")]
    Load {
        /// The database, without its password.
        place: String,
        /// Why.
        #[source]
        source: ReadError,
    },
}

/// Why the log could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The database did not answer.
    #[error("could not {doing}")]
    Unreachable {
        /// What was being done.
        doing: &'static str,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// A stored entry does not match its hash (LOG_CORRUPT).
    #[error("the log is corrupt: the entry at position {position} does not match its hash")]
    Corrupt {
        /// Where.
        position: u64,
    },
    /// The log's tables contradict each other (LOG_CORRUPT).
    #[error("the log is corrupt at size {size}: {finding}")]
    Inconsistent {
        /// The size of the log as its last commit says it.
        size: u64,
        /// What was found.
        finding: &'static str,
    },
    /// The log no longer holds what was read of it: it was restored from a backup, or a primary came back without
    /// commits that it had shown. Nothing that was read may be answered from any more.
    #[error(
        "the log is not the one that was read: the commit that ends at size {size} is another one, or gone"
    )]
    Diverged {
        /// The size that was read.
        size: u64,
    },
}

impl ReadError {
    /// A task that read did not come to its end.
    pub fn ended(doing: &'static str, why: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Unreachable { doing, source: sqlx::Error::Io(std::io::Error::other(why)) }
    }
}

impl ReadError {
    /// Whether the log holds something it never should: a person must act, a retry does not help.
    pub fn is_corrupt(&self) -> bool {
        match self {
            Self::Corrupt { .. } | Self::Inconsistent { .. } | Self::Diverged { .. } => true,
            Self::Unreachable { .. } => false,
        }
    }
}

/// Why a batch was not appended. Nothing of it was stored, except as [`AppendError::OutcomeUnknown`] says.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Another append was first: follow, and decide again.
    #[error("the batch was decided on {start} entries, but the log has another size")]
    Conflict {
        /// The size the batch was decided on.
        start: u64,
    },
    /// A commit must be durable on a second machine, and the database names none: `synchronous_standby_names` is empty.
    #[error(
        "no standby is named that would keep a copy of each commit (`synchronous_standby_names` is empty)"
    )]
    NotReplicated,
    /// The batch holds no entry.
    #[error("the batch holds no entry")]
    Empty,
    /// An entry is too large.
    #[error("entry {index} of the batch has {size} bytes with its stamp, the most is {ENTRY_BYTES_MAX}")]
    EntryTooLarge {
        /// Which draft, from 0.
        index: usize,
        /// Its size with the stamp.
        size: usize,
    },
    /// An entry names a position that is not before its own.
    #[error("entry {index} of the batch would stand at position {position}, but links to position {link}")]
    LinkAhead {
        /// Which draft, from 0.
        index: usize,
        /// The position it would get.
        position: u64,
        /// The position it names.
        link: u64,
    },
    /// A request names a position that the log does not have.
    #[error("request {index} of the batch names position {position}, which the log does not have")]
    RequestAhead {
        /// Which request, from 0.
        index: usize,
        /// The position it names.
        position: u64,
    },
    /// A document is not what its hash says.
    #[error("document {index} of the batch does not match its SHA-256")]
    DocumentMismatch {
        /// Which document, from 0.
        index: usize,
    },
    /// Time would run backwards, or leave the years 1970 to 9999.
    #[error("the batch's instant {at} is before the last commit's, {last}, or not in the years 1970 to 9999")]
    Instant {
        /// The batch's instant, microseconds.
        at: i64,
        /// The last commit's instant, microseconds.
        last: i64,
    },
    /// The log has as many entries as it can ever hold.
    #[error("the log is full: positions end at 2^40")]
    Full,
    /// The log was opened for reading.
    #[error("the log was opened read-only")]
    ReadOnly,
    /// The database's own rules refuse the batch: a request key or a vault row that exists.
    #[error("the database refuses the batch")]
    Refused {
        /// Which rule.
        #[source]
        source: sqlx::Error,
    },
    /// The database did not take the batch.
    #[error("could not append {entries} entries at size {start}")]
    Unreachable {
        /// How many entries.
        entries: usize,
        /// The size the batch was decided on.
        start: u64,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// The commit failed, and whether it took effect could not be read either. The next append finds out:
    /// it meets a conflict if this one is stored.
    #[error("could not learn whether {entries} entries at size {start} were committed")]
    OutcomeUnknown {
        /// How many entries.
        entries: usize,
        /// The size the batch was decided on.
        start: u64,
        /// Why the outcome could not be read.
        #[source]
        source: ReadError,
    },
    /// The append task ended before its answer: the runtime is shutting down, or the task panicked.
    #[error("the append was interrupted")]
    Interrupted {
        /// How.
        #[source]
        source: tokio::task::JoinError,
    },
}
