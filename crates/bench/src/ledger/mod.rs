//! The ledger that everything is measured on: made once, kept, and only ever used as a copy.

pub(crate) mod build;
pub(crate) mod story;

use std::fs;
use std::path::{Path, PathBuf};

use assent_event_log::{EventLog, READ_ENTRIES_MAX};
use tempfile::TempDir;

use crate::Outcome;

/// The files of a ledger: the log with the vault, its key, the read models; and what it signs with, where it has signed already.
const FILES: [&str; 5] =
    ["assent.db", "assent.db.views", "assent.db.key", "assent.db.signing-key", "assent.db.anchor"];
const LARGE_FILES: usize = 2;

/// How large a ledger is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) relationships: u64,
    /// How many events there are of each; from three on, which it takes to begin with, each is one more acceptance.
    pub(crate) events_each: u64,
}

/// The usual events each.
impl From<u64> for Size {
    fn from(relationships: u64) -> Self {
        Self { relationships, events_each: story::EVENTS_EACH }
    }
}

/// Gives the folder of a ledger of this size: the one that is kept there, or else one made now.
fn kept(folder: &Path, size: impl Into<Size>) -> Outcome<PathBuf> {
    let size @ Size { relationships, events_each } = size.into();
    let events = match events_each {
        story::EVENTS_EACH => String::new(),
        each => format!("-events-{each}"),
    };
    let ledger = folder.join(format!("relationships-{relationships}{events}"));
    if ledger.exists() {
        return Ok(ledger);
    }
    fs::create_dir_all(folder)?;
    let making = tempfile::tempdir_in(folder)?;
    build::build(making.path(), size)?;
    // Renamed when it is whole, so that an interrupted run leaves none that looks so.
    fs::rename(making.keep(), &ledger)?;
    Ok(ledger)
}

/// A ledger of this size that vanishes again: a copy of the one that is kept in a folder, or else one made now.
pub(crate) fn ready(kept_in: Option<&Path>, size: impl Into<Size>) -> Outcome<TempDir> {
    if let Some(folder) = kept_in {
        return copied(&kept(folder, size)?);
    }
    let making = tempfile::tempdir()?;
    build::build(making.path(), size)?;
    Ok(making)
}

/// The same ledger under other names, for a server that writes nothing: a copy of a large one would take minutes, and its room.
pub(crate) fn twin(ledger: &Path) -> Outcome<TempDir> {
    let twin = tempfile::tempdir_in(ledger.parent().ok_or("a ledger lies in a folder")?)?;
    for (place, file) in FILES.into_iter().enumerate().filter(|it| ledger.join(it.1).exists()) {
        let [from, to] = [ledger, twin.path()].map(|it| it.join(file));
        if place < LARGE_FILES { fs::hard_link(from, to)? } else { _ = fs::copy(from, to)? }
    }
    Ok(twin)
}

/// A copy of a ledger: what is measured writes, and the next run begins where this one did.
fn copied(ledger: &Path) -> Outcome<TempDir> {
    let beside = ledger.parent().ok_or("a kept ledger lies in a folder")?;
    let copy = tempfile::tempdir_in(beside)?;
    for file in FILES.into_iter().filter(|it| ledger.join(it).exists()) {
        fs::copy(ledger.join(file), copy.path().join(file))?;
        // What is still to be written would otherwise be written while something is measured.
        fs::File::open(copy.path().join(file))?.sync_all()?;
    }
    Ok(copy)
}

/// The number of entries, each read in pages as they are.
pub(crate) async fn read_all(url: &str) -> Outcome<u64> {
    let log = EventLog::open_read_only(url).await?;
    let (mut read, size) = (0, log.head().size);
    while read < size {
        read += log.read(read + 1, size, READ_ENTRIES_MAX).await?.len() as u64;
    }
    log.close().await;
    Ok(read)
}
