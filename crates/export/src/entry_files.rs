//! Entries as stored, beside what says of each where it stands: the files of a segment, of the context, and of the
//! neighbours of a range.

use assent_evidence::Hash;

use crate::cloud_event;
use crate::entry::Entry;
use crate::json::{push_hex, push_number};
use crate::payload::WriteError;
use crate::proof_line;
use crate::sink::Sink;
use crate::stream::Stream;
use crate::table::push_cell;

/// The first line of a list of positions.
const POSITIONS: &str = "position,offset,bytes,event_id,leaf_hash\n";

/// The files of entries that stand together.
pub(crate) struct EntryFiles {
    /// Each entry after its length, 16 bits big-endian: the entry bundles of C2SP `tlog-tiles`.
    entries: Stream,
    positions: Stream,
    lines: Stream,
    proofs: Option<Stream>,
    /// Where in the bundle the next entry's bytes begin, behind its length.
    offset: u64,
}

impl EntryFiles {
    /// Files below `folder`; `proofs` is the path of the proofs, where each entry has its own.
    pub(crate) fn new(folder: &str, number: u32, proofs: Option<&str>) -> Self {
        let file = |ending: &str| Stream::new(format_args!("{folder}/{number:06}.{ending}"));
        let mut positions = file("positions.csv");
        positions.buffer.extend_from_slice(POSITIONS.as_bytes());
        Self {
            entries: file("entries"),
            positions,
            lines: file("jsonl"),
            proofs: proofs.map(Stream::new),
            offset: 2,
        }
    }

    pub(crate) fn push(
        &mut self,
        source: &str,
        entry: &Entry,
        proof: Option<&[Hash]>,
    ) -> Result<(), WriteError> {
        let length =
            u16::try_from(entry.bytes.len()).expect("an entry was read, so it has 65,535 bytes at most");
        self.entries.buffer.extend_from_slice(&length.to_be_bytes());
        self.entries.buffer.extend_from_slice(&entry.bytes);
        self.push_position(entry, length.into());
        self.offset += u64::from(length) + 2;
        match (&mut self.proofs, proof) {
            (None, None) => {}
            (Some(proofs), Some(hashes)) => proof_line::push_line(&mut proofs.buffer, entry, hashes),
            (Some(_), None) => return Err(WriteError::event(entry, "it needs a proof of its own")),
            (None, Some(_)) => {
                return Err(WriteError::event(entry, "it is proven with its range, not by itself"));
            }
        }
        cloud_event::push_line(&mut self.lines.buffer, source, entry)
            .map_err(|_| WriteError::event(entry, "it has a field or value that this program does not know"))
    }

    fn push_position(&mut self, entry: &Entry, bytes: u64) {
        let out = &mut self.positions.buffer;
        for number in [entry.position(), self.offset, bytes] {
            push_number(out, number);
            out.push(b',');
        }
        push_cell(out, &entry.event.event_id);
        out.push(b',');
        push_hex(out, &entry.leaf);
        out.push(b'\n');
    }

    pub(crate) fn spill(&mut self, sink: &mut impl Sink) -> Result<(), WriteError> {
        let Self { entries, positions, lines, proofs, offset: _ } = self;
        entries.spill(sink)?;
        positions.spill(sink)?;
        lines.spill(sink)?;
        proofs.as_mut().map_or(Ok(()), |it| it.spill(sink))
    }

    pub(crate) fn close(self, sink: &mut impl Sink) -> Result<(), WriteError> {
        let Self { entries, positions, lines, proofs, offset: _ } = self;
        entries.close(sink)?;
        positions.close(sink)?;
        lines.close(sink)?;
        proofs.map_or(Ok(()), |it| it.close(sink))
    }
}
