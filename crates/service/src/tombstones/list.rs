//! The file: a line for each key, only ever added to.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use assent_domain::privacy::KeyId;

use super::TombstonesError;

/// The first line of a list; readers pass over it.
const HEAD: &str = "# Key ids of the vault that were erased, one a line. Never shorten this list.\n";

#[derive(Debug)]
pub(super) struct List {
    path: PathBuf,
    /// Only ever appended to: another server may have the same list.
    file: File,
    pub(super) erased: HashSet<KeyId>,
    /// How much of the file was read, and whether its last line has no end.
    bytes: u64,
    lines: usize,
    is_line_open: bool,
}

impl List {
    pub(super) fn open(path: PathBuf) -> Result<Self, TombstonesError> {
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

    pub(super) fn add(&mut self, keys: &[KeyId]) -> Result<(), TombstonesError> {
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
            let not_one = || TombstonesError::Line { path: self.path.clone(), line: self.lines };
            self.erased.extend(key_in(line).ok_or_else(not_one)?);
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

/// The keys that a list names.
pub fn erased_keys(path: &Path) -> Result<HashSet<KeyId>, TombstonesError> {
    let failed = |source| TombstonesError::File { path: path.to_owned(), source };
    let text = std::fs::read(path).map_err(failed)?;
    let mut erased = HashSet::new();
    for (number, line) in text.split(|it| *it == b'\n').enumerate() {
        let not_one = || TombstonesError::Line { path: path.to_owned(), line: number + 1 };
        erased.extend(key_in(line).ok_or_else(not_one)?);
    }
    Ok(erased)
}

/// The key that a line names; none inside where it names none: a remark, or the beginning of a line. None where it is something
/// else.
fn key_in(line: &[u8]) -> Option<Option<KeyId>> {
    let line = line.trim_ascii();
    match line.starts_with(b"#") || is_torn(line) {
        true => Some(None),
        false => parse(line).map(Some),
    }
}

/// Whether a line is empty or the beginning of one: such a one was never said to be there, and the log still has it.
fn is_torn(line: &[u8]) -> bool {
    line.len() < 32 && line.iter().all(u8::is_ascii_hexdigit)
}

fn parse(line: &[u8]) -> Option<KeyId> {
    let text = std::str::from_utf8(line.trim_ascii()).ok().filter(|it| it.len() == 32 && it.is_ascii())?;
    u128::from_str_radix(text, 16).ok().map(u128::to_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::super::Tombstones;
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
        assert!(erased_keys(&folder.path().join("none")).is_err(), "it is not taken for one that names none");
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
