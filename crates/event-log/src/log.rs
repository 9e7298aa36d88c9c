//! The log itself: opening, closing, and how far it has got.

use std::sync::Arc;

use tokio::sync::{Mutex, watch};

use crate::address::{self, Address};
use crate::batch::Head;
use crate::database::Database;
use crate::error::{OpenError, ReadError};
use crate::load::{Tip, load};
use crate::migrate::{self, Place};
use crate::postgres::{self, Access, Wakes};
use crate::sqlite;

/// The handle on a log. Clones share everything.
#[derive(Clone, Debug)]
pub struct EventLog {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) database: Database,
    /// What the head rests on. Whoever appends or follows holds it for as long as that takes.
    pub(crate) tip: Mutex<Tip>,
    head: watch::Sender<Head>,
    size: watch::Sender<u64>,
}

/// Where the database that a URL names is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabasePlace {
    /// In a file of this machine.
    File,
    /// On a server, which others use, too.
    Server,
}

/// How a log is opened to read and write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogOptions {
    /// Whether its tables are made or brought up to date, where they are not.
    pub migrate: bool,
    /// Whether a commit must be durable on a second machine before it counts: on PostgreSQL, synchronous replication
    /// is then asserted, and appends are refused while no standby is named. A file has no second machine.
    pub replicated: bool,
}

impl Default for LogOptions {
    fn default() -> Self {
        Self { migrate: true, replicated: false }
    }
}

impl EventLog {
    /// Opens a log to read and write, and makes it where there is none: `sqlite:<file>` or
    /// `postgres://user@host/database`.
    ///
    /// Takes the lock that keeps other processes out of a file, brings the tables up to date, and checks that entries
    /// and tiles at the edge lead to the last commit's root.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        Self::open_with(url, LogOptions::default()).await
    }

    /// Looks whether a URL names a database that could be opened so, without opening it.
    pub fn check_url(url: &str, options: LogOptions) -> Result<DatabasePlace, OpenError> {
        match address::parse(url)? {
            Address::Sqlite(_) if options.replicated => Err(OpenError::NotReplicated),
            Address::Sqlite(_) => Ok(DatabasePlace::File),
            Address::Postgres(_) => Ok(DatabasePlace::Server),
        }
    }

    /// The same, with options.
    pub async fn open_with(url: &str, options: LogOptions) -> Result<Self, OpenError> {
        let (database, place) = match address::parse(url)? {
            Address::Sqlite(_) if options.replicated => return Err(OpenError::NotReplicated),
            Address::Sqlite(path) => (sqlite::open(&path).await?, Place::file(&path)),
            Address::Postgres(hosts) => {
                let place = Place::server(&hosts);
                let access = Access { writable: true, replicated: options.replicated };
                (postgres::open(hosts, access).await?, place)
            }
        };
        match options.migrate {
            true => migrate::run(&database, &place).await?,
            false => migrate::check(&database, &place).await?,
        }
        Self::load(database, place).await
    }

    /// Opens a log to read only, also beside the processes that write it: no lock, no migration.
    ///
    /// The head stays where it is until [`EventLog::refresh`] or [`EventLog::follow`].
    pub async fn open_read_only(url: &str) -> Result<Self, OpenError> {
        let (database, place) = read_only_at(url).await?;
        Self::load(database, place).await
    }

    /// The database that the log lives in, for the vault and the projections. Its `events`, `requests`, `commits`,
    /// `tiles` and `documents` are written by [`EventLog::append`] only.
    pub fn database(&self) -> &Database {
        &self.inner.database
    }

    /// How far this handle has seen the log.
    pub fn head(&self) -> Head {
        *self.inner.head.borrow()
    }

    /// The size of the log after each commit that this handle has seen. It only wakes: read from where you were, not
    /// what it says.
    pub fn heads(&self) -> watch::Receiver<u64> {
        self.inner.size.subscribe()
    }

    /// Hears of the commits of other processes; none where there can be no other.
    pub async fn wakes(&self) -> Result<Option<Wakes>, ReadError> {
        match self.database() {
            Database::Sqlite(_) => Ok(None),
            Database::Postgres(database) => {
                let wakes = Wakes::listen(database).await;
                wakes
                    .map(Some)
                    .map_err(|source| ReadError::Unreachable { doing: "listen for commits", source })
            }
        }
    }

    /// Forgets what this handle has read, and begins anew at the log's end as it is now: for a process whose log has
    /// diverged, once it has stopped to answer from it.
    pub async fn reload(&self) -> Result<Head, ReadError> {
        let mut tip = self.inner.tip.lock().await;
        *tip = load(&self.inner.database).await?;
        let head = tip.head();
        self.inner.head.send_replace(head);
        self.inner.size.send_replace(head.size);
        Ok(head)
    }

    /// Waits for an append under way, closes all connections (those of the vault and the projections too) and lets
    /// the next process in. Everything asked of the log afterwards fails.
    pub async fn close(&self) {
        let _no_append_under_way = self.inner.tip.lock().await;
        self.inner.database.close().await;
    }

    /// Makes a tip known. Called with the old one's lock held, so heads are published in order.
    pub(crate) fn advance(&self, tip: &mut Tip, to: Tip) {
        let has_grown = to.tree.size() > tip.tree.size();
        *tip = to;
        let head = tip.head();
        self.inner.head.send_replace(head);
        if has_grown {
            self.inner.size.send_replace(head.size);
        }
    }

    async fn load(database: Database, place: Place) -> Result<Self, OpenError> {
        let tip = load(&database).await.map_err(|source| OpenError::Load { place: place.0, source })?;
        let head = tip.head();
        let (head, size) = (watch::Sender::new(head), watch::Sender::new(head.size));
        Ok(Self { inner: Arc::new(Inner { database, tip: Mutex::new(tip), head, size }) })
    }
}

/// A log's database, opened to read only, whatever is in it.
pub(crate) async fn read_only(url: &str) -> Result<Database, OpenError> {
    read_only_at(url).await.map(|(database, _)| database)
}

/// Opens a ledger's database to write what is not the log's (the vault), beside the processes that write the log.
pub async fn open_beside(url: &str) -> Result<Database, OpenError> {
    let (database, place) = match address::parse(url)? {
        Address::Sqlite(path) => (sqlite::open_beside(&path).await?, Place::file(&path)),
        Address::Postgres(hosts) => {
            let place = Place::server(&hosts);
            (postgres::open(hosts, Access { writable: true, replicated: false }).await?, place)
        }
    };
    migrate::check(&database, &place).await?;
    Ok(database)
}

async fn read_only_at(url: &str) -> Result<(Database, Place), OpenError> {
    let (database, place) = match address::parse(url)? {
        Address::Sqlite(path) => (sqlite::open_read_only(&path).await?, Place::file(&path)),
        Address::Postgres(hosts) => {
            let place = Place::server(&hosts);
            let access = Access { writable: false, replicated: false };
            (postgres::open(hosts, access).await?, place)
        }
    };
    migrate::check(&database, &place).await?;
    Ok((database, place))
}
