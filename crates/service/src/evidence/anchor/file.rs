//! The anchor in a file outside the database: read, compared, and swapped under a lock before anything is published.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use assent_event_log::EventLog;
use assent_evidence::{Anchor as Remembered, Hash, MAX_ANCHOR_BYTES, SignedCheckpoint, Standing};

use tracing::warn;

use super::super::tree::Tree;
use super::AnchorError;

/// Remembers a checkpoint, if the log is the one that was signed before.
pub(super) async fn swap(
    path: &Path,
    begin: bool,
    log: &EventLog,
    tree: &Tree,
    signed: &SignedCheckpoint,
) -> Result<(), AnchorError> {
    // Held until the new one is in place: two processes with one file take turns.
    let at = path.to_owned();
    let (_lock, read) = tokio::task::spawn_blocking(move || Ok((lock(&at)?, read(&at)?)))
        .await
        .map_err(AnchorError::failed)??;
    let mut remembered = match read {
        None => {
            refuse_lost(path, begin, log).await?;
            warn!(path = %path.display(), "there is no anchor yet: begins one with what is signed now");
            Remembered::begin(signed.clone())
        }
        Some(remembered) => remembered,
    };
    let last = remembered.last().checkpoint();
    if last.size > log.head().size
        && log.root_at(last.size).await.map_err(AnchorError::failed)? == Some(last.root)
    {
        // Another process appended and signed more of this very log; this one has not followed that far yet.
        return Err(AnchorError::Behind);
    }
    match compare(&remembered, log, tree).await? {
        Standing::Extends => {}
        Standing::LogShorter { missing_at: signed, .. } | Standing::Fork { differ_at: signed, .. } => {
            return Err(AnchorError::Forked { signed });
        }
    }
    if remembered.last().checkpoint().size > signed.checkpoint().size {
        // Another process signed more of this log meanwhile.
        return Err(AnchorError::Behind);
    }
    remembered.advance(signed.clone()).map_err(AnchorError::failed)?;
    let (path, text) = (path.to_owned(), remembered.to_string());
    let written = tokio::task::spawn_blocking(move || write(&path, &text)).await;
    written.map_err(AnchorError::failed)?.map_err(AnchorError::failed)
}

/// Where checkpoints are stored, there was an anchor: without it nobody can tell whether this log is the one that was signed,
/// or an earlier state of it. Only a person can.
async fn refuse_lost(path: &Path, begin: bool, log: &EventLog) -> Result<(), AnchorError> {
    let signed = log.newest_checkpoint().await.map_err(AnchorError::failed)?;
    match signed.filter(|_| !begin) {
        None => Ok(()),
        Some(signed) => Err(AnchorError::because(format!(
            "there is no anchor `{}`, though {} positions are signed: put it back from where it was kept; or, if this \
             database is the one that was signed last, begin it anew once with --begin-anchor",
            path.display(),
            signed.size
        ))),
    }
}

/// Compares a log with what an anchor remembers of it. Where all is well, that is one look.
async fn compare(remembered: &Remembered, log: &EventLog, tree: &Tree) -> Result<Standing, AnchorError> {
    let size = log.head().size;
    let mut roots: HashMap<u64, Hash> = HashMap::new();
    let last = remembered.last().checkpoint();
    if last.size <= size {
        roots.insert(last.size, tree.root(last.size).await.map_err(AnchorError::failed)?);
    }
    if roots.get(&last.size) != Some(&last.root) {
        for size in remembered.sizes().filter(|it| *it <= size) {
            roots.insert(size, tree.root(size).await.map_err(AnchorError::failed)?);
        }
    }
    Ok(remembered.compare(|size| roots.get(&size).copied()))
}

/// Tries only: who holds it may hang, and nothing may hang with it.
fn lock(path: &Path) -> Result<File, AnchorError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let opened = OpenOptions::new().create(true).truncate(false).write(true).open(PathBuf::from(name));
    let file = opened.map_err(AnchorError::failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(AnchorError::because("another process holds the anchor")),
        Err(TryLockError::Error(error)) => Err(AnchorError::failed(error)),
    }
}

/// Whether it can be read, where there is one: asked before anything rests on it.
pub(crate) fn check(path: &Path) -> Result<(), String> {
    match read(path) {
        Ok(_) => Ok(()),
        Err(AnchorError::Failed(error)) => Err(error.to_string()),
        Err(AnchorError::Forked { .. } | AnchorError::Behind) => Ok(()),
    }
}

fn read(path: &Path) -> Result<Option<Remembered>, AnchorError> {
    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(AnchorError::failed(error)),
        Ok(file) if file.len() > MAX_ANCHOR_BYTES as u64 => {
            let what = format!("`{}` is larger than an anchor can be", path.display());
            return Err(AnchorError::failed(std::io::Error::other(what)));
        }
        Ok(_) => {}
    }
    let bytes = fs::read(path).map_err(AnchorError::failed)?;
    Remembered::parse(bytes).map(Some).map_err(AnchorError::failed)
}

/// In place of what was there, all of it or nothing, and durably.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|it| it.error)?;
    File::open(folder)?.sync_all()
}
