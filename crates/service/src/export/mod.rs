//! Exports for inquiries: the log read, proven and opened as a bag wants it, and the bag streamed as it is written.
//!
//! An inquiry begins with its own event, which is the newest one of the chain that it selects. A checkpoint behind it is
//! chosen, the first that is stored, so that an export that broke off is made again from the same bytes. [`select`]
//! reads; the bag itself is written by a thread of its own (`write`), because hashing and packing never wait.

mod inquiry;
mod select;
mod shown;
mod write;

use std::sync::Arc;
use std::time::Duration;

use assent_domain::privacy::{InquiryExport, InquiryScope};
use assent_domain::values::Position;
use assent_export::Finished;
use assent_proto::convert::intent::{self, Export};
use assent_proto::v1::export_inquiry_response::Part;
use assent_proto::v1::{ExportFinished, ExportInquiryResponse, ExportOpened};
use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use crate::app::App;
use crate::error::{Error, Limit};
use crate::handlers::Answers;
use crate::permission::Permit;
use inquiry::Opened;
pub(crate) use shown::shown;
use write::writing;

/// How many exports are made at once: each takes a core.
const EXPORTS_MAX: usize = 2;
/// When to ask again for one more.
const RETRY_AFTER: Duration = Duration::from_secs(5);
/// How many messages wait for a slow reader; the export waits with them.
const MESSAGES_WAITING: usize = 8;

/// How long a reader may take to hear that its export failed.
const ERROR_TAKE_MAX: Duration = Duration::from_secs(2);

/// Keeps exports few.
#[derive(Clone)]
pub(crate) struct Exports(Arc<Semaphore>);

impl Default for Exports {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(EXPORTS_MAX)))
    }
}

impl Exports {
    fn place(&self) -> Result<OwnedSemaphorePermit, Error> {
        let busy = |_| Error::RateLimited { limit: Limit::Exports, retry_after: RETRY_AFTER };
        self.0.clone().try_acquire_owned().map_err(busy)
    }
}

impl App {
    /// Begins or goes on with an export, and streams it.
    pub(crate) async fn export(
        self: &Arc<Self>,
        asked: Export,
        permit: Permit,
    ) -> Result<Answers<ExportInquiryResponse>, Error> {
        self.check_trusted()?;
        // Before a place is taken: what is not the caller's to ask for holds up nobody.
        if let Export::Begin(intent) = &asked {
            self.narrow_write(intent, &permit).await?;
        }
        let place = self.exports.place()?;
        let (opened, segments_done) = match asked {
            Export::Begin(intent) => (self.begin_inquiry(*intent, &permit).await?, 0),
            Export::GoOn { inquiry, segments_done } => {
                (self.inquiry_of(inquiry, &permit).await?, segments_done)
            }
        };
        let (out, answers) = mpsc::channel(MESSAGES_WAITING);
        let app = Arc::clone(self);
        tokio::spawn(async move {
            if let Err(error) = app.stream(opened, segments_done, &out, &permit).await {
                // A reader that went away, or takes nothing, is told nothing.
                let _ = out.send_timeout(Err(error.into()), ERROR_TAKE_MAX).await;
            }
            drop(place);
        });
        Ok(Box::pin(ReceiverStream::new(answers)))
    }

    async fn stream(
        &self,
        opened: Opened,
        segments_done: u32,
        out: &mpsc::Sender<Result<ExportInquiryResponse, Status>>,
        permit: &Permit,
    ) -> Result<(), Error> {
        let Opened { inquiry, reference, id } = opened;
        let checkpoint = inquiry.checkpoint.checkpoint().size;
        let begun =
            ExportOpened { inquiry_id: id, position: inquiry.position, checkpoint_position: checkpoint };
        if out.send(part(Part::Opened(begun))).await.is_err() {
            return Ok(());
        }
        let (pieces, written) = writing(inquiry.clone(), segments_done, out.clone());
        let selected = self.select(&inquiry, permit, &pieces).await;
        drop(pieces);
        let written = written.await.map_err(Error::unreachable)?;
        // Where the bag could not be written, what was selected found nobody to take it.
        let finished = match (written, selected) {
            (Ok(finished), Ok(())) => finished,
            (Ok(_), Err(error)) => return Err(error),
            (Err(_), _) if out.is_closed() => return Ok(()),
            (Err(error), _) => return Err(error),
        };
        let Finished { manifest_sha256, events, payload_bytes } = finished;
        let export =
            InquiryExport { manifest_sha256, events, payload_bytes, checkpoint_size: Position(checkpoint) };
        let said = self.write(intent::finish_inquiry(reference, export), permit).await?;
        let finished = ExportFinished {
            manifest_sha256: Bytes::copy_from_slice(&manifest_sha256),
            events,
            payload_bytes,
            position: said.position.0,
        };
        let _ = out.send(part(Part::Finished(finished))).await;
        Ok(())
    }
}

fn part(part: Part) -> Result<ExportInquiryResponse, Status> {
    Ok(ExportInquiryResponse { part: Some(part) })
}

/// Whether what is selected is a range of positions; else it is a chain of links.
const fn is_range(scope: &InquiryScope) -> bool {
    matches!(scope, InquiryScope::Everything | InquiryScope::Period { .. })
}
