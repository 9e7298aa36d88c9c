//! The thread that writes the bag, and the messages that it becomes.

use std::io::{Error as IoError, ErrorKind};
use std::time::{Duration, Instant};

use assent_evidence::{Hash, TileId};
use assent_export::{
    Bag, Disclosure, ExportedEvent, Finished, Inquiry, Proven, SegmentEnd, Sink, WriteError, segment_of,
};
use assent_proto::v1::export_inquiry_response::Part;
use assent_proto::v1::{ExportChunk, ExportInquiryResponse, ExportProgress};
use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::SendTimeoutError;
use tokio::task::JoinHandle;
use tonic::Status;

use super::part;
use crate::error::{Error, Limit};

/// How many bytes a message has at most.
const CHUNK_BYTES: usize = 256 << 10;
/// How long a reader may take nothing.
pub(super) const TAKE_MAX: Duration = Duration::from_secs(30);
/// What a reader takes at least, in bytes a second, once it has let the writer wait for so long.
const TAKEN_A_SECOND: u32 = 32 << 10;
/// When to go on with an export that was not taken.
const RETRY_AFTER: Duration = Duration::from_secs(1);
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
        written.map_err(|error| match &error {
            WriteError::Sink { path: _, source } if source.kind() == ErrorKind::TimedOut => not_taken(),
            _ => Error::corrupt(None, error),
        })
    });
    (pieces, thread)
}

/// Nobody took what was exported.
pub(super) const fn not_taken() -> Error {
    Error::RateLimited { limit: Limit::ExportNotTaken, retry_after: RETRY_AFTER }
}

fn write(
    inquiry: Inquiry,
    segments_done: u32,
    out: &Out,
    incoming: &mut mpsc::Receiver<Piece>,
) -> Result<Finished, WriteError> {
    let of_position = inquiry.position;
    let mut events = 0;
    let mut bag = Bag::begin(inquiry, Messages::new(out, segments_done))?;
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
    /// How long the reader may still let the writer wait. What it takes earns it more.
    patience: Duration,
}

impl<'a> Messages<'a> {
    fn new(out: &'a Out, segments_done: u32) -> Self {
        Self { runtime: Handle::current(), out, segments_done, patience: TAKE_MAX }
    }

    fn send(&mut self, path: &str, bytes: &[u8], last: bool) -> Result<(), IoError> {
        if segment_of(path).is_some_and(|number| number <= self.segments_done) {
            // Made again all the same: the manifests speak of it.
            return match self.out.is_closed() {
                true => Err(ErrorKind::BrokenPipe.into()),
                false => Ok(()),
            };
        }
        let chunk = ExportChunk { path: path.to_owned(), bytes: Bytes::copy_from_slice(bytes), last };
        let earned = Duration::from_secs(1).mul_f64(bytes.len() as f64 / f64::from(TAKEN_A_SECOND));
        // A reader that takes nothing, or next to nothing, holds a place that others wait for; what it has can be gone on with.
        let began = Instant::now();
        let sent = self.runtime.block_on(self.out.send_timeout(part(Part::Chunk(chunk)), self.patience));
        self.patience = (self.patience.saturating_sub(began.elapsed()) + earned).min(TAKE_MAX);
        sent.map_err(|error| match error {
            SendTimeoutError::Timeout(_) => ErrorKind::TimedOut.into(),
            SendTimeoutError::Closed(_) => ErrorKind::BrokenPipe.into(),
        })
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
