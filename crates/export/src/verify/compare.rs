//! A sink that holds what the entries give against what lies in the bag.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::rows::{self, Alike};
use crate::sink::Sink;

/// Compares files with those of a bag.
pub(super) struct Compare {
    folder: PathBuf,
    open: HashMap<String, Comparison>,
    /// Every file that the entries give.
    pub(super) seen: BTreeSet<String>,
    /// What differs.
    pub(super) differences: Vec<(String, String)>,
    /// Files that another Parquet writer wrote, with the same rows.
    pub(super) other_writers: u64,
    /// How many bytes were compared.
    pub(super) bytes: u64,
}

struct Comparison {
    file: Option<BufReader<File>>,
    line: u64,
    difference: Option<String>,
    /// A table's bytes so far: where they differ, its rows are compared.
    table: Option<Vec<u8>>,
}

impl Compare {
    pub(super) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            open: HashMap::new(),
            seen: BTreeSet::new(),
            differences: Vec::new(),
            other_writers: 0,
            bytes: 0,
        }
    }

    fn begin(&self, path: &str) -> io::Result<Comparison> {
        let file = match File::open(self.folder.join(path)) {
            Ok(file) => Some(BufReader::new(file)),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let difference = file.is_none().then(|| "it is missing".to_owned());
        let table = path.ends_with(".parquet").then(Vec::new);
        Ok(Comparison { file, line: 1, difference, table })
    }

    /// A table that differs in its bytes may still have the same rows.
    fn table(&mut self, path: &str, expected: Vec<u8>, difference: String) -> io::Result<()> {
        let found = std::fs::read(self.folder.join(path))?;
        match rows::compare(found, expected) {
            Alike::Yes => self.other_writers += 1,
            Alike::DiffersAt(row) => {
                let what = format!("row {row} is not what the entries give");
                self.differences.push((path.to_owned(), what));
            }
            Alike::Unreadable => self.differences.push((path.to_owned(), difference)),
        }
        Ok(())
    }
}

impl Sink for Compare {
    fn write(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        if !self.open.contains_key(path) {
            let comparison = self.begin(path)?;
            self.open.insert(path.to_owned(), comparison);
            self.seen.insert(path.to_owned());
        }
        self.bytes += bytes.len() as u64;
        let Some(it) = self.open.get_mut(path) else { return Ok(()) };
        if let Some(table) = &mut it.table {
            table.extend_from_slice(bytes);
        }
        it.compare(bytes)
    }

    fn close(&mut self, path: &str) -> io::Result<()> {
        let Some(mut it) = self.open.remove(path) else { return Ok(()) };
        if let (None, Some(file)) = (&it.difference, &mut it.file)
            && file.read(&mut [0])? > 0
        {
            it.difference = Some("it has more than the entries give".to_owned());
        }
        match (it.difference, it.table, it.file) {
            (None, _, _) => Ok(()),
            (Some(difference), Some(expected), Some(_)) => self.table(path, expected, difference),
            (Some(difference), _, _) => {
                self.differences.push((path.to_owned(), difference));
                Ok(())
            }
        }
    }
}

impl Comparison {
    fn compare(&mut self, bytes: &[u8]) -> io::Result<()> {
        let (None, Some(file)) = (&self.difference, &mut self.file) else { return Ok(()) };
        let mut found = Vec::with_capacity(bytes.len());
        file.take(bytes.len() as u64).read_to_end(&mut found)?;
        if found == bytes {
            self.line += lines(bytes);
            return Ok(());
        }
        let same = bytes.iter().zip(&found).take_while(|(one, other)| one == other).count();
        let line = self.line + lines(&bytes[..same]);
        self.difference = Some(match self.table {
            Some(_) => "it is not the table that the entries give".to_owned(),
            None => format!("line {line} is not what the entries give"),
        });
        Ok(())
    }
}

fn lines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|it| **it == b'\n').count() as u64
}
