//! The payload of a bag, everything below `data/`: made by who exports, and made again by who verifies.

use std::collections::BTreeSet;
use std::io;

use assent_evidence::{Hash, TileId, sha256};
use bytes::Bytes;

use crate::cloud_event::source_of;
use crate::cover;
use crate::disclosure::{self, Disclosure};
use crate::entry::{Entry, EntryError};
use crate::entry_files::EntryFiles;
use crate::inquiry::{Contents, Inquiry};
use crate::keys;
use crate::segment::{Segment, SegmentEnd};
use crate::sink::Sink;
use crate::stream::whole;
use crate::table::dictionary;

/// The script that a stranger runs; it needs Python's standard library only.
const VERIFY_PY: &str = include_str!("verify.py");

/// An event that the inquiry selects.
#[derive(Clone, Debug)]
pub struct ExportedEvent<'a> {
    /// Where it stands.
    pub position: u64,
    /// The entry as stored.
    pub entry: Bytes,
    /// Its inclusion proof at the checkpoint, from the leaf up; none in a range, which tiles prove.
    pub proof: Option<&'a [Hash]>,
    /// What is shown of its sealed boxes.
    pub opened: &'a [Disclosure],
}

/// An entry that stands in the bag without being selected, with its proof.
#[derive(Clone, Debug)]
pub struct Proven<'a> {
    /// Where it stands.
    pub position: u64,
    /// The entry as stored.
    pub entry: Bytes,
    /// Its inclusion proof at the checkpoint, from the leaf up.
    pub proof: &'a [Hash],
}

/// Why a bag could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A file could not be handed on.
    #[error("could not write `{path}`")]
    Sink {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// An event can not stand in the bag.
    #[error("could not export the event at position {position}: {why}")]
    Event {
        /// Where it stands.
        position: u64,
        /// Why.
        why: String,
    },
    /// A document is not what its hash says, or came twice.
    #[error("could not export the document {sha256}: {why}")]
    Document {
        /// Its hash.
        sha256: String,
        /// Why.
        why: &'static str,
    },
}

impl WriteError {
    pub(crate) fn sink(path: &str, source: io::Error) -> Self {
        Self::Sink { path: path.to_owned(), source }
    }

    pub(crate) fn event(entry: &Entry, why: &str) -> Self {
        Self::Event { position: entry.position(), why: why.to_owned() }
    }

    pub(crate) fn unread(position: u64, error: EntryError) -> Self {
        Self::Event { position, why: error.to_string() }
    }
}

/// Writes everything below `data/`.
pub(crate) struct Payload<S> {
    inquiry: Inquiry,
    source: String,
    sink: S,
    contents: Contents,
    segment: Segment,
    context: Option<EntryFiles>,
    boundary: Option<EntryFiles>,
    documents: BTreeSet<Hash>,
}

impl<S: Sink> Payload<S> {
    pub(crate) fn begin(mut inquiry: Inquiry, sink: S) -> Result<Self, WriteError> {
        inquiry.keys.sort_by_key(keys::name_of);
        inquiry.segment_events = inquiry.segment_events.max(1);
        let mut payload = Self {
            source: source_of(inquiry.origin()),
            segment: Segment::new(&inquiry, 1),
            inquiry,
            sink,
            contents: Contents::default(),
            context: None,
            boundary: None,
            documents: BTreeSet::new(),
        };
        payload.checkpoint()?;
        payload.file("columns.csv", &dictionary())?;
        payload.file("verify.py", VERIFY_PY.as_bytes())?;
        Ok(payload)
    }

    pub(crate) fn sink(&mut self) -> &mut S {
        &mut self.sink
    }

    /// The note, and in files of their own what `openssl` wants: the text that is signed, signatures, and keys.
    fn checkpoint(&mut self) -> Result<(), WriteError> {
        let Inquiry { checkpoint, keys, .. } = self.inquiry.clone();
        self.file("proofs/checkpoint", checkpoint.to_string().as_bytes())?;
        self.file("proofs/checkpoint.text", checkpoint.note().text().as_bytes())?;
        for key in &keys {
            let name = keys::name_of(key);
            self.file(&format!("keys/{name}.vkey"), format!("{key}\n").as_bytes())?;
            self.file(&format!("keys/{name}.pem"), keys::pem(key).as_bytes())?;
            let own = keys::signature_of(&checkpoint, key);
            if let Some(signature) = own.filter(|_| keys::signs_plainly(key)) {
                self.file(&format!("proofs/checkpoint.{name}.sig"), &signature.bytes)?;
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &str, bytes: &[u8]) -> Result<(), WriteError> {
        whole(&mut self.sink, path, bytes)
    }

    pub(crate) fn context(&mut self, it: Proven<'_>) -> Result<(), WriteError> {
        let entry = read(it.position, it.entry)?;
        let files = || EntryFiles::new("context", 1, Some("context/000001.proofs.jsonl"));
        let context = self.context.get_or_insert_with(files);
        context.push(&self.source, &entry, Some(it.proof))?;
        self.contents.context_events += 1;
        context.spill(&mut self.sink)
    }

    pub(crate) fn boundary(&mut self, position: u64, entry: Bytes) -> Result<(), WriteError> {
        let entry = read(position, entry)?;
        let boundary = self.boundary.get_or_insert_with(|| EntryFiles::new("boundary", 1, None));
        boundary.push(&self.source, &entry, None)?;
        self.contents.boundary_events += 1;
        boundary.spill(&mut self.sink)
    }

    pub(crate) fn event(&mut self, it: ExportedEvent<'_>) -> Result<Option<SegmentEnd>, WriteError> {
        let entry = read(it.position, it.entry)?;
        self.entry(&entry, it.proof, it.opened)
    }

    pub(crate) fn entry(
        &mut self,
        entry: &Entry,
        proof: Option<&[Hash]>,
        opened: &[Disclosure],
    ) -> Result<Option<SegmentEnd>, WriteError> {
        let items = disclosure::items(&entry.event, opened)
            .map_err(|it| WriteError::event(entry, &it.to_string()))?;
        let Self { segment, source, contents, sink, inquiry, .. } = self;
        // A segment ends when the next one begins, so that the last one is never empty.
        let ended = match segment.is_full(inquiry) {
            true => {
                let next = Segment::new(inquiry, contents.segments + 2);
                Some(std::mem::replace(segment, next).close(contents, sink)?)
            }
            false => None,
        };
        segment.push(source, entry, proof, &items, contents, sink)?;
        Ok(ended)
    }

    pub(crate) fn tile(&mut self, id: TileId, hashes: &[u8]) -> Result<(), WriteError> {
        self.contents.tiles += 1;
        self.file(&format!("proofs/{}", id.path()), hashes)
    }

    pub(crate) fn document(&mut self, hash: Hash, content: &[u8]) -> Result<(), WriteError> {
        let failed = |why| WriteError::Document { sha256: hex::encode(hash), why };
        if sha256(content) != hash {
            return Err(failed("its content has another hash"));
        }
        if !self.documents.insert(hash) {
            return Err(failed("it was given twice"));
        }
        self.contents.documents += 1;
        self.file(&format!("documents/{}", hex::encode(hash)), content)
    }

    /// Writes what is still open and what speaks of the whole.
    pub(crate) fn finish(self) -> Result<(S, Inquiry, Contents), WriteError> {
        let Self { inquiry, mut sink, mut contents, segment, context, boundary, .. } = self;
        segment.close(&mut contents, &mut sink)?;
        for files in [context, boundary].into_iter().flatten() {
            files.close(&mut sink)?;
        }
        whole(&mut sink, "inquiry.json", &cover::inquiry_json(&inquiry, &contents))?;
        whole(&mut sink, "README.txt", cover::text(&inquiry, &contents).as_bytes())?;
        whole(&mut sink, "README.html", cover::html(&inquiry, &contents).as_bytes())?;
        Ok((sink, inquiry, contents))
    }
}

fn read(position: u64, entry: Bytes) -> Result<Entry, WriteError> {
    Entry::read_at(position, entry).map_err(|it| WriteError::unread(position, it))
}
