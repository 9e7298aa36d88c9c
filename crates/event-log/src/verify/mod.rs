//! The whole log, checked from the bytes that are stored: nothing is taken for granted, not even that it opens.

mod entries;
mod pages;
mod rest;
mod signed;
mod tiles;

use assent_evidence::Hash;
use tokio::sync::mpsc;

use crate::batch::StoredEntry;
use crate::database::Database;
use crate::error::{OpenError, ReadError};
use crate::log::read_only;

/// What a log is that holds in every part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The number of entries: each has the leaf hash that is stored beside it, and stands where it says.
    pub size: u64,
    /// The root of all of them, which is the last commit's.
    pub root: Hash,
    /// The number of commits: each begins where the one before it ends, and has the root of the entries up to its end.
    pub commits: u64,
    /// The number of tiles: each holds the nodes of the tree.
    pub tiles: u64,
    /// The number of documents: each has the hash that it is stored under.
    pub documents: u64,
    /// The number of stored checkpoints: each says the root of the entries up to its size. Who signed them is for whoever
    /// has the keys.
    pub checkpoints: u64,
    /// The size of the first of them that has another origin than the first one: either the log was begun anew under another
    /// name, or it is another log's. Only who has the keys can tell.
    pub other_origin_at: Option<u64>,
}

/// The first thing found that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where in the log it is, or begins; 0 where it is outside the positions.
    pub position: u64,
    /// What is wrong, as a clause that begins with a noun.
    pub what: String,
}

/// What checking a log came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It holds in every part.
    Whole(Verified),
    /// It does not.
    Broken(Finding),
}

/// Why a log could not be checked. That says nothing about it.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// Its database could not be opened.
    #[error("{0}")]
    Open(#[from] OpenError),
    /// It could not be read.
    #[error("could not read the log")]
    Read(#[from] ReadError),
}

/// Checks a log from its stored bytes, also beside the processes that write it: every entry's leaf hash and stamp,
/// density, every commit, every tile, every stored checkpoint, every
/// request's position and every document. `progress` is told how many of how
/// many entries are checked.
pub async fn verify(url: &str, progress: impl FnMut(u64, u64)) -> Result<Verdict, VerifyError> {
    verify_and(url, None, progress).await
}

/// The same, and passes on each entry that was found to be as it was written, in order and page by page, so that what the
/// entries mean is looked at without reading them a second time. It waits for whoever takes them; once nobody does, it
/// goes on alone.
pub async fn verify_passing_on(
    url: &str,
    pages: mpsc::Sender<Vec<StoredEntry>>,
    progress: impl FnMut(u64, u64),
) -> Result<Verdict, VerifyError> {
    verify_and(url, Some(pages), progress).await
}

async fn verify_and(
    url: &str,
    pages: Option<mpsc::Sender<Vec<StoredEntry>>>,
    progress: impl FnMut(u64, u64),
) -> Result<Verdict, VerifyError> {
    let database = read_only(url).await?;
    let verdict = check(&database, pages, progress).await;
    database.close().await;
    Ok(verdict?)
}

async fn check(
    database: &Database,
    pages: Option<mpsc::Sender<Vec<StoredEntry>>>,
    progress: impl FnMut(u64, u64),
) -> Result<Verdict, ReadError> {
    let walked = entries::check(database, pages, progress).await?;
    let verified = match walked {
        Verdict::Whole(verified) => verified,
        broken @ Verdict::Broken(_) => return Ok(broken),
    };
    let astray = match rest::tiles(database).await? {
        None => rest::requests(database).await?,
        found => found,
    };
    if let Some(finding) = astray {
        return Ok(Verdict::Broken(finding));
    }
    Ok(match rest::documents(database).await? {
        Ok(documents) => Verdict::Whole(Verified { documents, ..verified }),
        Err(finding) => Verdict::Broken(finding),
    })
}

impl Finding {
    fn at(position: u64, what: impl Into<String>) -> Self {
        Self { position, what: what.into() }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.position {
            0 => f.write_str(&self.what),
            position => write!(f, "position {position}: {}", self.what),
        }
    }
}
