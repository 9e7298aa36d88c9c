//! What was erased stays erased, whatever backup is restored.
//!
//! The log names the vault rows that each erasure deleted, and a list outside of the data names them once more: for a
//! restore that takes the log back, too. Before a ledger is served, every row that either of them names is deleted
//! again.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use assent_domain::Event;
use assent_domain::privacy::KeyId;
use assent_domain::values::Position;
use assent_event_log::{EventLog, StoredEntry};
use assent_projections::{Decoded, EventQuery, Views};
use assent_proto::event::event::Payload;
use assent_proto::stored::StoredError;
use prost::Message;
use tracing::{error, warn};

use crate::error::Error;

/// How many erasures, and how many entries, are read at once.
const ERASURES_AT_ONCE: u32 = 256;
const ENTRIES_AT_ONCE: usize = 1_024;
/// The type of the events that erase.
const TYPE: &str = "personal_data_erased";
/// The first line of a list; readers pass over it.
const HEAD: &str = "# Key ids of the vault that were erased, one a line. Never shorten this list.\n";

/// The list of erased key ids, where one is kept. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tombstones(Option<Arc<Mutex<List>>>);

#[derive(Debug)]
struct List {
    path: PathBuf,
    file: File,
    erased: HashSet<KeyId>,
}

/// Why a list could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum TombstonesError {
    /// The file could not be read or written.
    #[error("could not open the list of erased keys `{}`", path.display())]
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

    /// Adds what these events erased. It is erased already: where the list can't be written, the next start adds it.
    pub(crate) fn note(&self, events: &[Decoded]) {
        let erased = events.iter().filter_map(|it| match &it.recorded.event {
            Event::PersonalDataErased { key_ids, .. } => Some(key_ids),
            _ => None,
        });
        let erased: Vec<KeyId> = erased.flatten().copied().collect();
        if let Err(error) = self.add(&erased) {
            error!(%error, "could not add to the list of erased keys: make it writable, and start the server again");
        }
    }

    /// Adds keys, durably.
    fn add(&self, erased: &[KeyId]) -> std::io::Result<()> {
        let Some(list) = &self.0 else { return Ok(()) };
        list.lock().unwrap_or_else(PoisonError::into_inner).add(erased)
    }

    fn all(&self) -> Vec<KeyId> {
        let Some(list) = &self.0 else { return Vec::new() };
        list.lock().unwrap_or_else(PoisonError::into_inner).erased.iter().copied().collect()
    }
}

impl List {
    fn open(path: PathBuf) -> Result<Self, TombstonesError> {
        let failed = |source| TombstonesError::File { path: path.clone(), source };
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&path).map_err(failed)?;
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(failed)?;
        // A line without its end was never said to be there.
        let whole = text.iter().rposition(|it| *it == b'\n').map_or(0, |at| at + 1);
        file.set_len(whole as u64).and_then(|()| file.seek(SeekFrom::End(0))).map_err(failed)?;
        if whole == 0 {
            file.write_all(HEAD.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        }
        let mut erased = HashSet::new();
        for (at, line) in text[..whole].split(|it| *it == b'\n').enumerate() {
            if line.is_empty() || line.starts_with(b"#") {
                continue;
            }
            let key = parse(line).ok_or(TombstonesError::Line { path: path.clone(), line: at + 1 })?;
            erased.insert(key);
        }
        Ok(Self { path, file, erased })
    }

    fn add(&mut self, keys: &[KeyId]) -> std::io::Result<()> {
        let new: Vec<&KeyId> = keys.iter().filter(|it| !self.erased.contains(*it)).collect();
        if new.is_empty() {
            return Ok(());
        }
        let hex = |key: &KeyId| key.iter().map(|it| format!("{it:02x}")).collect::<String>();
        let lines: String = new.iter().map(|it| hex(it) + "\n").collect();
        let end = self.file.metadata()?.len();
        let written = self.file.write_all(lines.as_bytes()).and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            // What is only half there must not become the beginning of another line.
            self.file.set_len(end).and_then(|()| self.file.seek(SeekFrom::Start(end)))?;
            let path = self.path.display().to_string();
            return Err(std::io::Error::new(error.kind(), format!("{path}: {error}")));
        }
        self.erased.extend(new);
        Ok(())
    }
}

fn parse(line: &[u8]) -> Option<KeyId> {
    let text = std::str::from_utf8(line.trim_ascii()).ok().filter(|it| it.len() == 32 && it.is_ascii())?;
    u128::from_str_radix(text, 16).ok().map(u128::to_be_bytes)
}

/// Deletes every vault row that the log or the list says was erased, and brings the list up to date with the log.
pub(crate) async fn sweep(log: &EventLog, views: &Views, tombstones: &Tombstones) -> Result<(), Error> {
    let in_log = erased_in(log, views).await?;
    if let Err(error) = tombstones.add(&in_log) {
        error!(%error, "could not bring the list of erased keys up to date");
    }
    let mut all: HashSet<KeyId> = in_log.into_iter().collect();
    all.extend(tombstones.all());
    let all: Vec<KeyId> = all.into_iter().collect();
    let erased = log.erase_again(&all).await?;
    if erased > 0 {
        warn!(erased, "erased again what a restored vault had brought back");
        log.clear_traces().await?;
    }
    Ok(())
}

/// The rows that the log's erasures name: found by the read models as far as they go, and by reading after that.
async fn erased_in(log: &EventLog, views: &Views) -> Result<Vec<KeyId>, Error> {
    let head = log.head().size;
    let known = views.position().await?.min(Position(head));
    let query = EventQuery { types: vec![TYPE.to_owned()], ..EventQuery::default() };
    let mut erased = Vec::new();
    let mut next = Position(1);
    loop {
        let page = views.events(&query, next, known, ERASURES_AT_ONCE, false).await?;
        let Some(last) = page.last() else { break };
        next = Position(last.0 + 1);
        let positions: Vec<u64> = page.iter().map(|it| it.0).collect();
        add_erased(&log.entries(&positions).await?, &mut erased)?;
    }
    let mut next = known.0 + 1;
    while next <= head {
        let entries = log.read(next, head, ENTRIES_AT_ONCE).await?;
        let Some(last) = entries.last() else { break };
        next = last.position + 1;
        add_erased(&entries, &mut erased)?;
    }
    Ok(erased)
}

fn add_erased(entries: &[StoredEntry], erased: &mut Vec<KeyId>) -> Result<(), Error> {
    for entry in entries {
        let event = assent_proto::event::Event::decode(entry.entry.clone()).map_err(StoredError::from)?;
        if let Some(Payload::PersonalDataErased(it)) = event.payload {
            erased.extend(it.key_ids.iter().filter_map(|it| KeyId::try_from(it.as_ref()).ok()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(list: &Tombstones) -> HashSet<KeyId> {
        list.all().into_iter().collect()
    }

    #[test]
    fn what_was_added_is_there_when_the_list_is_opened_again_and_a_torn_line_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("erased");
        let list = Tombstones::open(Some(&path)).unwrap();
        list.add(&[[1; 16], [2; 16]]).unwrap();
        list.add(&[[2; 16], [3; 16]]).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().count(), 1 + 3, "{text}");
        std::fs::write(&path, text + "0404040404").unwrap();
        let again = Tombstones::open(Some(&path)).unwrap();
        assert_eq!(all(&again), HashSet::from([[1; 16], [2; 16], [3; 16]]));
        again.add(&[[4; 16]]).unwrap();
        assert_eq!(all(&Tombstones::open(Some(&path)).unwrap()).len(), 4);
    }

    #[test]
    fn another_file_is_told_from_a_list() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("something");
        std::fs::write(&path, "listen = \"127.0.0.1:50051\"\n").unwrap();
        let error = Tombstones::open(Some(&path)).unwrap_err();
        assert!(error.to_string().starts_with("line 1 of "), "{error}");
    }
}
