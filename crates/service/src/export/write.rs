//! The thread that writes the bag, and the messages that it becomes.

use std::io::{Error as IoError, ErrorKind};
use std::time::Duration;

use assent_evidence::{Hash, TileId};
use assent_export::{
    Bag, Disclosure, ExportedEvent, Finished, Inquiry, Proven, SegmentEnd, Sink, WriteError, segment_of,
};
use assent_proto::v1::export_inquiry_response::Part;
use assent_proto::v1::{ExportChunk, ExportInquiryResponse, ExportProgress};
use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tonic::Status;

use super::part;
use crate::error::Error;

/// How many bytes a message has at most.
const CHUNK_BYTES: usize = 256 << 10;
/// How long a reader may take nothing.
const TAKE_MAX: Duration = Duration::from_secs(60);
/// How many pieces wait for the thread. One has up to 256 entries, of at most 64 KiB each and commonly a few hundred bytes.
const PIECES_WAITING: usize = 4;

/// What a bag is made of.
pub(super) enum Piece {
    Context { position: u64, entry: Bytes, proof: Vec<Hash> },
    Boundary { position: u64, entry: Bytes },
    Events(Vec<Selected>),
    Tile { id: TileId, hashes: Vec<u8> },
    Document { sha256: Hash, content: Bytes },
}

/// A selected event.
pub(super) struct Selected {
    pub(super) position: u64,
    pub(super) entry: Bytes,
    pub(super) proof: Option<Vec<Hash>>,
    pub(super) opened: Vec<Disclosure>,
}

type Out = mpsc::Sender<Result<ExportInquiryResponse, Status>>;

/// Starts the thread. It ends when no more pieces can come, or when nobody takes what it writes.
pub(super) fn writing(
    inquiry: Inquiry,
    segments_done: u32,
    out: Out,
) -> (mpsc::Sender<Piece>, JoinHandle<Result<Finished, Error>>) {
    let (pieces, mut incoming) = mpsc::channel(PIECES_WAITING);
    let thread = tokio::task::spawn_blocking(move || {
        let written = write(inquiry, segments_done, &out, &mut incoming);
        written.map_err(|error| Error::corrupt(None, error))
    });
    (pieces, thread)
}

fn write(
    inquiry: Inquiry,
    segments_done: u32,
    out: &Out,
    incoming: &mut mpsc::Receiver<Piece>,
) -> Result<Finished, WriteError> {
    let of_position = inquiry.position;
    let mut events = 0;
    let mut bag = Bag::begin(inquiry, Messages { runtime: Handle::current(), out, segments_done })?;
    while let Some(piece) = incoming.blocking_recv() {
        match piece {
            Piece::Context { position, entry, proof } => {
                bag.context(Proven { position, entry, proof: &proof })?;
            }
            Piece::Boundary { position, entry } => bag.boundary(position, entry)?,
            Piece::Events(selected) => {
                for Selected { position, entry, proof, opened } in selected {
                    let proof = proof.as_deref();
                    let ended = bag.event(ExportedEvent { position, entry, proof, opened: &opened })?;
                    if let Some(ended) = ended {
                        // Nobody is left to hear it where this fails; the next bytes will say so.
                        let _ = out.try_send(part(progress(ended, events, of_position)));
                    }
                    events += 1;
                }
            }
            Piece::Tile { id, hashes } => bag.tile(id, &hashes)?,
            Piece::Document { sha256, content } => bag.document(sha256, &content)?,
        }
    }
    bag.finish()
}

const fn progress(ended: SegmentEnd, events: u64, of_position: u64) -> Part {
    let SegmentEnd { number, events: _, last_position } = ended;
    Part::Progress(ExportProgress { segments: number, events, position: last_position, of_position })
}

/// Sends what is written, but for the segments that the caller has.
struct Messages<'a> {
    runtime: Handle,
    out: &'a Out,
    segments_done: u32,
}

impl Messages<'_> {
    fn send(&self, path: &str, bytes: &[u8], last: bool) -> Result<(), IoError> {
        if segment_of(path).is_some_and(|number| number <= self.segments_done) {
            // Made again all the same: the manifests speak of it.
            return match self.out.is_closed() {
                true => Err(ErrorKind::BrokenPipe.into()),
                false => Ok(()),
            };
        }
        let chunk = ExportChunk { path: path.to_owned(), bytes: Bytes::copy_from_slice(bytes), last };
        // A reader that takes nothing holds a place that others wait for; what it has can be gone on with.
        let sent = self.out.send_timeout(part(Part::Chunk(chunk)), TAKE_MAX);
        self.runtime.block_on(sent).map_err(|_| ErrorKind::BrokenPipe.into())
    }
}

impl Sink for Messages<'_> {
    fn write(&mut self, path: &str, bytes: &[u8]) -> Result<(), IoError> {
        bytes.chunks(CHUNK_BYTES).try_for_each(|chunk| self.send(path, chunk, false))
    }

    fn close(&mut self, path: &str) -> Result<(), IoError> {
        self.send(path, &[], true)
    }
}
