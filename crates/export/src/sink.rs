//! Where a bag's files go.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::PathBuf;

/// Takes the files of a bag. Paths are relative to the bag, with `/`; files are written interleaved, each from its
/// beginning to its end, and closed once.
pub trait Sink {
    /// The next bytes of a file; the first ones make it.
    fn write(&mut self, path: &str, bytes: &[u8]) -> io::Result<()>;
    /// The file is complete.
    fn close(&mut self, path: &str) -> io::Result<()>;
}

impl<S: Sink + ?Sized> Sink for &mut S {
    fn write(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        (**self).write(path, bytes)
    }

    fn close(&mut self, path: &str) -> io::Result<()> {
        (**self).close(path)
    }
}

/// The number of the segment that a file belongs to; none for what a bag has once.
///
/// When a segment has ended, its files never change any more: a reader that has them needs only what comes after.
pub fn segment_of(path: &str) -> Option<u32> {
    let (folder, name) = path.strip_prefix("data/")?.split_once('/')?;
    let is_segmented =
        ["events", "history", "proofs", "acceptances", "decisions", "disclosures"].contains(&folder);
    let (number, _) = name.split_once('.').filter(|_| is_segmented)?;
    number.parse().ok().filter(|_| number.len() == 6)
}

/// A new folder on disk. Nothing that is there already is overwritten.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    open: HashMap<String, BufWriter<File>>,
}

impl Folder {
    /// Writes below `root`, which is made where it is not there.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), open: HashMap::new() }
    }

    fn make(&self, path: &str) -> io::Result<BufWriter<File>> {
        let path = self.root.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        File::create_new(path).map(BufWriter::new)
    }
}

impl Sink for Folder {
    fn write(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        if let Some(file) = self.open.get_mut(path) {
            return file.write_all(bytes);
        }
        let mut file = self.make(path)?;
        file.write_all(bytes)?;
        self.open.insert(path.to_owned(), file);
        Ok(())
    }

    fn close(&mut self, path: &str) -> io::Result<()> {
        match self.open.remove(path) {
            Some(mut file) => file.flush(),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_segments_have_a_segment() {
        assert_eq!(segment_of("data/events/000001.entries"), Some(1));
        assert_eq!(segment_of("data/acceptances/000312.parquet"), Some(312));
        assert_eq!(segment_of("data/proofs/000002.jsonl"), Some(2));
        for other in
            ["data/proofs/checkpoint", "data/proofs/tile/0/000", "data/context/000001.entries", "bagit.txt"]
        {
            assert_eq!(segment_of(other), None, "{other}");
        }
    }
}
