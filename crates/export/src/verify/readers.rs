//! The files of a bag that are read entry by entry and line by line. Whatever stands in them, they never panic and keep
//! no more than one line.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, ErrorKind, Read as _};
use std::marker::PhantomData;
use std::path::Path;

use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::{VerifyError, failed};

const BUFFER_BYTES: usize = 256 * 1024;
/// No line of a bag is longer: an entry's text in hexadecimal digits has some 131,000.
const LINE_BYTES_MAX: u64 = 1 << 20;

/// What came of reading on.
pub(super) enum Next<T> {
    One(T),
    /// What stands there can not be read.
    Broken,
    End,
}

fn open(folder: &Path, path: &str) -> Result<Option<BufReader<File>>, VerifyError> {
    match File::open(folder.join(path)) {
        Ok(file) => Ok(Some(BufReader::with_capacity(BUFFER_BYTES, file))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(path, error)),
    }
}

/// Entries, each after its length.
pub(super) struct Bundle {
    pub(super) path: String,
    file: BufReader<File>,
}

impl Bundle {
    /// The bundle at this path, where there is one.
    pub(super) fn open(folder: &Path, path: String) -> Result<Option<Self>, VerifyError> {
        Ok(open(folder, &path)?.map(|file| Self { path, file }))
    }

    pub(super) fn next(&mut self) -> Result<Next<Bytes>, VerifyError> {
        match self.read() {
            Ok(entry) => Ok(entry),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(Next::Broken),
            Err(error) => Err(failed(&self.path, error)),
        }
    }

    fn read(&mut self) -> io::Result<Next<Bytes>> {
        if self.file.fill_buf()?.is_empty() {
            return Ok(Next::End);
        }
        let mut length = [0; 2];
        self.file.read_exact(&mut length)?;
        let mut entry = vec![0; usize::from(u16::from_be_bytes(length))];
        self.file.read_exact(&mut entry)?;
        Ok(Next::One(entry.into()))
    }
}

/// Lines of JSON. A file that is not there has none.
pub(super) struct Lines<T> {
    pub(super) path: String,
    file: Option<BufReader<File>>,
    of: PhantomData<T>,
}

impl<T: DeserializeOwned> Lines<T> {
    pub(super) fn open(folder: &Path, path: String) -> Result<Self, VerifyError> {
        Ok(Self { file: open(folder, &path)?, path, of: PhantomData })
    }

    pub(super) fn next(&mut self) -> Result<Next<T>, VerifyError> {
        let Some(file) = &mut self.file else { return Ok(Next::End) };
        let mut line = Vec::new();
        let read = file.take(LINE_BYTES_MAX).read_until(b'\n', &mut line);
        if read.map_err(|it| failed(&self.path, it))? == 0 {
            return Ok(Next::End);
        }
        Ok(serde_json::from_slice(&line).map_or(Next::Broken, Next::One))
    }
}
