//! Writing a bag.

pub(crate) mod hashed;
pub(crate) mod manifest;

use assent_domain::values::Instant;
use assent_evidence::{Hash, TileId, sha256};
use bytes::Bytes;

use crate::inquiry::Inquiry;
use crate::payload::{ExportedEvent, Payload, Proven, WriteError};
use crate::segment::SegmentEnd;
use crate::sink::Sink;
use hashed::Hashed;
use manifest::{BagInfo, Row};

/// Writes a bag to a sink. What is given in another order within a kind, or left out, makes another bag; between the
/// kinds the order says nothing.
///
/// Memory does not grow with the number of events: some hundred kilobytes of lines, the rows of one group of each
/// table, and two hashes for each file.
pub struct Bag<S: Sink> {
    payload: Payload<Hashed<S>>,
}

/// A bag was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finished {
    /// The hash of `manifest-sha256.txt`, which speaks for every file of the payload.
    pub manifest_sha256: Hash,
    /// How many events were selected.
    pub events: u64,
    /// How many bytes the payload has.
    pub payload_bytes: u64,
}

impl<S: Sink> Bag<S> {
    /// Begins a bag: the checkpoint and the keys are written at once.
    pub fn begin(inquiry: Inquiry, sink: S) -> Result<Self, WriteError> {
        Ok(Self { payload: Payload::begin(inquiry, Hashed::new(sink))? })
    }

    /// An entry that selected events rest on: of the ledger itself, of agreements, of the policy; in a range also the
    /// event that opened the inquiry, where the range does not hold it. In log order.
    pub fn context(&mut self, it: Proven<'_>) -> Result<(), WriteError> {
        self.payload.context(it)
    }

    /// The neighbour of a range: the entry just before it, then the one just behind it, where there are such.
    pub fn boundary(&mut self, position: u64, entry: Bytes) -> Result<(), WriteError> {
        self.payload.boundary(position, entry)
    }

    /// The next event that the inquiry selects, in log order. Says when this ended the segment before it: from then on,
    /// that segment's files are as they stay.
    pub fn event(&mut self, it: ExportedEvent<'_>) -> Result<Option<SegmentEnd>, WriteError> {
        self.payload.event(it)
    }

    /// A tile of those that [`crate::tiles_of_range`] names, for a range: the hashes one after the other.
    pub fn tile(&mut self, id: TileId, hashes: &[u8]) -> Result<(), WriteError> {
        self.payload.tile(id, hashes)
    }

    /// A document that an event or a context entry names, once each.
    pub fn document(&mut self, sha256: Hash, content: &[u8]) -> Result<(), WriteError> {
        self.payload.document(sha256, content)
    }

    /// Writes the cover pages and the manifests.
    pub fn finish(self) -> Result<Finished, WriteError> {
        let (hashed, inquiry, contents) = self.payload.finish()?;
        let (mut sink, rows) = hashed.into_parts();
        let payload_bytes = rows.iter().map(|it| it.bytes).sum();
        let info = BagInfo::new(&inquiry, payload_bytes, rows.len());
        let files = tag_files(&rows, &info);
        for (path, content) in &files {
            let written = sink.write(path, content.as_bytes()).and_then(|()| sink.close(path));
            written.map_err(|it| WriteError::sink(path, it))?;
        }
        let of_manifest = files.iter().find(|(path, _)| *path == manifest::MANIFEST_SHA256);
        let manifest_sha256 = sha256(of_manifest.map_or(&[][..], |(_, content)| content.as_bytes()));
        Ok(Finished { manifest_sha256, events: contents.events, payload_bytes })
    }
}

/// The files beside the payload, in the order in which each speaks for those before it.
pub(crate) fn tag_files(payload: &[Row], info: &BagInfo) -> Vec<(&'static str, String)> {
    let mut files = vec![
        (manifest::BAGIT, manifest::BAGIT_TXT.to_owned()),
        (manifest::BAG_INFO, info.to_string()),
        (manifest::MANIFEST_SHA256, manifest::sha256_lines(payload)),
        (manifest::MANIFEST_SHA512, manifest::sha512_lines(payload)),
    ];
    let tags: Vec<_> = files.iter().map(|(path, content)| Row::of(path, content.as_bytes())).collect();
    files.push((manifest::TAG_MANIFEST_SHA256, manifest::sha256_lines(&tags)));
    files.push((manifest::TAG_MANIFEST_SHA512, manifest::sha512_lines(&tags)));
    files
}

/// The day of an instant, as `YYYY-MM-DD`.
fn day(at: Instant) -> String {
    at.to_string().chars().take(10).collect()
}
