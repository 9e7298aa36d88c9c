//! A sink that keeps the hashes of what goes through it.

use std::collections::HashMap;
use std::io;

use aws_lc_rs::digest::{Context, SHA256, SHA512};

use super::manifest::Row;
use crate::sink::Sink;

/// Hands files on, and knows the hashes of those that are closed.
pub(crate) struct Hashed<S> {
    sink: S,
    open: HashMap<String, Hashes>,
    closed: Vec<Row>,
}

/// Both hashes of a file, so far.
pub(crate) struct Hashes {
    sha256: Context,
    sha512: Context,
    bytes: u64,
}

impl Hashes {
    pub(crate) fn new() -> Self {
        Self { sha256: Context::new(&SHA256), sha512: Context::new(&SHA512), bytes: 0 }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        self.sha512.update(bytes);
        self.bytes += bytes.len() as u64;
    }

    pub(crate) fn row(self, path: &str) -> Row {
        Row {
            path: path.to_owned(),
            sha256: self.sha256.finish().as_ref().try_into().expect("a SHA-256 digest has 32 bytes"),
            sha512: self.sha512.finish().as_ref().try_into().expect("a SHA-512 digest has 64 bytes"),
            bytes: self.bytes,
        }
    }
}

impl<S> Hashed<S> {
    pub(crate) fn new(sink: S) -> Self {
        Self { sink, open: HashMap::new(), closed: Vec::new() }
    }

    /// The rows of all files, in the order of their paths.
    pub(crate) fn into_parts(self) -> (S, Vec<Row>) {
        let Self { sink, open, mut closed } = self;
        debug_assert!(open.is_empty(), "every file of a bag is closed");
        closed.sort_by(|one, other| one.path.cmp(&other.path));
        (sink, closed)
    }
}

impl<S: Sink> Sink for Hashed<S> {
    fn write(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        match self.open.get_mut(path) {
            Some(hashes) => hashes.update(bytes),
            None => {
                let mut hashes = Hashes::new();
                hashes.update(bytes);
                self.open.insert(path.to_owned(), hashes);
            }
        }
        self.sink.write(path, bytes)
    }

    fn close(&mut self, path: &str) -> io::Result<()> {
        let hashes = self.open.remove(path).unwrap_or_else(Hashes::new);
        self.closed.push(hashes.row(path));
        self.sink.close(path)
    }
}
