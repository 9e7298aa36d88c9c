//! A sink that keeps the hashes of what goes through it. They are computed by a thread of their own, beside the making of
//! what comes next: two hashes over everything cost about as much as everything else.

use std::collections::HashMap;
use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{JoinHandle, spawn};

use aws_lc_rs::digest::{Context, SHA256, SHA512};

use super::manifest::Row;
use crate::sink::Sink;

/// How many pieces of files may wait to be hashed.
const PIECES_WAITING_MAX: usize = 16;

/// Hands files on, and knows the hashes of those that are closed.
pub(crate) struct Hashed<S> {
    sink: S,
    pieces: SyncSender<Piece>,
    hasher: JoinHandle<Vec<Row>>,
}

/// What the hasher is told.
enum Piece {
    More(String, Vec<u8>),
    Closed(String),
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
        let (pieces, waiting) = sync_channel(PIECES_WAITING_MAX);
        Self { sink, pieces, hasher: spawn(move || hash(&waiting)) }
    }

    /// The rows of all files, in the order of their paths.
    pub(crate) fn into_parts(self) -> (S, Vec<Row>) {
        let Self { sink, pieces, hasher } = self;
        drop(pieces);
        let mut closed = hasher.join().expect("hashing does not panic");
        closed.sort_by(|one, other| one.path.cmp(&other.path));
        (sink, closed)
    }

    fn tell(&self, piece: Piece) -> io::Result<()> {
        self.pieces.send(piece).map_err(|_| io::Error::other("the hashing thread is gone"))
    }
}

/// Hashes until nobody sends any more.
fn hash(waiting: &Receiver<Piece>) -> Vec<Row> {
    let mut open: HashMap<String, Hashes> = HashMap::new();
    let mut closed = Vec::new();
    for piece in waiting {
        match piece {
            Piece::More(path, bytes) => open.entry(path).or_insert_with(Hashes::new).update(&bytes),
            Piece::Closed(path) => {
                let hashes = open.remove(&path).unwrap_or_else(Hashes::new);
                closed.push(hashes.row(&path));
            }
        }
    }
    closed
}

impl<S: Sink> Sink for Hashed<S> {
    fn write(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        self.tell(Piece::More(path.to_owned(), bytes.to_vec()))?;
        self.sink.write(path, bytes)
    }

    fn close(&mut self, path: &str) -> io::Result<()> {
        self.tell(Piece::Closed(path.to_owned()))?;
        self.sink.close(path)
    }
}
