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
use assent_event_log::{EventLog, POSITIONS_END, StoredEntry};
use assent_projections::{Decoded, EventQuery, Views};
use assent_proto::event::event::Payload;
use assent_proto::stored::StoredError;
use assent_vault::Vault;
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
    /// Only ever appended to: another server may have the same list.
    file: File,
    erased: HashSet<KeyId>,
    /// How much of the file was read, and whether its last line has no end.
    bytes: u64,
    lines: usize,
    is_line_open: bool,
}

/// Why a list could not be opened, or added to.
#[derive(Debug, thiserror::Error)]
pub enum TombstonesError {
    /// The file could not be read or written.
    #[error("could not read or write the list of erased keys `{}`", path.display())]
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

    /// Adds what was erased. It is erased already: where the list can't be written, the next start adds it.
    pub(crate) fn note(&self, erased: &[KeyId]) {
        if let Err(error) = self.add(erased) {
            error!(
                error = &error as &dyn std::error::Error,
                "could not add to the list of erased keys: make it writable, and start the server again"
            );
        }
    }

    /// Adds keys, durably.
    fn add(&self, erased: &[KeyId]) -> Result<(), TombstonesError> {
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
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = match options.open(&path) {
            Ok(file) => file,
            Err(source) => return Err(TombstonesError::File { path, source }),
        };
        let mut list = Self { path, file, erased: HashSet::new(), bytes: 0, lines: 0, is_line_open: false };
        list.locked(|list| {
            list.take_in()?;
            if list.bytes == 0 { list.append(HEAD) } else { Ok(()) }
        })?;
        Ok(list)
    }

    fn add(&mut self, keys: &[KeyId]) -> Result<(), TombstonesError> {
        if keys.iter().all(|it| self.erased.contains(it)) {
            return Ok(());
        }
        self.locked(|list| {
            list.take_in()?;
            let new: Vec<&KeyId> = keys.iter().filter(|it| !list.erased.contains(*it)).collect();
            let hex = |key: &KeyId| key.iter().map(|it| format!("{it:02x}")).collect::<String>();
            let lines: String = new.iter().map(|it| hex(it) + "\n").collect();
            if lines.is_empty() {
                return Ok(());
            }
            list.append(&lines)?;
            list.erased.extend(new);
            Ok(())
        })
    }

    /// Does it while no other server reads or writes the list.
    fn locked(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<(), TombstonesError>,
    ) -> Result<(), TombstonesError> {
        self.file.lock().map_err(|it| self.failed(it))?;
        let done = work(self);
        let unlocked = self.file.unlock().map_err(|it| self.failed(it));
        done.and(unlocked)
    }

    /// Reads what this or another server has written since it was last read.
    fn take_in(&mut self) -> Result<(), TombstonesError> {
        let mut text = Vec::new();
        let read = self.file.seek(SeekFrom::Start(self.bytes)).and_then(|_| self.file.read_to_end(&mut text));
        read.map_err(|it| self.failed(it))?;
        for line in text.split_inclusive(|it| *it == b'\n') {
            self.bytes += line.len() as u64;
            self.lines += usize::from(!self.is_line_open);
            self.is_line_open = !line.ends_with(b"\n");
            let line = line.trim_ascii();
            if line.starts_with(b"#") || is_torn(line) {
                continue;
            }
            let not_one = || TombstonesError::Line { path: self.path.clone(), line: self.lines };
            self.erased.insert(parse(line).ok_or_else(not_one)?);
        }
        Ok(())
    }

    /// Writes whole lines at the end, durably and at once. What somebody left half written stays, on a line of its own.
    fn append(&mut self, lines: &str) -> Result<(), TombstonesError> {
        let ended = if self.is_line_open { "\n" } else { "" };
        let written = self.file.write_all(format!("{ended}{lines}").as_bytes());
        written.and_then(|()| self.file.sync_data()).map_err(|it| self.failed(it))
    }

    fn failed(&self, source: std::io::Error) -> TombstonesError {
        TombstonesError::File { path: self.path.clone(), source }
    }
}

/// The keys that a list names; none where there is no such file.
pub fn erased_keys(path: &Path) -> Result<HashSet<KeyId>, TombstonesError> {
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(HashSet::new()),
        Err(source) => return Err(TombstonesError::File { path: path.to_owned(), source }),
    };
    let mut erased = HashSet::new();
    for (number, line) in text.split(|it| *it == b'\n').map(<[u8]>::trim_ascii).enumerate() {
        if line.starts_with(b"#") || is_torn(line) {
            continue;
        }
        let not_one = || TombstonesError::Line { path: path.to_owned(), line: number + 1 };
        erased.insert(parse(line).ok_or_else(not_one)?);
    }
    Ok(erased)
}

/// Whether a line is empty or the beginning of one: such a one was never said to be there, and the log still has it.
fn is_torn(line: &[u8]) -> bool {
    line.len() < 32 && line.iter().all(u8::is_ascii_hexdigit)
}

fn parse(line: &[u8]) -> Option<KeyId> {
    let text = std::str::from_utf8(line.trim_ascii()).ok().filter(|it| it.len() == 32 && it.is_ascii())?;
    u128::from_str_radix(text, 16).ok().map(u128::to_be_bytes)
}

/// The rows that these events erased.
pub(crate) fn erased_by(events: &[Decoded]) -> Vec<KeyId> {
    let erased = events.iter().filter_map(|it| match &it.recorded.event {
        Event::PersonalDataErased { key_ids, .. } => Some(key_ids),
        _ => None,
    });
    erased.flatten().copied().collect()
}

/// Deletes every vault row that the log or the list says was erased, brings the list up to date with the log, and tells the
/// vault.
pub(crate) async fn sweep(
    log: &EventLog,
    vault: &Vault,
    views: &Views,
    tombstones: &Tombstones,
) -> Result<(), Error> {
    let in_log = erased_in(log, views).await?;
    if let Err(error) = tombstones.add(&in_log) {
        error!(
            error = &error as &dyn std::error::Error,
            "could not bring the list of erased keys up to date"
        );
    }
    let mut all: HashSet<KeyId> = in_log.into_iter().collect();
    all.extend(tombstones.all());
    let all: Vec<KeyId> = all.into_iter().collect();
    vault.note_erased(&all);
    erase_again(log, &all).await
}

/// Deletes rows that were erased, where they are there again.
pub(crate) async fn erase_again(log: &EventLog, erased: &[KeyId]) -> Result<(), Error> {
    let erased = log.erase_again(erased).await?;
    if erased > 0 {
        warn!(erased, "erased again what a restored vault had brought back");
        log.clear_traces().await?;
    }
    Ok(())
}

/// Tells the vault what was erased by events that this process has not applied yet: rows go with the commit, and whoever
/// reads meanwhile must not take them for lost.
pub(crate) async fn learn_erased(log: &EventLog, vault: &Vault, applied: Position) -> Result<(), Error> {
    let mut erased = Vec::new();
    let mut next = applied.0 + 1;
    loop {
        let entries = log.read(next, POSITIONS_END, ENTRIES_AT_ONCE).await?;
        let Some(last) = entries.last() else { break };
        next = last.position + 1;
        add_erased(&entries, &mut erased)?;
    }
    vault.note_erased(&erased);
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
    fn what_was_added_is_there_when_the_list_is_opened_again_and_a_torn_line_harms_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("erased");
        let list = Tombstones::open(Some(&path)).unwrap();
        list.add(&[[1; 16], [2; 16]]).unwrap();
        list.add(&[[2; 16], [3; 16]]).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().count(), 1 + 3, "{text}");
        let torn = text + "0404040404";
        std::fs::write(&path, &torn).unwrap();
        let again = Tombstones::open(Some(&path)).unwrap();
        assert_eq!(all(&again), HashSet::from([[1; 16], [2; 16], [3; 16]]));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), torn, "another server may be writing it");
        again.add(&[[4; 16]]).unwrap();
        // One that had the list open all the time reads on behind the torn line.
        list.add(&[[4; 16], [5; 16]]).unwrap();
        let expected = format!("{torn}\n{}\n{}\n", "04".repeat(16), "05".repeat(16));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), expected);
        assert_eq!(all(&Tombstones::open(Some(&path)).unwrap()).len(), 5);
        assert_eq!(erased_keys(&path).unwrap().len(), 5);
        assert!(erased_keys(&folder.path().join("none")).unwrap().is_empty());
    }

    #[test]
    fn several_servers_share_a_list_and_lose_no_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("erased");
        let key =
            |server: u8, batch: u8, number: u8| [server, batch, number].repeat(6)[..16].try_into().unwrap();
        std::thread::scope(|scope| {
            for server in 0..4 {
                let path = &path;
                scope.spawn(move || {
                    let list = Tombstones::open(Some(path)).unwrap();
                    for batch in 0..25 {
                        let keys: Vec<KeyId> = (0..8).map(|number| key(server, batch, number)).collect();
                        list.add(&keys).unwrap();
                    }
                });
            }
        });
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().count(), 1 + 4 * 25 * 8, "one head, and each key once");
        assert_eq!(all(&Tombstones::open(Some(&path)).unwrap()).len(), 4 * 25 * 8);
    }

    #[test]
    fn another_file_is_told_from_a_list() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("something");
        std::fs::write(&path, "listen = \"127.0.0.1:50051\"\n").unwrap();
        let error = Tombstones::open(Some(&path)).unwrap_err();
        assert!(error.to_string().starts_with("line 1 of "), "{error}");
        assert_eq!(erased_keys(&path).unwrap_err().to_string(), error.to_string());
    }
}
