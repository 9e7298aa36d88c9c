//! What a witness must never forget: of each log, the size and root that it cosigned last.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use assent_evidence::{EMPTY_ROOT, Hash, Origin};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::request::{decimal, hash};

/// The first line of the file.
const HEADER: &str = "assent-witness/v1\n";

/// The tree of a log that was cosigned last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latest {
    /// The number of leaves.
    pub size: u64,
    /// The root.
    pub root: Hash,
}

/// The file with the state, locked against other processes as long as this lives.
#[derive(Debug)]
pub(crate) struct State {
    path: PathBuf,
    latest: BTreeMap<Origin, Latest>,
    _lock: File,
}

impl State {
    /// Reads the file, or makes an empty one where there is none.
    pub(crate) fn open(path: &Path) -> Result<Self, StateError> {
        let failed = |doing: &'static str| {
            let path = path.to_owned();
            move |source| StateError::File { doing, path, source }
        };
        let lock = File::create(beside(path, "lock")).map_err(failed("make the lock of"))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => StateError::InUse { path: path.to_owned() },
            TryLockError::Error(source) => failed("lock")(source),
        })?;
        let mut state = Self { path: path.to_owned(), latest: BTreeMap::new(), _lock: lock };
        match fs::read_to_string(path) {
            Ok(text) => {
                state.latest = parse(&text).ok_or_else(|| StateError::Malformed { path: path.to_owned() })?;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                write(path, &state.latest).map_err(failed("make"))?;
            }
            Err(error) => return Err(failed("read")(error)),
        }
        Ok(state)
    }

    /// The tree that was cosigned last; the empty one where none was.
    pub(crate) fn latest(&self, origin: &Origin) -> Latest {
        self.latest.get(origin).copied().unwrap_or(Latest { size: 0, root: EMPTY_ROOT })
    }

    /// Puts a log's tree on the disk, and remembers it once it is there.
    pub(crate) fn remember(&mut self, origin: &Origin, latest: Latest) -> io::Result<()> {
        if self.latest.get(origin) == Some(&latest) {
            return Ok(());
        }
        let mut next = self.latest.clone();
        next.insert(origin.clone(), latest);
        write(&self.path, &next)?;
        self.latest = next;
        Ok(())
    }
}

fn parse(text: &str) -> Option<BTreeMap<Origin, Latest>> {
    let mut latest = BTreeMap::new();
    for line in text.strip_prefix(HEADER)?.split_inclusive('\n') {
        let mut parts = line.strip_suffix('\n')?.splitn(3, ' ');
        let (size, root, origin) = (parts.next()?, parts.next()?, parts.next()?);
        let origin = Origin::parse(origin).ok()?;
        let known = latest.insert(origin, Latest { size: decimal(size)?, root: hash(root)? });
        if known.is_some() {
            return None;
        }
    }
    Some(latest)
}

/// Writes a new file, syncs it, and puts it in the place of the old one: whenever the power goes, one of them is there.
fn write(path: &Path, latest: &BTreeMap<Origin, Latest>) -> io::Result<()> {
    let mut text = HEADER.to_owned();
    for (origin, Latest { size, root }) in latest {
        text.push_str(&format!("{size} {} {origin}\n", STANDARD.encode(root)));
    }
    let new = beside(path, "new");
    let mut file = File::create(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// A file of the same name with one more ending.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}

/// Why a witness has no state to work on.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The file cannot be used.
    #[error("could not {doing} the state file `{}`", path.display())]
    File {
        /// What was being done.
        doing: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Another process holds it. Two witnesses on one state would cosign two histories.
    #[error("another witness uses the state file `{}`", path.display())]
    InUse {
        /// Which file.
        path: PathBuf,
    },
    /// The file says something else. To begin anew would be to forget what was cosigned.
    #[error("`{}` is no state of a witness", path.display())]
    Malformed {
        /// Which file.
        path: PathBuf,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let (a, b) = (Origin::parse("a log").unwrap(), Origin::parse("b").unwrap());
        let mut state = State::open(&path).unwrap();
        assert_eq!(state.latest(&a), Latest { size: 0, root: EMPTY_ROOT });
        for (origin, size) in [(&a, 1), (&b, 7), (&a, 3)] {
            state.remember(origin, Latest { size, root: [9; 32] }).unwrap();
        }
        let latest = state.latest.clone();
        drop(state);
        let text = fs::read_to_string(&path).unwrap();
        let root = STANDARD.encode([9; 32]);
        assert_eq!(text, format!("assent-witness/v1\n3 {root} a log\n7 {root} b\n"));
        assert_eq!(State::open(&path).unwrap().latest, latest);
    }

    #[test]
    fn a_file_that_is_no_state_is_refused_and_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let root = STANDARD.encode([9; 32]);
        let cases = [
            String::new(),
            "notes\n".to_owned(),
            format!("{HEADER}3 {root} log"),
            format!("{HEADER}3 {root}\n"),
            format!("{HEADER}03 {root} log\n"),
            format!("{HEADER}3 {} log\n", &root[1..]),
            format!("{HEADER}3 {root} log\n3 {root} log\n"),
            format!("{HEADER}\n"),
        ];
        for text in cases {
            fs::write(&path, &text).unwrap();
            let opened = State::open(&path);
            assert!(matches!(opened, Err(StateError::Malformed { .. })), "{text:?}: {opened:?}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[test]
    fn two_witnesses_never_share_a_state() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let first = State::open(&path).unwrap();
        assert!(matches!(State::open(&path), Err(StateError::InUse { .. })));
        drop(first);
        assert!(State::open(&path).is_ok());
    }
}
